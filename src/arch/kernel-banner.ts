import { perOwner } from '../base/lazy.ts';
import { asciiBytes, decodeAscii, indexOfBytes } from '../base/text.ts';
import type { Bytes, PhysAddr } from '../base/units.ts';
import type { PhysicalMemory, PhysRange } from '../memory/physical.ts';

const PAGE = 4096;
/** Pages of 4 KiB that a search looks at one by one: 4 GiB, seconds. */
const MOST_PAGES = 1 << 20;
/** Pages that are not in the dump cost little. */
const MOST_ABSENT = 1 << 24;
/** Sections of a kernel image begin at a multiple of this, and its read-only data begins with the banner. */
const SPARSE = 0x10000;
const BANNER = asciiBytes('Linux version ');
const RELEASE = /^Linux version (\d+\.\d+[!-~]{0,60}) \(/;

/** A text as `linux_banner` (init/version.c): in the kernel's read-only data, or in a copy of it such as a file. */
export interface Banner {
  readonly at: PhysAddr;
  /** As `uname -r`. */
  readonly release: string;
}

type Look = (at: PhysAddr, bytes: Uint8Array, offset: number) => void;

/** Calls `look` for every 4 KiB page that the dump holds, up to a bound; returns where it ended when there is more. */
export function eachPage(memory: PhysicalMemory, look: Look): readonly PhysRange[] {
  const search = new Search(memory, look);
  const ranges = memory.ranges();
  for (const [i, range] of ranges.entries()) {
    const end = search.go(range, PAGE);
    if (end < range.end) return [{ start: end, end: range.end }, ...ranges.slice(i + 1)];
  }
  return [];
}

/** The same for a part of memory. */
export function eachPageOf(memory: PhysicalMemory, range: PhysRange, look: Look): void {
  new Search(memory, look).go(range, PAGE);
}

class Search {
  readonly #memory: PhysicalMemory;
  readonly #look: Look;
  #left = MOST_PAGES;
  #absent = MOST_ABSENT;

  constructor(memory: PhysicalMemory, look: Look) {
    this.#memory = memory;
    this.#look = look;
  }

  /** Looks at a page every `step` bytes; returns where it ended. */
  go({ start, end }: PhysRange, step: Bytes): PhysAddr {
    let at = Math.ceil(start / step) * step;
    for (; at + PAGE <= end && this.#left > 0 && this.#absent > 0; at += step) {
      const chunk = this.#memory.chunk(at);
      if (typeof chunk === 'string') {
        this.#absent--;
        continue;
      }
      this.#left--;
      const offset = at - chunk.start;
      if (offset + PAGE <= chunk.bytes.length) this.#look(at, chunk.bytes, offset);
    }
    return at + PAGE <= end ? at : end;
  }
}

const MOST_BANNERS = 64;

/** It is one line and a zero; what the log keeps of it is without either. */
function endsAsBanner(page: Uint8Array, from: number): boolean {
  const end = page.indexOf(10, from);
  return end < 0 ? page.indexOf(0, from) < 0 : end + 1 === PAGE || page[end + 1] === 0;
}

/**
 * Every banner in memory, and in what is beyond 4 GiB of it those at which read-only data may begin: for a kernel that cannot
 * be found otherwise.
 */
export const kernelBanners = perOwner((memory: PhysicalMemory): readonly Banner[] => {
  const found: Banner[] = [];
  const look: Look = (at, bytes, offset) => {
    const page = bytes.subarray(offset, offset + PAGE);
    for (let i = indexOfBytes(page, BANNER); i >= 0; i = indexOfBytes(page, BANNER, i + 1)) {
      const release = RELEASE.exec(decodeAscii(page, i, Math.min(PAGE, i + 100)))?.[1];
      if (release !== undefined && endsAsBanner(page, i) && found.length < MOST_BANNERS)
        found.push({ at: at + i, release });
    }
  };
  const rest = eachPage(memory, look);
  const sparse = new Search(memory, look);
  for (const range of rest) sparse.go(range, SPARSE);
  return found;
});
