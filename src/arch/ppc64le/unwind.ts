import { attempt } from '../../base/attempt.ts';
import { hex } from '../../base/hex.ts';
import type { Addr } from '../../base/units.ts';
import type { RegisterValues, StackEnd, StackMemory, Step, UnwindSupport } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import { type CallFrames, withCallFrames } from '../call-frames.ts';
import { originalReturn } from '../return-hooks.ts';
import { savedFrame } from '../saved-frame.ts';
import { taskStackRange } from '../task-stack.ts';
import { isText } from '../text.ts';
import { ppcExceptionFrames, savedRegistersAt } from './exception-frames.ts';
import { frameState } from './prologue.ts';
import {
  interruptsOn,
  isUserMode,
  LR,
  NIP,
  NIP_WORD,
  PPC_REGISTERS,
  ppcPrstatus,
  ppcPtRegs,
  SP,
  USER_PT_REGS_SIZE,
} from './registers.ts';
import { ppcCpuStacks } from './stacks.ts';

/** Where a function saves its return address in its caller's frame: 64-bit ELF V2 ABI for Power, 2.2.3. */
const LR_SAVE = 16n;
/** r14 to r31: the same, table 2.20. */
const CALLEE_SAVED = Array.from({ length: 18 }, (_, i) => 14 + i);
const FIRST_SAVED = 14;
const KERNEL_START = 1n << 63n;
/** `struct pt_regs` in a frame of `_switch`: behind 112 bytes, since v6.2 behind 48 (STACK_SWITCH_FRAME_REGS). */
const SWITCH_FRAME_REGS = [112n, 48n];

const PPC_CALL_FRAMES: CallFrames = {
  pc: NIP,
  sp: SP,
  caller(prog, stack, saved, cfa) {
    const pc = returnAddress(prog, stack, saved, cfa);
    return pc === undefined ? undefined : { pc, at: cfa };
  },
};

/** Stacks of 64-bit Power kernels: the chain of frames, with what exceptions saved among them. */
export const ppcUnwind: UnwindSupport = {
  pc: NIP,
  sp: SP,
  frames: ['registers', 'frame-pointer', 'cfi'],
  calleeSaved: CALLEE_SAVED,
  callLength: 4,
  prstatus: ppcPrstatus,
  blocked,
  taskStack: taskStackRange,
  cpuStacks: ppcCpuStacks,
  step: withCallFrames(step, PPC_CALL_FRAMES),
  isUser: (_prog, registers) => isUserMode(registers),
  interruptsOn,
  exceptionFrames: ppcExceptionFrames,
};

/**
 * `_switch` saves its return address in its caller's frame and, as the instruction of the `struct pt_regs` in its own frame,
 * at `thread.ksp`. A task that has not run yet has the latter only, and begins at its frame.
 */
function blocked(prog: Program, task: Addr): Step {
  const ksp = prog.memory.u64(task + BigInt(prog.offset('task_struct', 'thread.ksp')));
  const caller = prog.memory.u64(ksp);
  const saved = attempt(() => prog.memory.u64(caller + LR_SAVE));
  const frames = SWITCH_FRAME_REGS.map((offset) => savedBySwitch(prog, ksp + offset));
  const switched = frames.find((values) => values[NIP] === saved && isText(prog, saved ?? 0n));
  const values = switched ?? frames.find((v) => prog.symbolAt(v[NIP] ?? 0n)?.address === v[NIP]) ?? [];
  const registers: RegisterValues = new Array(PPC_REGISTERS.length);
  for (let i = FIRST_SAVED; i < 32; i++) registers[i] = values[i];
  const fresh = switched === undefined && values[NIP] !== undefined;
  registers[NIP] = values[NIP] ?? saved;
  registers[SP] = fresh ? ksp : caller;
  return { registers, trust: 'registers', at: fresh ? ksp : caller, exact: fresh, saved: false };
}

function savedBySwitch(prog: Program, regs: Addr): RegisterValues {
  const bytes = prog.memory.bytes(regs, USER_PT_REGS_SIZE);
  return ppcPtRegs(new DataView(bytes.buffer), 0, true);
}

function step(prog: Program, frame: Step, stack: StackMemory): Step | StackEnd {
  const sp = frame.registers[SP] ?? 0n;
  if (frame.exact) return fromInstruction(prog, frame, sp, stack);
  const regs = savedRegistersAt(stack, sp);
  return regs === undefined ? fromFrame(prog, sp, stack) : interrupted(prog, regs);
}

