import type { Addr } from '../base/units.ts';
import type { RegisterValues, StackMemory, Step, UnwindSupport } from '../program/ports.ts';
import type { Program } from '../program/program.ts';

/** What stepping by call frame information needs to know of a CPU. */
export interface CallFrames {
  readonly pc: number;
  readonly sp: number;
  /** The caller's pc and where a debugger puts the frame; undefined when `saved` is no return address. */
  caller(
    prog: Program,
    stack: StackMemory,
    saved: Addr,
    cfa: Addr,
    registers: RegisterValues,
  ): { readonly pc: Addr; readonly at: Addr } | undefined;
}

/** The caller by the call frame information of a debug file, when there is one; undefined when that leads nowhere. */
export function stepByCallFrames(prog: Program, frame: Step, stack: StackMemory, cpu: CallFrames): Step | undefined {
  const pc = frame.registers[cpu.pc];
  if (pc === undefined || frame.user) return undefined;
  const found = prog.callerRegisters(frame.exact ? pc : pc - 1n, frame.registers, (at) => stack.word(at));
  const saved = found?.registers[cpu.pc];
  if (!found || saved === undefined || !stack.find(found.cfa - 1n, 1)) return undefined;
  const caller = cpu.caller(prog, stack, saved, found.cfa, found.registers);
  if (!caller) return undefined;
  const registers = [...found.registers];
  registers[cpu.pc] = caller.pc;
  return { registers, trust: 'cfi', at: caller.at, exact: found.signal, saved: false };
}

/** Steps by a CPU's own way, and by call frame information where that ends before the stack does. */
export function withCallFrames(step: UnwindSupport['step'], cpu: CallFrames): UnwindSupport['step'] {
  return (prog, frame, stack) => {
    const next = step(prog, frame, stack);
    if (!('end' in next) || next.complete) return next;
    return stepByCallFrames(prog, frame, stack, cpu) ?? next;
  };
}
