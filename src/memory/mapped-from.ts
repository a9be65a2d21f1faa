import type { Addr } from '../base/units.ts';
import { ownAddress } from './own-address.ts';
import type { PhysicalMemory } from './physical.ts';

const PAGE = 4096;
/** Pages that are looked at, all over memory. */
const SAMPLES = 4096;
/** Pages that must agree. */
const FEW = 8;

/**
 * The virtual address of physical address 0 in the linear map of a 64-bit little-endian kernel, by what pages all over
 * memory hold: addresses of themselves. `undefined` when too few agree.
 */
export function mappedFrom(memory: PhysicalMemory): Addr | undefined {
  const ranges = memory.ranges();
  const pages = ranges.reduce((sum, r) => sum + (r.end - r.start) / PAGE, 0);
  const step = Math.max(1, Math.floor(pages / SAMPLES)) * PAGE;
  const votes = new Map<number, number>();
  const page = new Uint8Array(PAGE);
  for (const { start, end } of ranges) {
    for (let at = start; at < end; at += step) {
      if (memory.read(at, page) !== undefined) continue;
      const own = ownAddress(page);
      const base = own === undefined ? undefined : own - at / PAGE;
      if (base !== undefined) votes.set(base, (votes.get(base) ?? 0) + 1);
    }
  }
  const [best] = [...votes].sort((a, b) => b[1] - a[1]);
  return best && best[1] >= FEW ? BigInt(best[0]) * BigInt(PAGE) : undefined;
}
