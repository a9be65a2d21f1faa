import { hex } from '../../base/hex.ts';
import type { Addr } from '../../base/units.ts';
import type { RegisterValues, StackEnd, StackMemory, Step, UnwindSupport } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import { type CallFrames, withCallFrames } from '../call-frames.ts';
import { originalReturn } from '../return-hooks.ts';
import { savedFrame, threadEntry } from '../saved-frame.ts';
import { taskStackRange } from '../task-stack.ts';
import { isText } from '../text.ts';
import { vmapStackAt } from '../vmap-stack.ts';
import { riscvExceptionFrames, userFrame } from './exception-frames.ts';
import { frameState } from './frame-state.ts';
import {
  CALLEE_SAVED,
  FP,
  interruptsOn,
  isUserMode,
  PC,
  PT_REGS_SIZE,
  RA,
  RISCV_REGISTERS,
  riscvPrstatus,
  riscvPtRegs,
  SP,
} from './registers.ts';
import { riscvCpuStacks } from './stacks.ts';

/** Below the frame pointer lie the return address and, under it, the caller's frame pointer (`struct stackframe`). */
const RETURN_AT = 8n;
const CALLER_FP_AT = 16n;
/** Where an exception saves `struct pt_regs` and calls its handler from: arch/riscv/kernel/entry.S, head.S. */
const ENTRIES = new Set([
  ...['handle_exception', 'ret_from_exception', 'ret_from_syscall', 'ret_from_syscall_rejected'],
  ...['handle_kernel_stack_overflow', 'handle_syscall', 'check_syscall_nr', 'restore_all'],
]);
/** It is jumped to when the stack has no room for an exception, with the registers above its frame: traps.c. */
const OVERFLOW_HANDLER = 'handle_bad_stack';
/** The first functions of a thread: forked, the first CPU's and the others'. */
const FIRST =
  /^(?:ret_from_fork|ret_from_fork_(?:kernel|user)_asm|ret_from_kernel_thread|_start_kernel|secondary_start_sbi|secondary_start_common|\.?Lsecondary_start|smp_callin|start_kernel)$/;

const RISCV_CALL_FRAMES: CallFrames = {
  pc: PC,
  sp: SP,
  caller(prog, stack, saved, cfa) {
    const pc = originalReturn(prog, stack.task, saved, cfa);
    return pc === undefined || !isCode(prog, stack, pc - 2n) ? undefined : { pc, at: cfa };
  },
};

/** Stacks of riscv64 kernels: frame pointers, which Debian's and most others keep, and exception frames. */
export const riscvUnwind: UnwindSupport = {
  pc: PC,
  sp: SP,
  frames: ['registers', 'frame-pointer', 'cfi'],
  calleeSaved: CALLEE_SAVED,
  prstatus: riscvPrstatus,
  blocked,
  taskStack: taskStackRange,
  cpuStacks: riscvCpuStacks,
  stackAt: vmapStackAt,
  step: withCallFrames(step, RISCV_CALL_FRAMES),
  isUser: (_prog, registers) => isUserMode(registers),
  interruptsOn,
  exceptionFrames: riscvExceptionFrames,
};

/** `__switch_to` saves the callee-saved registers in `thread`: ra, sp, s0 to s11. */
function blocked(prog: Program, task: Addr): Step {
  const field = (path: string) => prog.memory.u64(task + BigInt(prog.offset('task_struct', path)));
  const registers: RegisterValues = new Array(RISCV_REGISTERS.length);
  registers[PC] = field('thread.ra');
  registers[SP] = field('thread.sp');
  const saved = task + BigInt(prog.offset('task_struct', 'thread.s'));
  CALLEE_SAVED.forEach((register, i) => {
    registers[register] = prog.memory.u64(saved + BigInt(i * 8));
  });
  const exact = prog.symbolAt(registers[PC])?.address === registers[PC];
  return { registers, trust: 'registers', at: registers[SP], exact, saved: false };
}

