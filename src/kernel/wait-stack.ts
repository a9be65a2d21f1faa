import { AnalysisError } from '../base/errors.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { StackRange } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import type { StackFrame } from '../unwind/stack.ts';
import { KernelStruct } from './kernel-struct.ts';
import type { TaskRecord } from './task.ts';
import { taskStack } from './task-stack.ts';
import { type WaitSite, waitSite } from './wait-function.ts';

/** Frames beyond the waiting function whose part of the stack is looked at: its waiter may be a caller's variable. */
const OUTER = 3;
/** More of a stack than the frames of one wait take. */
const MAX_WORDS = 2048;

/** A word of a stack and where it lies. */
export interface StackWord {
  readonly at: Addr;
  readonly value: bigint;
}

/** What is known of a task that waits, for those who look for what it waits for. */
export interface WaitingStack {
  readonly prog: Program;
  readonly task: TaskRecord;
  readonly site: WaitSite | undefined;
  /** Words of the frames from where the task stopped to a little beyond the waiting function. */
  words(): readonly StackWord[];
  /** Values of the registers of the waiting function that may be addresses, of whatever alignment, where they are known. */
  registers(): readonly bigint[];
  /** What lies in the register of the first argument there: the lock, unless the function has put something else into it. */
  firstArgument(): bigint | undefined;
  /** Whether a value lies in a register or on the live part of its stack. */
  holds(value: bigint): boolean;
}

/** The stack of a task that waits, as far as the wait concerns it. */
export class WaitStack implements WaitingStack {
  readonly prog: Program;
  readonly task: TaskRecord;
  readonly frames: readonly StackFrame[];
  readonly site: WaitSite | undefined;
  #near: readonly StackWord[] | undefined;
  #all: ReadonlySet<bigint> | undefined;

  constructor(prog: Program, task: TaskRecord) {
    this.prog = prog;
    this.task = task;
    this.frames = taskStack(prog, task).frames;
    this.site = task.active ? runningSite(this.frames) : waitSite(this.frames);
  }

  words(): readonly StackWord[] {
    this.#near ??= this.#read(this.#bounds());
    return this.#near;
  }

  holds(value: bigint): boolean {
    this.#all ??= this.#pointers();
    return this.#all.has(value);
  }

  registers(): readonly bigint[] {
    const frame = this.frames[this.site?.index ?? 0];
    return (frame?.known ?? []).filter((v): v is bigint => v !== undefined && v >= this.prog.kernelStart);
  }

  firstArgument(): bigint | undefined {
    const number = this.prog.arch.unwind?.firstArgument;
    return number === undefined ? undefined : this.frames[this.site?.index ?? 0]?.known[number];
  }

  #bounds(): { from: Addr; to: Addr } | undefined {
    const { frames, site } = this;
    const index = site?.index ?? 0;
    const name = frames[index]?.stack;
    const first = frames.findIndex((f) => f.stack === name);
    const from = frames[first]?.sp;
    if (from === undefined) return undefined;
    let last = from;
    for (let i = first; i < Math.min(frames.length, index + OUTER); i++) {
      const frame = frames[i];
      if (frame && frame.stack === name && frame.sp > last) last = frame.sp;
    }
    return { from: from & ~7n, to: last + 64n };
  }

  #read(bounds: { from: Addr; to: Addr } | undefined): StackWord[] {
    if (!bounds || bounds.to <= bounds.from) return [];
    const count = Math.min(MAX_WORDS, Number((bounds.to - bounds.from) / 8n));
    const copy = new KernelStruct(this.prog, count * 8);
    const there = copy.loadPart(bounds.from) >> 3;
    const words: StackWord[] = [];
    for (let i = 0; i < there; i++) words.push({ at: addrAdd(bounds.from, i * 8), value: copy.u64(i * 8) });
    return words;
  }

  #pointers(): Set<bigint> {
    const values = new Set<bigint>();
    const start = this.prog.kernelStart;
    const keep = (v: bigint | undefined): void => {
      if (v !== undefined && v >= start) values.add(v); // a spinlock may lie at any multiple of four
    };
    for (const frame of this.frames) for (const v of frame.registers ?? []) keep(v);
    const range = this.#range();
    const from = this.frames.find((f) => f.stack === 'task')?.sp ?? range?.low;
    if (!range || from === undefined || from < range.low) return values;
    const copy = new KernelStruct(this.prog, Math.max(0, Number(range.high - (from & ~7n))));
    const there = copy.loadPart(from & ~7n) & ~7;
    for (let i = 0; i < there; i += 8) keep(copy.u64(i));
    return values;
  }

  #range(): StackRange | undefined {
    try {
      return this.prog.arch.unwind?.taskStack(this.prog, this.task.address);
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e;
      return undefined;
    }
  }
}

/**
 * What a running task spins on: the innermost wait in the code that an interrupt or NMI broke into. Code of the interrupt
 * itself, which stopped the CPU or reports it, is no wait of the task; a wait inside an interrupt is one of its own.
 */
function runningSite(frames: readonly StackFrame[]): WaitSite | undefined {
  for (let from = 0; from < frames.length; from++) {
    if (from > 0 && !frames[from]?.registers) continue;
    const site = waitSite(frames, from);
    if (site && site.kind !== 'unknown' && !isBetween(frames, from, site.index)) return site;
  }
  return undefined;
}

/** Whether an exception lies between: then the wait is not what the code at `from` does. */
function isBetween(frames: readonly StackFrame[], from: number, to: number): boolean {
  return frames.slice(from + 1, to + 1).some((f) => f.registers !== undefined);
}
