import type { Addr, Bytes } from '../base/units.ts';
import type { AddressSpace } from '../memory/address-space.ts';

const GRANULE = 4096;

/** Parts of a table that could not be read, as positions in it. */
export class LostRanges {
  readonly ranges: readonly { readonly from: number; readonly to: number }[];

  constructor(ranges: readonly { readonly from: number; readonly to: number }[]) {
    this.ranges = ranges;
  }

  get empty(): boolean {
    return this.ranges.length === 0;
  }

  /** Bytes in all of them. */
  get size(): Bytes {
    return this.ranges.reduce((sum, r) => sum + r.to - r.from, 0);
  }

  /** The first range that ends behind `at`; the caller looks whether it has begun. */
  next(at: number): { readonly from: number; readonly to: number } | undefined {
    const { ranges } = this;
    let low = 0;
    let high = ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((ranges[middle] as { readonly to: number }).to <= at) low = middle + 1;
      else high = middle;
    }
    return ranges[low];
  }

  /** Whether any of `from` to `to` (exclusive) is lost. */
  touches(from: number, to: number): boolean {
    const range = this.next(from);
    return range !== undefined && range.from < to;
  }
}

/** Fills `into`; what cannot be read stays zero and is returned. */
export function readWithHoles(memory: AddressSpace, at: Addr, into: Uint8Array): LostRanges {
  if (memory.tryRead(at, into) === undefined) return new LostRanges([]);
  const ranges: { from: number; to: number }[] = [];
  for (let done = 0; done < into.length; ) {
    const from = at + BigInt(done);
    const n = Math.min(into.length - done, GRANULE - Number(from & 0xfffn));
    if (memory.tryRead(from, into.subarray(done, done + n)) !== undefined) {
      into.fill(0, done, done + n);
      const last = ranges.at(-1);
      if (last?.to === done) last.to = done + n;
      else ranges.push({ from: done, to: done + n });
    }
    done += n;
  }
  return new LostRanges(ranges);
}