function step(prog: Program, frame: Step, stack: StackMemory): Step | StackEnd {
  const pc = frame.registers[PC] as Addr;
  const place = prog.symbolAt(frame.exact ? pc : pc - 1n)?.name;
  const inEntry = place !== undefined && ENTRIES.has(place);
  if (inEntry && !frame.exact) return interrupted(prog, frame.registers[SP] ?? 0n, stack);
  if (place !== undefined && FIRST.test(place)) return entry(prog, stack);
  const fp = frame.registers[FP] ?? 0n;
  if (place === OVERFLOW_HANDLER && !frame.exact) return interrupted(prog, fp, stack);
  // a CPU that stopped where an exception enters the kernel still has the frame pointer of what was interrupted
  if (frame.exact && frame.saved && !inEntry) {
    const frameless = withoutFrame(prog, frame, stack);
    if (frameless) return frameless;
  }
  const saved = stack.word(fp - RETURN_AT);
  const callerFp = stack.word(fp - CALLER_FP_AT);
  if (saved === undefined || callerFp === undefined) {
    return { end: `frame pointer ${hex(fp)} is not on a stack of this task`, complete: false };
  }
  return caller(prog, stack, fp, saved, callerFp);
}

function caller(prog: Program, stack: StackMemory, cfa: Addr, saved: Addr, fp: Addr): Step | StackEnd {
  const pc = originalReturn(prog, stack.task, saved, cfa);
  if (pc === undefined || !isCode(prog, stack, pc - 2n)) {
    return { end: `the frame below ${hex(cfa)} returns to ${hex(saved)}, which is not code`, complete: false };
  }
  const registers: RegisterValues = new Array(RISCV_REGISTERS.length);
  registers[PC] = pc;
  registers[SP] = cfa;
  registers[FP] = fp;
  return { registers, trust: 'frame-pointer', at: cfa, exact: false, saved: false };
}

/**
 * The caller of a function that was interrupted where it has no frame of its own, or one without the return address, which
 * is saved later or, by a function that calls none, not at all: then `ra` holds it.
 */
function withoutFrame(prog: Program, frame: Step, stack: StackMemory): Step | undefined {
  const { registers } = frame;
  const ra = registers[RA];
  const sp = registers[SP];
  const fp = registers[FP] ?? 0n;
  const pc = registers[PC] as Addr;
  if (ra === undefined || sp === undefined || !isCode(prog, stack, ra - 2n)) return undefined;
  const state = frameState(prog, pc);
  if (state?.set === false || !isCode(prog, stack, pc)) return leafCaller(prog, stack, sp, ra, fp);
  if (state?.savesRa) return undefined;
  const saved = stack.word(fp - BigInt(state?.savedFp ?? 8));
  const isFp = saved !== undefined && (state !== undefined || stack.find(saved - 1n, 1) !== undefined);
  return isFp ? leafCaller(prog, stack, fp, ra, saved) : undefined;
}

function leafCaller(prog: Program, stack: StackMemory, cfa: Addr, ra: Addr, fp: Addr): Step | undefined {
  const next = caller(prog, stack, cfa, ra, fp);
  return 'end' in next ? undefined : { ...next, trust: 'registers' };
}

/** What an exception interrupted: the handler's frame begins where `struct pt_regs` lies. */
function interrupted(prog: Program, at: Addr, stack: StackMemory): Step | StackEnd {
  const registers = stack.find(at, PT_REGS_SIZE) && readRegisters(prog, at);
  if (!registers) return { end: `exception frame at ${hex(at)} cannot be read`, complete: false };
  return savedFrame(registers, SP, isUserMode(registers));
}

function readRegisters(prog: Program, at: Addr): RegisterValues | undefined {
  const bytes = new Uint8Array(PT_REGS_SIZE);
  if (prog.memory.tryRead(at, bytes) !== undefined) return undefined;
  return riscvPtRegs(new DataView(bytes.buffer), 0);
}

/** The bottom of a task's stack: `struct pt_regs` of user space; kernel threads have none. */
function entry(prog: Program, stack: StackMemory): Step | StackEnd {
  const registers = readRegisters(prog, userFrame(stack.own));
  return threadEntry(prog, stack, registers, SP, isUserMode);
}

/** Whether `at` may be an instruction: text with a symbol, or generated code, which has none. */
function isCode(prog: Program, stack: StackMemory, at: Addr): boolean {
  if (isText(prog, at)) return true;
  if (at < 1n << 63n || (at & 1n) !== 0n || stack.find(at, 1) || prog.symbolAt(at)) return false;
  return typeof prog.memory.translate(at) !== 'string';
}
