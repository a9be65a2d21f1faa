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
import { armExceptionFrames } from './exception-frames.ts';
import { ARM_REGISTERS, armPrstatus, armPtRegs, FP, PC, PSTATE, SP, USER_PT_REGS_SIZE } from './registers.ts';
import { armCpuStacks } from './stacks.ts';

/** Types of a metadata record: Linux c2c6b27b5aa1 ("arm64: stacktrace: unwind exception boundaries"), v6.13. */
const META_FINAL = 1n;
const META_PT_REGS = 2n;
/** `struct frame_record`: the caller's frame pointer and the return address. Source: Arm IHI 0055 (AAPCS64), 6.4.6. */
const RECORD_SIZE = 16;

/** x19 to x30: AAPCS64, 6.1.1, and the return address, which a function without a frame leaves where it is. */
const CALLEE_SAVED = Array.from({ length: 12 }, (_, i) => 19 + i);

const ARM_CALL_FRAMES: CallFrames = {
  pc: PC,
  sp: SP,
  caller(prog, stack, saved, cfa, registers) {
    const pc = originalReturn(prog, stack.task, withoutPac(prog, saved), registers[FP] ?? 0n);
    return pc === undefined || !isCode(prog, pc - 4n) ? undefined : { pc, at: cfa };
  },
};

/** Stacks of arm64 kernels: frame records, the ones in exception frames among them; then call frame information. */
export const armUnwind: UnwindSupport = {
  pc: PC,
  sp: SP,
  frames: ['registers', 'frame-pointer', 'cfi'],
  firstArgument: 0,
  calleeSaved: CALLEE_SAVED,
  frameRecord: FP,
  callLength: 4,
  prstatus: armPrstatus,
  blocked,
  taskStack: taskStackRange,
  cpuStacks: armCpuStacks,
  stackAt: vmapStackAt,
  step: withCallFrames(step, ARM_CALL_FRAMES),
  isUser: (_prog, registers) => isUserMode(registers),
  // PSTATE.I masks them; kernels with pseudo-NMIs mask by priority instead, and leave it clear
  interruptsOn: (registers) => (registers[PSTATE] === undefined ? undefined : (registers[PSTATE] & 0x80n) === 0n),
  exceptionFrames: armExceptionFrames,
};

/** PSTATE.M: EL0t is 0, and bit 4 is set in AArch32 state, which only user space has. Arm DDI 0487, C5.2 "SPSR_EL1". */
function isUserMode(registers: RegisterValues): boolean {
  const mode = registers[PSTATE];
  return mode !== undefined && ((mode & 0xfn) === 0n || (mode & 0x10n) !== 0n);
}

/** `cpu_switch_to` saves the callee-saved registers in `thread.cpu_context`. */
function blocked(prog: Program, task: Addr): Step {
  const field = (path: string) => prog.memory.u64(task + BigInt(prog.offset('task_struct', path)));
  const registers: RegisterValues = new Array(ARM_REGISTERS.length);
  registers[PC] = withoutPac(prog, field('thread.cpu_context.pc'));
  registers[FP] = field('thread.cpu_context.fp');
  registers[SP] = field('thread.cpu_context.sp');
  for (let i = 19; i < FP; i++) {
    const place = prog.findMember('task_struct', `thread.cpu_context.x${i}`);
    if (place) registers[i] = prog.memory.u64(task + BigInt(place.offset));
  }
  const exact = prog.symbolAt(registers[PC])?.address === registers[PC];
  return { registers, trust: 'registers', at: registers[FP] || registers[SP], exact, saved: false };
}

/** A return address without its pointer authentication code: those bits of a kernel address are ones. */
function withoutPac(prog: Program, pc: Addr): Addr {
  const mask = prog.vmcoreinfo.number('KERNELPACMASK');
  return mask === undefined || mask === 0n ? pc : BigInt.asUintN(64, pc | mask);
}

