import type { Bytes, PhysAddr } from '../base/units.ts';
import type { PhysicalMemory, PhysRange } from '../memory/physical.ts';

const PAGE = 4096;
/** Memory that is read together. */
const BLOCK = 1 << 20;
/** Pages of 4 KiB that a search looks at one by one: 4 GiB, seconds. */
const MOST_PAGES = 1 << 20;
/** Pages that are not in the dump cost little. */
const MOST_ABSENT = 1 << 24;

/** Is given a page of 4 KiB: its address, and where it is in `bytes`. */
export type LookAtPage = (at: PhysAddr, bytes: Uint8Array, offset: number) => void;

/** Is given whole pages; what it is given is valid until the next call. */
export type LookAtBlock = (at: PhysAddr, bytes: Uint8Array) => void;

/**
 * Calls `look` for a page of 4 KiB every `step` bytes of some parts of memory, as far as the dump holds them, up to a bound;
 * returns where it ended when there is more.
 */
export function eachPageIn(
  memory: PhysicalMemory,
  ranges: readonly PhysRange[],
  step: Bytes,
  look: LookAtPage,
): readonly PhysRange[] {
  const left = { pages: MOST_PAGES, absent: MOST_ABSENT };
  for (const [i, { start, end }] of ranges.entries()) {
    let at = Math.ceil(start / step) * step;
    for (; at + PAGE <= end && left.pages > 0 && left.absent > 0; at += step) {
      const chunk = memory.chunk(at);
      if (typeof chunk === 'string') {
        left.absent--;
        continue;
      }
      left.pages--;
      const offset = at - chunk.start;
      if (offset + PAGE <= chunk.bytes.length) look(at, chunk.bytes, offset);
    }
    if (at + PAGE <= end) return [{ start: at, end }, ...ranges.slice(i + 1)];
  }
  return [];
}

/** The same for every page of memory, with as many at once as can be read. */
export function eachBlock(memory: PhysicalMemory, look: LookAtBlock): readonly PhysRange[] {
  const buffer = new Uint8Array(BLOCK);
  const left = { pages: MOST_PAGES, absent: MOST_ABSENT };
  const ranges = memory.ranges();
  // memory with holes is read by pages: what was unpacked before a hole would be unpacked again
  let whole = true;
  for (const [i, { start, end }] of ranges.entries()) {
    let at = Math.ceil(start / PAGE) * PAGE;
    for (; at < end && left.pages > 0 && left.absent > 0; at += BLOCK) {
      const part = buffer.subarray(0, Math.min(BLOCK, end - at));
      const count = part.length / PAGE;
      let here = count;
      if (whole && memory.read(at, part) === undefined) look(at, part);
      else {
        here = 0;
        eachPageIn(memory, [{ start: at, end: at + part.length }], PAGE, (page, bytes, offset) => {
          here++;
          look(page, bytes.subarray(offset, offset + PAGE));
        });
        whole = here === count;
      }
      left.pages -= here;
      left.absent -= count - here;
    }
    if (at < end) return [{ start: at, end }, ...ranges.slice(i + 1)];
  }
  return [];
}
