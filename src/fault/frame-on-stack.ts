import type { StackFrame } from '../unwind/stack.ts';
import { type FaultContext, FaultFrame } from './fault-frame.ts';
import type { FunctionCode } from './function-code.ts';

/**
 * A frame of a stack as one that values can be followed through: at the instruction that was interrupted, or at the call that
 * has not returned. Undefined when the place is none of its code. @param code of the frame's function
 */
export function frameOnStack(context: FaultContext, code: FunctionCode, at: StackFrame): FaultFrame | undefined {
  const exact = at.lookupPc === at.pc;
  const place = exact ? code.indexOf(at.pc) : code.indexBefore(at.pc);
  if (place === undefined) return undefined;
  const { machine } = code;
  const registers = new Map<string, bigint>();
  context.prog.arch.registers.forEach((name, i) => {
    const whole = machine.wholeRegister(name);
    const value = at.registers?.[i] ?? at.known[i];
    if (whole === undefined || value === undefined) return;
    if (exact || machine.preserved.includes(whole)) registers.set(whole, value);
  });
  // before the call the return address was not there yet
  if (!exact && machine.link === undefined) registers.set(machine.stackPointer, at.sp + 8n);
  return new FaultFrame(context, code, place, registers);
}
