import { attempt } from '../base/attempt.ts';
import { perOwner } from '../base/lazy.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import type { Stack } from '../unwind/stack.ts';
import type { FaultContext, FaultFrame } from './fault-frame.ts';
import { frameOnStack } from './frame-on-stack.ts';
import { type FunctionCode, functionCode } from './function-code.ts';

/** Functions that come back with the lock that is their first argument taken: include/linux/spinlock_api_smp.h, rwlock_api_smp.h */
const TAKES = /^(?:do)?_?raw_(spin|read|write)_lock(?:_irq|_irqsave|_bh|_nested|_nest_lock)*$/;
/** And those that give it back; a paravirtual kernel calls the last ones by themselves. */
const GIVES =
  /^(?:(?:do)?_?raw_(?:spin|read|write)_unlock(?:_irq|_irqrestore|_bh)*|(?:native_|(?:__raw_callee_save_)*_*pv_)queued_spin_unlock)$/;
/** Frames of one stack, and calls of one function, that are looked at. */
const MAX_FRAMES = 64;
const MAX_CALLS = 200;

/** A spinning lock that a function has taken and not given back. */
export interface HeldLock {
  /** `spinlock_t *` or `rwlock_t *` */
  readonly lock: Addr;
  readonly how: 'spin' | 'read' | 'write';
  /** The function that took it, and where its call lies. */
  readonly function: string;
  readonly module?: string;
  readonly call: Addr;
  /** What it calls. */
  readonly takenBy: string;
  /** Index of the function's frame. */
  readonly index: number;
  /** Every way through the function to where it stands takes the lock; otherwise one that did not is possible. */
  readonly sure: boolean;
}

interface Event {
  readonly takes?: 'spin' | 'read' | 'write';
  readonly function: string;
  /** Undefined where it cannot be told. */
  readonly lock: Addr | undefined;
}

/**
 * The spinning locks that the functions of a stack have taken and not given back, by their code: on the ways to where each
 * function stands, the last call about a lock takes it. Locks that were taken by functions that have returned are not seen.
 */
export function heldLocks(prog: Program, stack: Stack, context: Omit<FaultContext, 'prog'>): readonly HeldLock[] {
  return stack.frames.slice(0, MAX_FRAMES).flatMap((at, index) => {
    if (at.user || !at.symbol) return [];
    const code = attempt(() => codeOf(prog, at.lookupPc));
    const frame = code && attempt(() => frameOnStack({ prog, ...context }, code, at));
    return frame ? heldIn(frame, index) : [];
  });
}

/** Many CPUs stand in the same functions. */
const decoded = perOwner((_: Program) => new Map<Addr, FunctionCode | undefined>());

function codeOf(prog: Program, pc: Addr): FunctionCode | undefined {
  const start = prog.symbolAt(pc)?.address;
  if (start === undefined) return undefined;
  const codes = decoded(prog);
  if (!codes.has(start)) codes.set(start, functionCode(prog, pc));
  return codes.get(start);
}

function heldIn(frame: FaultFrame, index: number): HeldLock[] {
  const { code } = frame;
  const events = eventsOf(frame);
  const found = new Map<Addr, HeldLock>();
  for (const [call, { takes, lock, function: takenBy }] of events) {
    if (takes === undefined || lock === undefined || found.has(lock)) continue;
    const ends = lastEvents(frame, events, lock);
    const held = [...ends].filter((i) => i !== undefined && events.get(i)?.takes !== undefined);
    if (!held.includes(call)) continue;
    const { name, module } = code.symbol;
    const sure = held.length === ends.size;
    const where = { function: name, ...(module !== undefined && { module }), call: code.at(call).address };
    found.set(lock, { lock, how: takes, ...where, takenBy, index, sure });
  }
  return [...found.values()];
}

/** What each call of the function says of a lock, by its index. */
function eventsOf(frame: FaultFrame): Map<number, Event> {
  const { code } = frame;
  const { prog } = frame.context;
  const events = new Map<number, Event>();
  const argument = code.machine.arguments[0] ?? '';
  for (let i = 0; i < code.instructions.length && events.size < MAX_CALLS; i++) {
    const callee = code.at(i).flow === 'call' ? code.callee(i) : undefined;
    const symbol = callee && 'address' in callee ? prog.symbolAt(callee.address) : undefined;
    if (!symbol || !callee || !('address' in callee) || symbol.address !== callee.address) continue;
    const takes = TAKES.exec(symbol.name)?.[1] as Event['takes'];
    if (takes === undefined && !GIVES.test(symbol.name)) continue;
    const lock = frame.evaluate({ kind: 'register', name: argument }, i);
    events.set(i, { ...(takes && { takes }), function: symbol.name, lock });
  }
  inlinedUnlocks(frame, events);
  return events;
}

/** Kernels that cannot be preempted have the unlocking inlined: the lock's first byte is set to 0. */
function inlinedUnlocks(frame: FaultFrame, events: Map<number, Event>): void {
  const { code } = frame;
  const taken = new Set([...events.values()].map((e) => e.lock));
  if (taken.size === 0) return;
  for (let i = 0; i < code.instructions.length && events.size < MAX_CALLS; i++) {
    for (const { to, from } of code.effects(i)) {
      if (to.kind !== 'memory' || to.size !== 1 || from.kind !== 'constant' || from.value !== 0n) continue;
      const lock = frame.evaluate(to.address, i);
      if (lock !== undefined && taken.has(lock)) events.set(i, { function: '', lock });
    }
  }
}

/** The events about a lock that may have been the last before where the frame stands; undefined for none since its entry. */
function lastEvents(frame: FaultFrame, events: ReadonlyMap<number, Event>, lock: Addr): Set<number | undefined> {
  const { before } = frame.code;
  const ends = new Set<number | undefined>();
  const seen = new Set<number>();
  const waiting = [frame.index];
  for (let i = waiting.pop(); i !== undefined; i = waiting.pop()) {
    if (i === 0) ends.add(undefined);
    for (const from of before[i] ?? []) {
      if (seen.has(from)) continue;
      seen.add(from);
      const event = events.get(from);
      // an unlock of what is not known may be of this lock
      const about = event && (event.lock === lock || (event.lock === undefined && event.takes === undefined));
      if (about) ends.add(from);
      else waiting.push(from);
    }
  }
  return ends;
}
