import { hex } from '../../base/hex.ts';
import { addrAdd } from '../../base/u64.ts';
import type { Addr, Bytes } from '../../base/units.ts';
import type {
  FrameTrust,
  RegisterValues,
  StackEnd,
  StackMemory,
  Step,
  UnwindRow,
  UnwindSupport,
} from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import { type CallFrames, stepByCallFrames } from '../call-frames.ts';
import { originalReturn } from '../return-hooks.ts';
import { taskStackRange } from '../task-stack.ts';
import { isText } from '../text.ts';
import { x86ExceptionFrames } from './exception-frames.ts';
import {
  CS,
  IRET_OFFSET,
  PT_REGS,
  PT_REGS_SIZE,
  R10,
  R13,
  RAX,
  RBP,
  RBX,
  RDI,
  RDX,
  RFLAGS,
  RIP,
  RSP,
  X86_REGISTERS,
  x86Prstatus,
} from './registers.ts';
import { scanForCaller } from './scan.ts';
import { x86CpuStacks, x86StackAt } from './stacks.ts';

/** Where modules and generated code (BPF) are: Linux Documentation/arch/x86/x86_64/mm.rst. */
const MODULES_START = 0xffffffffa0000000n;
const MODULES_END = 0xffffffffff000000n;

const X86_CALL_FRAMES: CallFrames = {
  pc: RIP,
  sp: RSP,
  // The return address lies right below the caller's stack pointer.
  caller(prog, stack, saved, cfa) {
    const pc = originalReturn(prog, stack.task, saved, addrAdd(cfa, -8));
    return pc === undefined || !isCode(prog, pc - 1n) ? undefined : { pc, at: addrAdd(cfa, -8) };
  },
};

/** Stacks of x86-64 kernels: ORC rows, then frame pointers, then call frame information, then a checked scan. */
export const x86Unwind: UnwindSupport = {
  pc: RIP,
  frames: ['registers', 'orc', 'frame-pointer', 'cfi', 'scan'],
  sp: RSP,
  firstArgument: 5, // RDI
  calleeSaved: [RBX, RBP, 12, R13, 14, 15], // System V ABI, AMD64 supplement, figure 3.4
  prstatus: x86Prstatus,
  blocked,
  taskStack: taskStackRange,
  cpuStacks: x86CpuStacks,
  stackAt: x86StackAt,
  step: (prog, frame, stack) =>
    stepByTable(prog, frame, stack) ??
    stepByCallFrames(prog, frame, stack, X86_CALL_FRAMES) ??
    scanForCaller(prog, frame, stack, stepByTable),
  isUser: (_prog, registers) => isUserMode(registers),
  // X86_EFLAGS_IF
  interruptsOn: (registers) => (registers[RFLAGS] === undefined ? undefined : (registers[RFLAGS] & 0x200n) !== 0n),
  exceptionFrames: x86ExceptionFrames,
};

function isUserMode(registers: RegisterValues): boolean {
  return ((registers[CS] ?? 0n) & 3n) === 3n;
}

/** Registers in `struct inactive_task_frame` beside rbp. */
const SWITCHED = [
  [RBX, 'bx'],
  [12, 'r12'],
  [R13, 'r13'],
  [14, 'r14'],
  [15, 'r15'],
] as const;

/** `__switch_to_asm` leaves `struct inactive_task_frame` at `thread.sp`: saved registers, then its return address. */
function blocked(prog: Program, task: Addr): Step {
  const sp = prog.memory.u64(task + BigInt(prog.offset('task_struct', 'thread.sp')));
  const ret = sp + BigInt(prog.offset('inactive_task_frame', 'ret_addr'));
  const registers: RegisterValues = new Array(X86_REGISTERS.length);
  registers[RIP] = prog.memory.u64(ret);
  registers[RSP] = ret + 8n;
  registers[RBP] = prog.memory.u64(sp + BigInt(prog.offset('inactive_task_frame', 'bp')));
  for (const [register, member] of SWITCHED) {
    const place = prog.findMember('inactive_task_frame', member);
    if (place) registers[register] = prog.memory.u64(sp + BigInt(place.offset));
  }
  // A new task has not been switched out but starts at the first byte of ret_from_fork.
  const exact = prog.symbolAt(registers[RIP])?.address === registers[RIP];
  return { registers, trust: 'registers', at: ret, exact, saved: false };
}

