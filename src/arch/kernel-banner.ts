import { perOwner } from '../base/lazy.ts';
import { asciiBytes, decodeAscii, indexOfBytes } from '../base/text.ts';
import type { PhysAddr } from '../base/units.ts';
import type { PhysicalMemory } from '../memory/physical.ts';

const PAGE = 4096;
/** A search through all memory ends after so many pages: 4 GiB, seconds. */
const MOST_PAGES = 1 << 20;
const BANNER = asciiBytes('Linux version ');
const RELEASE = /^Linux version (\d+\.\d+[!-~]{0,60}) \(/;

/** A text as `linux_banner` (init/version.c): in the kernel's read-only data, or in a copy of it such as a file. */
export interface Banner {
  readonly at: PhysAddr;
  /** As `uname -r`. */
  readonly release: string;
}

/** Calls `look` for every 4 KiB page that the dump holds, up to a bound. */
export function eachPage(
  memory: PhysicalMemory,
  look: (at: PhysAddr, bytes: Uint8Array, offset: number) => void,
): void {
  let left = MOST_PAGES;
  for (const range of memory.ranges()) {
    for (let at = Math.ceil(range.start / PAGE) * PAGE; at + PAGE <= range.end && left > 0; at += PAGE, left--) {
      const chunk = memory.chunk(at);
      if (typeof chunk === 'string') continue;
      const offset = at - chunk.start;
      if (offset + PAGE <= chunk.bytes.length) look(at, chunk.bytes, offset);
    }
  }
}

const MOST_BANNERS = 64;

/** It is one line and a zero; what the log keeps of it is without either. */
function endsAsBanner(page: Uint8Array, from: number): boolean {
  const end = page.indexOf(10, from);
  return end < 0 ? page.indexOf(0, from) < 0 : end + 1 === PAGE || page[end + 1] === 0;
}

/** Every banner in memory. Reads all of it: for a kernel that cannot be found otherwise. */
export const kernelBanners = perOwner((memory: PhysicalMemory): readonly Banner[] => {
  const found: Banner[] = [];
  eachPage(memory, (at, bytes, offset) => {
    const page = bytes.subarray(offset, offset + PAGE);
    for (let i = indexOfBytes(page, BANNER); i >= 0; i = indexOfBytes(page, BANNER, i + 1)) {
      const release = RELEASE.exec(decodeAscii(page, i, Math.min(PAGE, i + 100)))?.[1];
      if (release !== undefined && endsAsBanner(page, i) && found.length < MOST_BANNERS)
        found.push({ at: at + i, release });
    }
  });
  return found;
});
