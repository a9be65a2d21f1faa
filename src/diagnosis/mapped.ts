import { attempt } from '../base/attempt.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';

/** Whether the kernel's page tables lead from an address to memory, for whatever access. */
export function isMapped(prog: Program, at: Addr): boolean {
  return typeof attempt(() => prog.memory.translate(at)) === 'object';
}
