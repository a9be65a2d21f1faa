import { AnalysisError } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import type { RegisterValues, StackMemory, StackRange, Step, UnwindSupport } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import type { Stack, StackFrame } from './stack.ts';
import { stackMemory } from './stack-memory.ts';

/** What is known about a task beside its stack. */
export interface UnwindOptions {
  /** The CPU that the task runs on; absent for a task that does not run. */
  readonly cpu?: number;
  /** Where that CPU was, by the index of `Architecture.registers`. */
  readonly registers?: RegisterValues;
  /** Recover the registers that callees saved, by call frame information where there is any: variables lie in them. */
  readonly recover?: boolean;
  /** Start elsewhere: at this stack pointer, and at this instruction or the return address that lies there. */
  readonly start?: { readonly pc?: Addr; readonly sp?: Addr };
}

/** A kernel's stacks hold less than this many frames: 64 KiB of the smallest. */
const MAX_FRAMES = 4096;

/**
 * The stack of a task, innermost frame first. Never throws for what a dump may hold: the frames that could be found and
 * the reason why there are no more.
 * @param task address of `struct task_struct`
 */
export function unwindTask(prog: Program, task: Addr, options: UnwindOptions = {}): Stack {
  const { unwind } = prog.arch;
  if (!unwind) return { frames: [], stopped: `no stack traces of ${prog.arch.name} yet`, complete: false };
  const { cpu, registers } = options;
  if (cpu !== undefined && !registers) {
    return { frames: [], stopped: `the task runs on CPU ${cpu}, whose registers are not in the dump`, complete: false };
  }
  const frames: StackFrame[] = [];
  try {
    const stack = stackMemory(prog, unwind, task, cpu);
    if (stack.own.low === 0n) return { frames, stopped: 'the task has exited, its stack is freed', complete: false };
    const known = registers ? runningFrame(prog, unwind, registers) : unwind.blocked(prog, task);
    const first = options.start ? startingFrame(unwind, known, options.start, stack) : known;
    const end = walk(prog, unwind, first, stack, frames, options.recover ?? false);
    return end === undefined ? { frames, complete: true } : { frames, stopped: end, complete: false };
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    return { frames, stopped: e.message, complete: false };
  }
}

function runningFrame(prog: Program, unwind: UnwindSupport, registers: RegisterValues): Step {
  const user = unwind.isUser(prog, registers);
  const at = registers[unwind.sp] ?? 0n;
  return { registers, trust: 'registers', at, exact: true, saved: true, ...(user && { user }) };
}

/** Where a user says that a stack is to be followed from; what is not said is as the task left it. */
function startingFrame(
  unwind: UnwindSupport,
  known: Step,
  start: NonNullable<UnwindOptions['start']>,
  stack: StackMemory,
): Step {
  const registers: RegisterValues = new Array(known.registers.length);
  const sp = start.sp ?? known.registers[unwind.sp] ?? 0n;
  const saved = start.pc === undefined ? stack.word(sp) : undefined;
  registers[unwind.pc] = start.pc ?? saved;
  registers[unwind.sp] = saved === undefined ? sp : sp + 8n;
  return { registers, trust: 'registers', at: sp, exact: saved === undefined, saved: false };
}

/** Appends to `frames`; the reason why it stopped before the stack's end, or undefined. */
function walk(
  prog: Program,
  unwind: UnwindSupport,
  first: Step,
  stack: StackMemory,
  frames: StackFrame[],
  recover: boolean,
): string | undefined {
  const left = new Set<StackRange>();
  let here: StackRange | undefined;
  let previous: Step | undefined;
  let known = first.registers;
  for (let step = first; frames.length < MAX_FRAMES; ) {
    const range = step.user ? undefined : stack.find(step.at, 1);
    if (!step.user && previous) {
      if (range && range === here && (step.at < previous.at || (step.at === previous.at && !previous.exact))) {
        return `frame at ${hex(step.at)} does not lie above its callee's at ${hex(previous.at)}`;
      }
      if (range && left.has(range))
        return `the ${range.name} stack was left before and is entered again at ${hex(step.at)}`;
    }
    if (here && range !== here) left.add(here);
    here = range ?? here;
    frames.push(frameOf(prog, unwind, step, range, known));
    if (step.user) return undefined;
    const next = unwind.step(prog, step, stack);
    if ('end' in next) return next.complete ? undefined : next.end;
    known = recover && !next.saved ? recovered(prog, unwind, step, known, next, stack) : next.registers;
    previous = step;
    step = next;
  }
  return `more than ${MAX_FRAMES} frames`;
}

/**
 * The registers of the caller `next` with those that call frame information adds. When the two disagree about any (the pc
 * aside, which may be signed or hooked), the information is of other code and adds nothing.
 */
function recovered(
  prog: Program,
  unwind: UnwindSupport,
  step: Step,
  known: RegisterValues,
  next: Step,
  stack: StackMemory,
): RegisterValues {
  const pc = step.registers[unwind.pc];
  if (pc === undefined || pc === 0n) return next.registers;
  const found = prog.callerRegisters(step.exact ? pc : pc - 1n, known, (at) => stack.word(at));
  if (!found) return next.registers;
  const merged = [...next.registers];
  for (let i = 0; i < merged.length; i++) {
    const value = found.registers[i];
    if (i === unwind.pc || value === undefined) continue;
    if (merged[i] !== undefined && merged[i] !== value) return next.registers;
    merged[i] = value;
  }
  return merged;
}

function frameOf(
  prog: Program,
  unwind: UnwindSupport,
  step: Step,
  range: StackRange | undefined,
  known: RegisterValues,
): StackFrame {
  const pc = step.registers[unwind.pc] ?? 0n;
  const lookupPc = step.exact || pc === 0n ? pc : pc - 1n;
  const symbol = step.user ? undefined : prog.symbolAt(lookupPc);
  return {
    pc,
    lookupPc,
    sp: step.at,
    trust: step.trust,
    known,
    ...(symbol && { symbol, offset: pc - symbol.address }),
    ...(step.saved && { registers: step.registers }),
    ...(range && { stack: range.name }),
    ...(step.user && { user: true as const }),
  };
}
