import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';

/** Of `HI_SOFTIRQ` to `RCU_SOFTIRQ`; the same ten since v2.6.39 (include/linux/interrupt.h). */
const DEFAULT_COUNT = 10;
const MAX_COUNT = 64;

/**
 * What each softirq calls, by its number: `softirq_vec[]`; 0n for none.
 * @throws NotFoundError MemoryFault
 */
export function softirqActions(prog: Program): Addr[] {
  const table = prog.symbol('softirq_vec');
  const size = prog.type('softirq_action').size;
  const action = prog.offset('softirq_action', 'action');
  const count = Number(prog.findEnumerator('NR_SOFTIRQS')?.value ?? DEFAULT_COUNT);
  const found: Addr[] = [];
  for (let i = 0; i < Math.min(count, MAX_COUNT); i++) {
    found.push(prog.memory.ulong(addrAdd(table, i * size + action)));
  }
  return found;
}
