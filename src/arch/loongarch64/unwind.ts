import { hex } from '../../base/hex.ts';
import type { Addr } from '../../base/units.ts';
import type { RegisterValues, StackEnd, StackMemory, Step, UnwindSupport } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import { type CallFrames, withCallFrames } from '../call-frames.ts';
import { originalReturn } from '../return-hooks.ts';
import { savedFrame, threadEntry } from '../saved-frame.ts';
import { taskStackRange } from '../task-stack.ts';
import { isText } from '../text.ts';
import { isExceptionFrame, loongarchExceptionFrames, userFrame } from './exception-frames.ts';
import { type FrameRules, frameRules } from './frame-rules.ts';
import {
  CALLEE_SAVED,
  FP,
  interruptsOn,
  isUserMode,
  LOONGARCH_REGISTERS,
  loongarchPrstatus,
  loongarchPtRegs,
  PC,
  PT_REGS_SIZE,
  RA,
  SP,
} from './registers.ts';
import { loongarchCpuStacks } from './stacks.ts';

/** Save `struct pt_regs` and call its handler: arch/loongarch/kernel/entry.S, genex.S, arch/loongarch/mm/tlbex.S. */
const ENTRIES =
  /^(?:handle_(?:syscall|sys|vint|\w+_handler)|tlb_do_page_fault_[01]|handle_(?:ade|ale|bce|bp|fpe|fpu|lsx|lasx|lbt|ri|watch|reserved|tlb_\w+))$/;
/** The first functions of a thread; in newer kernels they call functions of the same names without `_asm`. */
const FIRST = /^(?:ret_from_(?:fork|kernel_thread)(?:_asm)?|kernel_entry|smp_bootstrap)$/;

const LOONGARCH_CALL_FRAMES: CallFrames = {
  pc: PC,
  sp: SP,
  caller(prog, stack, saved, cfa) {
    const pc = originalReturn(prog, stack.task, saved, cfa);
    return pc === undefined || !isText(prog, pc - 4n) ? undefined : { pc, at: cfa };
  },
};

/** Stacks of loongarch64 kernels: by what the code of each function did for its frame, which the kernel's own way does too. */
export const loongarchUnwind: UnwindSupport = {
  pc: PC,
  sp: SP,
  frames: ['registers', 'code', 'cfi'],
  calleeSaved: CALLEE_SAVED,
  prstatus: loongarchPrstatus,
  blocked,
  taskStack: taskStackRange,
  cpuStacks: loongarchCpuStacks,
  step: withCallFrames(step, LOONGARCH_CALL_FRAMES),
  isUser: (_prog, registers) => isUserMode(registers),
  interruptsOn,
  exceptionFrames: loongarchExceptionFrames,
};

/** `__switch_to` saves ra, sp, fp and s0 to s8 in `thread.reg01`, `reg03`, `reg22` to `reg31`. */
function blocked(prog: Program, task: Addr): Step {
  const registers: RegisterValues = new Array(LOONGARCH_REGISTERS.length);
  const field = (name: string) => prog.memory.u64(task + BigInt(prog.offset('task_struct', `thread.${name}`)));
  registers[PC] = field('reg01');
  registers[SP] = field('reg03');
  for (const register of CALLEE_SAVED) registers[register] = field(`reg${register}`);
  const exact = prog.symbolAt(registers[PC])?.address === registers[PC];
  return { registers, trust: 'registers', at: registers[SP], exact, saved: false };
}

function step(prog: Program, frame: Step, stack: StackMemory): Step | StackEnd {
  const pc = frame.registers[PC] as Addr;
  const sp = frame.registers[SP] ?? 0n;
  const lookup = frame.exact ? pc : pc - 4n;
  const place = prog.symbolAt(lookup)?.name;
  if (place !== undefined && FIRST.test(place) && !prog.findSymbol(`${place}_asm`)) return entry(prog, stack);
  if (!frame.exact && (place === undefined || ENTRIES.test(place))) return interrupted(prog, sp, stack);
  if (!isText(prog, lookup)) return throughRegister(prog, frame, sp, stack, pc);
  const rules = frameRules(prog, pc, lookup);
  if (!rules) return { end: `the code before ${hex(pc)} cannot be read`, complete: false };
  return byRules(prog, frame, rules, stack);
}

