import type { Addr, PhysAddr } from '../base/units.ts';
import type { Translate } from './address-space.ts';

/** A part of an address space that is physically contiguous. */
export interface LinearPart {
  readonly start: Addr;
  /** Exclusive; up to 2^64. */
  readonly end: Addr;
  readonly phys: PhysAddr;
}

/** A mapping is never looked at in bigger steps, so that a caller's loop over it stays exact and bounded. */
const MOST = 2 ** 40;

/** `then` with the ranges tried first, in their order. */
export function withLinearRanges(ranges: readonly LinearPart[], then: Translate): Translate {
  if (ranges.length === 0) return then;
  return (at) => {
    for (const range of ranges) {
      if (at >= range.start && at < range.end) {
        const left = range.end - at;
        const size = left > BigInt(MOST) ? MOST : Number(left);
        return { phys: range.phys + Number(at - range.start), size };
      }
    }
    return then(at);
  };
}