/**
 * The caller by ORC, or by the frame pointer in code that has no rows (BPF). Undefined when neither leads to text.
 */
function stepByTable(prog: Program, frame: Step, stack: StackMemory): Step | StackEnd | undefined {
  const pc = frame.registers[RIP] ?? 0n;
  const sp = frame.registers[RSP];
  if (sp === undefined) return undefined;
  if (frame.exact && !isCode(prog, pc)) return callThroughBadPointer(prog, frame, sp, stack);
  const row = prog.unwindRow(frame.exact ? pc : pc - 1n);
  if (!row) return keepsFramePointer(prog, pc) ? byFramePointer(prog, frame, sp, stack) : undefined;
  if (row.kind === 'end-of-stack') return { end: 'the first function of a thread', complete: true };
  if (row.kind === 'undefined') return undefined;
  const base = callerBase(frame.registers, row, stack);
  if (base === undefined) return undefined;
  if (row.kind === 'call') return byReturnAddress(prog, frame, row, base, stack);
  return bySavedRegisters(frame, row, base, stack);
}

function baseRegister(row: UnwindRow): number {
  switch (row.spBase) {
    case 'sp':
    case 'sp-indirect':
      return RSP;
    case 'bp':
    case 'bp-indirect':
      return RBP;
    case 'ax':
      return RAX;
    case 'dx':
      return RDX;
    case 'di':
      return RDI;
    case 'r10':
      return R10;
    case 'r13':
      return R13;
    default:
      return -1;
  }
}

/** The caller's stack pointer, or where the saved registers are. */
function callerBase(registers: RegisterValues, row: UnwindRow, stack: StackMemory): Addr | undefined {
  const value = registers[baseRegister(row)];
  if (value === undefined) return undefined;
  // The offset is inside the brackets for a frame pointer and outside for a stack pointer: Linux aa3d60e05024
  // ("x86/unwind/orc: Change REG_SP_INDIRECT"), v5.12; nothing used the latter before.
  if (row.spBase === 'bp-indirect') return stack.word(addrAdd(value, row.spOffset));
  const base = row.spBase === 'sp-indirect' ? stack.word(value) : value;
  return base === undefined ? undefined : addrAdd(base, row.spOffset);
}

function byReturnAddress(prog: Program, frame: Step, row: UnwindRow, base: Addr, stack: StackMemory): Step | undefined {
  const at = addrAdd(base, -8);
  const saved = stack.word(at);
  const pc = saved === undefined ? undefined : originalReturn(prog, stack.task, saved, at);
  if (pc === undefined || !isCode(prog, pc - 1n)) return undefined;
  return callStep(pc, base, at, savedFramePointer(frame, row, base, stack), 'orc', row.signal);
}

function callStep(pc: Addr, sp: Addr, at: Addr, bp: bigint | undefined, trust: FrameTrust, exact: boolean): Step {
  const registers: RegisterValues = new Array(X86_REGISTERS.length);
  registers[RIP] = pc;
  registers[RSP] = sp;
  registers[RBP] = bp;
  return { registers, trust, at, exact, saved: false };
}

function savedFramePointer(frame: Step, row: UnwindRow, base: Addr, stack: StackMemory): bigint | undefined {
  const bp = frame.registers[RBP];
  if (row.bpBase === 'prev-sp') return stack.word(addrAdd(base, row.bpOffset));
  if (row.bpBase === 'bp') return bp === undefined ? undefined : stack.word(addrAdd(bp, row.bpOffset));
  return bp;
}

