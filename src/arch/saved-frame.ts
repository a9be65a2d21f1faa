import type { Addr } from '../base/units.ts';
import type { RegisterValues, StackEnd, StackMemory, Step } from '../program/ports.ts';
import type { Program } from '../program/program.ts';

/** The frame that an exception interrupted, by the registers that it saved. @param sp index of the stack pointer */
export function savedFrame(registers: RegisterValues, sp: number, user: boolean): Step {
  const at = registers[sp] ?? 0n;
  return { registers, trust: 'registers', at, exact: true, saved: true, ...(user && { user }) };
}

/**
 * The bottom of a task's stack: `struct pt_regs` of user space; kernel threads have none, or an empty one.
 * @param registers those at the bottom; undefined when they cannot be read
 */
export function threadEntry(
  prog: Program,
  { task }: StackMemory,
  registers: RegisterValues | undefined,
  sp: number,
  isUser: (registers: RegisterValues) => boolean,
): Step | StackEnd {
  const mm: Addr = prog.memory.u64(task + BigInt(prog.offset('task_struct', 'mm')));
  const user = mm !== 0n && registers !== undefined && isUser(registers);
  return user ? savedFrame(registers, sp, true) : { end: 'the first function of a thread', complete: true };
}