function step(prog: Program, frame: Step, stack: StackMemory): Step | StackEnd {
  const fp = frame.registers[FP] ?? 0n;
  if (fp === 0n) return endOfRecords(prog, frame, stack);
  const callerFp = stack.word(fp);
  const saved = stack.word(fp + 8n);
  if (callerFp === undefined || saved === undefined) {
    return { end: `frame pointer ${hex(fp)} is not on a stack of this task`, complete: false };
  }
  const inException = exceptionFrame(prog, fp, callerFp, saved, stack);
  if (inException) return inException;
  if (callerFp === 0n && saved === 0n) {
    return { end: `frame record at ${hex(fp)} is empty but no exception frame`, complete: false };
  }
  const pc = originalReturn(prog, stack.task, withoutPac(prog, saved), callerFp);
  if (pc === undefined || !isCode(prog, pc - 4n)) {
    return { end: `frame record at ${hex(fp)} returns to ${hex(saved)}, which is not code`, complete: false };
  }
  const registers: RegisterValues = new Array(ARM_REGISTERS.length);
  registers[PC] = pc;
  registers[FP] = callerFp;
  const at = callerFp === 0n ? fp + BigInt(RECORD_SIZE) : callerFp;
  return { registers, trust: 'frame-pointer', at, exact: false, saved: false };
}

/**
 * The frame record is part of `struct pt_regs`: with a type behind it, or (before v6.13) holding what the registers hold,
 * which is told by comparing both; on entry from user space, at the top of the task's stack, it is empty.
 */
function exceptionFrame(
  prog: Program,
  fp: Addr,
  callerFp: Addr,
  saved: Addr,
  stack: StackMemory,
): Step | StackEnd | undefined {
  const place = prog.findMember('pt_regs', 'stackframe');
  if (!place) return undefined;
  const regs = fp - BigInt(place.offset);
  const size = prog.type('pt_regs').size;
  if (!stack.find(regs, size)) return undefined;
  const atTop = regs + BigInt(size) === stack.own.high;
  if (callerFp === 0n && saved === 0n) {
    const meta = place.type.findMember('type');
    const type = meta && stack.word(fp + BigInt(meta.offset));
    if (type === META_PT_REGS) return interrupted(prog, regs);
    return atTop || type === META_FINAL ? entry(prog, regs, stack) : undefined;
  }
  const values = readRegisters(prog, regs);
  const same = values !== undefined && values[PC] === saved && values[FP] === callerFp;
  return same && !isUserMode(values) ? interrupted(prog, regs) : undefined;
}

function readRegisters(prog: Program, regs: Addr): RegisterValues | undefined {
  const bytes = new Uint8Array(prog.findType('pt_regs')?.size ?? USER_PT_REGS_SIZE);
  if (prog.memory.tryRead(regs, bytes) !== undefined) return undefined;
  return armPtRegs(prog, new DataView(bytes.buffer), 0);
}

/** The frame that an exception interrupted. */
function interrupted(prog: Program, regs: Addr): Step | StackEnd {
  const registers = readRegisters(prog, regs);
  if (!registers) return { end: `exception frame at ${hex(regs)} cannot be read`, complete: false };
  return savedFrame(registers, SP, isUserMode(registers));
}

/** The bottom of a task's stack: `pt_regs` of user space, or of a kernel thread an empty one. */
function entry(prog: Program, regs: Addr, stack: StackMemory): Step | StackEnd {
  const registers = readRegisters(prog, regs);
  return threadEntry(prog, stack, registers, SP, isUserMode);
}

/** Without a final record (before Linux 7d7b720a4b80, v5.14) the chain ends with a frame pointer of zero. */
function endOfRecords(prog: Program, frame: Step, stack: StackMemory): Step | StackEnd {
  if (frame.exact && frame.saved) return { end: 'the frame pointer is zero in the innermost frame', complete: false };
  const size = prog.findType('pt_regs')?.size;
  return size ? entry(prog, stack.own.high - BigInt(size), stack) : { end: 'end of the frame records', complete: true };
}

/** Whether `at` may be an instruction: text with a symbol, or generated code, which has none. */
function isCode(prog: Program, at: Addr): boolean {
  if (isText(prog, at)) return true;
  return at >= 1n << 63n && !prog.symbolAt(at) && typeof prog.memory.translate(at) !== 'string';
}