/** Across an exception: `struct pt_regs` at `base`, or of a partial frame only what the CPU pushed. */
function bySavedRegisters(frame: Step, row: UnwindRow, base: Addr, stack: StackMemory): Step | undefined {
  if (row.kind === 'regs') return savedRegisters(base, 0, new Array(X86_REGISTERS.length), stack);
  // The other registers are still those of the frame, when that was itself interrupted.
  const registers: RegisterValues = [...frame.registers];
  registers[RBP] = savedFramePointer(frame, row, base, stack);
  return savedRegisters(addrAdd(base, -IRET_OFFSET), IRET_OFFSET, registers, stack);
}

/** The members of the `struct pt_regs` at `start` from offset `from` on, over what `registers` has. */
function savedRegisters(start: Addr, from: Bytes, registers: RegisterValues, stack: StackMemory): Step | undefined {
  for (let offset = from; offset < PT_REGS_SIZE; offset += 8) {
    const value = stack.word(addrAdd(start, offset));
    if (value === undefined) return undefined;
    registers[PT_REGS[offset / 8] as number] = value;
  }
  const at = registers[RSP] as Addr;
  const user = isUserMode(registers);
  return { registers, trust: 'orc', at, exact: true, saved: true, ...(user && { user }) };
}

/** Whether `at` may be an instruction: text with a symbol, or generated code where modules are. */
function isCode(prog: Program, at: Addr): boolean {
  if (isText(prog, at)) return true;
  return at >= MODULES_START && at < MODULES_END && !prog.symbolAt(at) && typeof prog.memory.translate(at) !== 'string';
}

/**
 * A call through a bad function pointer: nothing of the called function ran, so the return address is on top of the stack.
 * The kernel's unwinder does the same for NULL: Linux f4f34e1b82eb ("x86/unwind/orc: Fix unwind_get_return_address_ptr()
 * ..." and its `null_orc_entry`); here any address is taken that is not code.
 */
function callThroughBadPointer(prog: Program, frame: Step, sp: Addr, stack: StackMemory): Step | StackEnd {
  const pc = stack.word(sp);
  if (pc !== undefined && isText(prog, pc - 1n)) {
    const step = callStep(pc, sp + 8n, sp, frame.registers[RBP], 'registers', false);
    // Nothing ran that could have changed the others.
    return { ...step, registers: frame.registers.map((value, i) => step.registers[i] ?? value) };
  }
  return {
    end: `no code at ${hex(frame.registers[RIP] ?? 0n)} and no return address on top of the stack`,
    complete: false,
  };
}

/**
 * Whether code without a row may be taken to keep a frame pointer: all of a kernel without ORC, and generated code (BPF),
 * which has no symbol in a table. Elsewhere that register holds just anything, also a frame further out.
 */
function keepsFramePointer(prog: Program, pc: Addr): boolean {
  return !prog.has('unwind-rows') || !prog.symbolAt(pc);
}

/** By `push %rbp; mov %rsp, %rbp`; an exception in such a kernel leaves the address of its `struct pt_regs` plus one. */
function byFramePointer(prog: Program, frame: Step, sp: Addr, stack: StackMemory): Step | undefined {
  const bp = frame.registers[RBP];
  if (bp === undefined || bp < sp - 8n || stack.find(bp, 16) !== stack.find(sp, 1)) return undefined;
  if (bp & 1n) {
    const step = savedRegisters(bp - 1n, 0, new Array(X86_REGISTERS.length), stack);
    return step && { ...step, trust: 'frame-pointer' };
  }
  const pc = stack.word(bp + 8n);
  const callerBp = stack.word(bp);
  if (pc === undefined || callerBp === undefined || !isText(prog, pc - 1n)) return undefined;
  return callStep(pc, bp + 16n, bp + 8n, callerBp, 'frame-pointer', false);
}
