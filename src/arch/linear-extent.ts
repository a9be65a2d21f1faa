import type { Addr, PhysAddr } from '../base/units.ts';
import type { Translate } from '../memory/address-space.ts';
import type { LinearRange } from '../program/ports.ts';

const GIGA = 2 ** 30;
const HUGE = 2 ** 21;
/** Looked at in each direction at most: 4 TiB. What lies beyond is left to the page tables. */
const MOST_STEPS = 4096;

/**
 * The part around `phys` of a linear map, as far as a look every GiB, then in halving steps down to 2 MiB, finds it going
 * on. A hole between two looks becomes part of it, which is harmless: there is no memory to be read. Where it ends, the
 * page tables tell more. The dump's own list of memory, which can take long to make, is not asked.
 * @param delta what to add to a physical address for its virtual one
 */
export function linearExtent(walk: Translate, delta: bigint, phys: PhysAddr): LinearRange | undefined {
  const isThere = (at: PhysAddr) => {
    if (at < 0) return false;
    const where = walk(BigInt.asUintN(64, BigInt(at) + delta));
    return typeof where === 'object' && where.phys === at;
  };
  const first = Math.floor(phys / HUGE) * HUGE;
  if (!isThere(first)) return undefined;
  const reach = (direction: 1 | -1) => {
    let at = first;
    for (let i = 0; i < MOST_STEPS && isThere(at + direction * GIGA); i++) at += direction * GIGA;
    for (let step = GIGA / 2; step >= HUGE; step /= 2) if (isThere(at + direction * step)) at += direction * step;
    return at;
  };
  const low = reach(-1);
  const high = reach(1) + HUGE;
  const start: Addr = BigInt.asUintN(64, BigInt(low) + delta);
  return { start, end: start + BigInt(high - low), phys: low };
}