/** A call to where no code is: its return address is still in ra. */
function throughRegister(prog: Program, frame: Step, sp: Addr, stack: StackMemory, pc: Addr): Step | StackEnd {
  const ra = frame.saved ? frame.registers[RA] : undefined;
  if (ra === undefined || !isText(prog, ra - 4n)) return { end: `no code at ${hex(pc)}`, complete: false };
  return caller(prog, frame, stack, ra, sp, new Map());
}

function byRules(prog: Program, frame: Step, rules: FrameRules, stack: StackMemory): Step | StackEnd {
  const { registers } = frame;
  const cfa = frameAddress(registers, rules);
  if (cfa === undefined) return { end: 'the size of the frame is not known', complete: false };
  const slot = rules.saved.get(RA);
  const ra = slot === undefined ? registers[RA] : stack.word(cfa - BigInt(slot));
  if (ra === undefined) {
    const what =
      slot === undefined ? 'its return address is in no known register' : `${hex(cfa)} is not on a stack of this task`;
    return { end: what, complete: false };
  }
  const saved = new Map([...rules.saved].map(([r, below]) => [r, stack.word(cfa - BigInt(below))]));
  return caller(prog, frame, stack, ra, cfa, saved);
}

/** The caller's stack pointer: by the own one, else by the frame pointer or a copy. */
function frameAddress(registers: RegisterValues, { sp, fp, copy }: FrameRules): Addr | undefined {
  const known: readonly (readonly [register: number, below: number | undefined])[] = [
    [SP, sp],
    [FP, fp],
    [copy?.register ?? SP, copy?.below],
  ];
  for (const [register, below] of known) {
    const value = registers[register];
    if (value !== undefined && below !== undefined) return BigInt.asUintN(64, value + BigInt(below));
  }
  return undefined;
}

function caller(
  prog: Program,
  frame: Step,
  stack: StackMemory,
  ra: Addr,
  cfa: Addr,
  saved: ReadonlyMap<number, bigint | undefined>,
): Step | StackEnd {
  const pc = originalReturn(prog, stack.task, ra, cfa);
  const isCode = pc !== undefined && isText(prog, pc - 4n);
  // handlers are copied to where the CPU goes on an exception, a place without symbols
  if (!isCode && stack.find(cfa, PT_REGS_SIZE) && isSavedAt(prog, cfa)) return interrupted(prog, cfa, stack);
  if (!isCode) return { end: `the frame below ${hex(cfa)} returns to ${hex(ra)}, which is not code`, complete: false };
  const registers: RegisterValues = new Array(LOONGARCH_REGISTERS.length);
  for (const r of CALLEE_SAVED) registers[r] = saved.has(r) ? saved.get(r) : frame.registers[r];
  registers[PC] = pc;
  registers[SP] = cfa;
  return { registers, trust: 'code', at: cfa, exact: false, saved: false };
}

function isSavedAt(prog: Program, at: Addr): boolean {
  const registers = readRegisters(prog, at);
  return registers !== undefined && isExceptionFrame(prog, registers);
}

/** What an exception interrupted: its handler was called with `struct pt_regs` at the stack pointer. */
function interrupted(prog: Program, at: Addr, stack: StackMemory): Step | StackEnd {
  const registers = stack.find(at, PT_REGS_SIZE) && readRegisters(prog, at);
  if (!registers) return { end: `exception frame at ${hex(at)} cannot be read`, complete: false };
  return savedFrame(registers, SP, isUserMode(registers));
}

function readRegisters(prog: Program, at: Addr): RegisterValues | undefined {
  const bytes = new Uint8Array(PT_REGS_SIZE);
  if (prog.memory.tryRead(at, bytes) !== undefined) return undefined;
  return loongarchPtRegs(new DataView(bytes.buffer), 0);
}

/** The bottom of a task's stack: `struct pt_regs` of user space; kernel threads have none. */
function entry(prog: Program, stack: StackMemory): Step | StackEnd {
  const registers = readRegisters(prog, userFrame(stack.own));
  return threadEntry(prog, stack, registers, SP, isUserMode);
}