/** The caller of a function that was interrupted anywhere in its code, also before it made its frame. */
function fromInstruction(prog: Program, frame: Step, sp: Addr, stack: StackMemory): Step | StackEnd {
  const pc = frame.registers[NIP] ?? 0n;
  // the first instructions of an exception run with the stack pointer of what they interrupted
  if (sp < KERNEL_START) return { end: 'an exception that came from user space', complete: true };
  if (!isText(prog, pc)) {
    return (
      inLinkRegister(prog, frame, sp, stack) ?? {
        end: `no code at ${hex(pc)} and no return address in the link register`,
        complete: false,
      }
    );
  }
  const { framed, saved } = frameState(prog, pc);
  const callers = framed ? stack.word(sp) : sp;
  if (callers === 0n) return { end: `the frame ${hex(sp)} that the function made leads nowhere`, complete: false };
  if (saved && callers !== undefined) {
    const at = stack.word(callers + LR_SAVE);
    const caller = at === undefined ? undefined : returnAddress(prog, stack, at, callers);
    if (caller !== undefined) return callStep(caller, callers);
  } else if (callers !== undefined) {
    const step = inLinkRegister(prog, frame, callers, stack);
    if (step) return step;
  }
  const regs = savedRegistersAt(stack, sp);
  return regs === undefined ? fromFrame(prog, sp, stack) : interrupted(prog, regs);
}

function inLinkRegister(prog: Program, frame: Step, sp: Addr, stack: StackMemory): Step | undefined {
  const link = frame.registers[LR];
  const pc = link === undefined ? undefined : returnAddress(prog, stack, link, sp);
  if (pc === undefined) return undefined;
  const step = callStep(pc, sp);
  return { ...step, trust: 'registers' };
}

/** By the back chain. */
function fromFrame(prog: Program, sp: Addr, stack: StackMemory): Step | StackEnd {
  const caller = stack.word(sp);
  if (caller === undefined) return { end: `frame ${hex(sp)} is not on a stack of this task`, complete: false };
  if (caller === 0n) return { end: 'the first function of a thread', complete: true };
  const saved = stack.word(caller + LR_SAVE);
  if (saved === undefined)
    return { end: `the frame ${hex(caller)} behind ${hex(sp)} is not on a stack of this task`, complete: false };
  const pc = returnAddress(prog, stack, saved, caller);
  if (pc !== undefined) return callStep(pc, caller);
  // the outermost frame of a thread is followed by the registers it began with
  const regs = savedRegistersAt(stack, caller);
  if (regs !== undefined) return interrupted(prog, regs);
  if (stack.word(caller) === 0n) return { end: 'the first function of a thread', complete: true };
  return { end: `frame at ${hex(caller)} returns to ${hex(saved)}, which is not code`, complete: false };
}

function callStep(pc: Addr, sp: Addr): Step {
  const registers: RegisterValues = new Array(PPC_REGISTERS.length);
  registers[NIP] = pc;
  registers[SP] = sp;
  return { registers, trust: 'frame-pointer', at: sp, exact: false, saved: false };
}

/** What an exception interrupted; the registers that a thread began with are all zero. */
function interrupted(prog: Program, regs: Addr): Step | StackEnd {
  const bytes = new Uint8Array(USER_PT_REGS_SIZE);
  if (prog.memory.tryRead(regs, bytes) !== undefined)
    return { end: `exception frame at ${hex(regs)} cannot be read`, complete: false };
  const view = new DataView(bytes.buffer);
  if (view.getBigUint64(NIP_WORD * 8, true) === 0n && view.getBigUint64(8, true) === 0n)
    return { end: 'the first function of a thread', complete: true };
  const registers = ppcPtRegs(view, 0, true);
  return savedFrame(registers, SP, isUserMode(registers));
}

/** The return address that was saved, or that a trampoline stands for; undefined when it is not code. */
function returnAddress(prog: Program, stack: StackMemory, saved: Addr, frame: Addr): Addr | undefined {
  // The graph tracer tells its entries by where the address lies, return probes keep no key on this CPU.
  const pc = originalReturn(prog, stack.task, saved, frame + LR_SAVE) ?? originalReturn(prog, stack.task, saved, 0n);
  return pc !== undefined && isCode(prog, pc - 4n) ? pc : undefined;
}

/** Whether `at` may be an instruction: text with a symbol, or generated code, which has none. */
function isCode(prog: Program, at: Addr): boolean {
  if (isText(prog, at)) return true;
  const inImage = prog.map.linear.some((r) => at >= r.start && at < r.end);
  return at >= KERNEL_START && !inImage && !prog.symbolAt(at) && typeof prog.memory.translate(at) !== 'string';
}
