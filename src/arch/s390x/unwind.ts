import { hex } from '../../base/hex.ts';
import type { Addr } from '../../base/units.ts';
import type { RegisterValues, StackEnd, StackMemory, Step, UnwindSupport } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import { type CallFrames, withCallFrames } from '../call-frames.ts';
import { originalReturn } from '../return-hooks.ts';
import { savedFrame } from '../saved-frame.ts';
import { taskStackRange } from '../task-stack.ts';
import { isText } from '../text.ts';
import { s390ExceptionFrames } from './exception-frames.ts';
import { type FrameLayout, frameLayout } from './frame-layout.ts';
import { frameState } from './prologue.ts';
import {
  isProblemState,
  isPswMask,
  PC,
  PSW_MASK,
  R14,
  regsLayout,
  S390_REGISTERS,
  SP,
  s390Prstatus,
  s390PtRegs,
  takesInterrupts,
} from './registers.ts';
import { s390CpuStacks } from './stacks.ts';

const FIRST_SAVED = 6;
/** r6 to r13, r15 and the return address. */
const CALLEE_SAVED = Array.from({ length: 10 }, (_, i) => FIRST_SAVED + i);

const CALL_FRAMES: CallFrames = {
  pc: PC,
  sp: SP,
  caller(prog, stack, saved, cfa) {
    const pc = originalReturn(prog, stack.task, saved, cfa);
    return pc === undefined || !isCode(prog, pc - 1n) ? undefined : { pc, at: cfa };
  },
};

/** Stacks of s390x kernels, which are always built with a back chain; exceptions end one chain and begin another. */
export const s390Unwind: UnwindSupport = {
  pc: PC,
  sp: SP,
  frames: ['registers', 'frame-pointer', 'cfi'],
  calleeSaved: CALLEE_SAVED,
  prstatus: s390Prstatus,
  blocked,
  taskStack: taskStackRange,
  cpuStacks: s390CpuStacks,
  step: withCallFrames(step, CALL_FRAMES),
  isUser: (_prog, registers) => isProblemState(registers),
  interruptsOn: takesInterrupts,
  exceptionFrames: s390ExceptionFrames,
};

/** `__switch_to` saves registers in the frame of its caller and the stack pointer in `thread.ksp`. */
function blocked(prog: Program, task: Addr): Step {
  const sp = prog.memory.u64(task + BigInt(prog.offset('task_struct', 'thread.ksp')));
  const { saved } = frameLayout(prog);
  const registers: RegisterValues = new Array(S390_REGISTERS.length);
  for (let i = FIRST_SAVED; i < SP; i++) registers[i] = prog.memory.u64(sp + BigInt(saved + (i - FIRST_SAVED) * 8));
  registers[PC] = registers[R14];
  registers[SP] = sp;
  return { registers, trust: 'registers', at: sp, exact: false, saved: false };
}

function step(prog: Program, frame: Step, stack: StackMemory): Step | StackEnd {
  const sp = frame.registers[SP] ?? 0n;
  const layout = frameLayout(prog);
  const early = frame.exact && frame.saved ? callerOfEarly(prog, frame, layout, stack) : undefined;
  if (early) return early;
  const callerSp = stack.word(sp + BigInt(layout.backChain));
  if (callerSp === undefined)
    return { end: `stack pointer ${hex(sp)} is not on a stack of this task`, complete: false };
  if (callerSp === 0n) return endOfChain(prog, sp + BigInt(layout.size), stack);
  return calledFrom(prog, callerSp, layout, stack);
}

/** The caller whose stack pointer is `sp`. */
function calledFrom(prog: Program, sp: Addr, layout: FrameLayout, stack: StackMemory): Step | StackEnd {
  const saved = stack.word(sp + BigInt(layout.saved + (R14 - FIRST_SAVED) * 8));
  if (saved === undefined) return { end: `back chain ${hex(sp)} is not on a stack of this task`, complete: false };
  const pc = originalReturn(prog, stack.task, saved, sp);
  if (pc === undefined || !isCode(prog, pc - 1n)) {
    const trapped = stack.word(sp + BigInt(layout.backChain)) === 0n ? jumpedFrom(prog, sp, layout, stack) : undefined;
    if (trapped) return trapped;
    return { end: `the frame at ${hex(sp)} returns to ${hex(saved)}, which is not code`, complete: false };
  }
  const registers: RegisterValues = new Array(S390_REGISTERS.length);
  registers[PC] = pc;
  registers[SP] = sp;
  return { registers, trust: 'frame-pointer', at: sp, exact: false, saved: false };
}

/**
 * The caller of a function that an exception interrupted before its frame was whole. Without stack of its own it returns to
 * r14; with it, but without the back chain, the caller's frame lies where the function's begins.
 */
function callerOfEarly(prog: Program, frame: Step, layout: FrameLayout, stack: StackMemory): Step | undefined {
  const { registers } = frame;
  const pc = registers[PC] ?? 0n;
  const back = registers[R14] ?? 0n;
  const sp = registers[SP];
  if (sp === undefined) return undefined;
  const { taken, linked } = frameState(prog, pc, layout.backChain);
  if (taken !== 0) {
    const caller = linked ? undefined : calledFrom(prog, sp + BigInt(taken), layout, stack);
    return caller && !('end' in caller) ? caller : undefined;
  }
  if (!stack.find(sp, 8)) return undefined;
  const caller = originalReturn(prog, stack.task, back, sp);
  if (caller === undefined || caller === pc || !isCode(prog, caller - 1n)) return undefined;
  const values: RegisterValues = [...registers];
  for (let i = 0; i < FIRST_SAVED; i++) values[i] = undefined;
  values[R14] = undefined;
  values[PSW_MASK] = undefined;
  values[PC] = caller;
  return { registers: values, trust: 'registers', at: sp, exact: false, saved: false };
}

/** Where the back chain is zero an exception saved registers behind the frame, or the stack ends. */
function endOfChain(prog: Program, at: Addr, stack: StackMemory): Step | StackEnd {
  const layout = regsLayout(prog);
  if (!stack.find(at, layout.size)) return { end: 'the first function of a thread', complete: true };
  const bytes = new Uint8Array(layout.size);
  if (prog.memory.tryRead(at, bytes) !== undefined)
    return { end: `exception frame at ${hex(at)} cannot be read`, complete: false };
  const registers = s390PtRegs(layout, new DataView(bytes.buffer), 0);
  const user = isProblemState(registers);
  const atTop = at >= stack.own.low && at < stack.own.high && at + BigInt(layout.size) >= stack.own.high - TOP_SPARE;
  if (!user && (atTop || registers[PC] === 0n)) return { end: 'the first function of a thread', complete: true };
  return savedFrame(registers, SP, user);
}

/** The handler of a stack overflow is jumped to, not called: no return address, but registers behind the frame. */
function jumpedFrom(prog: Program, sp: Addr, layout: FrameLayout, stack: StackMemory): Step | undefined {
  const next = endOfChain(prog, sp + BigInt(layout.size), stack);
  if ('end' in next || !isPswMask(next.registers[PSW_MASK] ?? 0n)) return undefined;
  return next.user || isText(prog, next.registers[PC] ?? 0n) ? next : undefined;
}

/** Behind `task_pt_regs` the stack's top has room for nothing else. */
const TOP_SPARE = 16n;

/** Whether `at` may be an instruction: text with a symbol, or generated code, which has none. */
function isCode(prog: Program, at: Addr): boolean {
  if (isText(prog, at)) return true;
  return at >= prog.kernelStart && !prog.symbolAt(at) && typeof prog.memory.translate(at) !== 'string';
}
