import { asciiBytes, decodeAscii } from '../base/text.ts';
import type { Bytes, PhysAddr } from '../base/units.ts';
import type { PhysicalMemory, PhysRange } from '../memory/physical.ts';
import { eachBlock, eachPageIn, type LookAtBlock } from './each-page.ts';

/** Sections of a kernel image begin at a multiple of this, and its read-only data begins with the banner. */
const SPARSE = 0x10000;
const BANNER = asciiBytes('Linux version ');
const LAST = BANNER.length - 1;
/** A banner is a line of a few hundred bytes. */
const LONGEST: Bytes = 1024;
const RELEASE = /^Linux version (\d+\.\d+[!-~]{0,60}) \(/;
const MOST_BANNERS = 64;

/** A text as `linux_banner` (init/version.c): in the kernel's read-only data, or in a copy of it such as a file. */
export interface Banner {
  readonly at: PhysAddr;
  /** As `uname -r`. */
  readonly release: string;
}

const known = new WeakMap<PhysicalMemory, readonly Banner[]>();

/**
 * Every banner in memory, and in what is beyond 4 GiB of it those at which read-only data may begin: for a kernel that cannot
 * be found otherwise.
 */
export function kernelBanners(memory: PhysicalMemory): readonly Banner[] {
  if (!known.has(memory)) eachBlockAndBanner(memory, () => {});
  return known.get(memory) ?? [];
}

/** As `eachBlock`; banners are looked for on the way, since it costs most to unpack memory. */
export function eachBlockAndBanner(memory: PhysicalMemory, look: LookAtBlock): readonly PhysRange[] {
  if (known.has(memory)) return eachBlock(memory, look);
  const found: Banner[] = [];
  const rest = eachBlock(memory, (at, bytes) => {
    addBanners(found, at, bytes);
    look(at, bytes);
  });
  eachPageIn(memory, rest, SPARSE, (at, bytes, offset) => addBanners(found, at, bytes.subarray(offset)));
  known.set(memory, found);
  return rest;
}

function addBanners(found: Banner[], at: PhysAddr, bytes: Uint8Array): void {
  for (let i = nextBanner(bytes, 0); i >= 0; i = nextBanner(bytes, i + 1)) {
    const release = RELEASE.exec(decodeAscii(bytes, i, Math.min(bytes.length, i + 100)))?.[1];
    if (release !== undefined && endsAsBanner(bytes, i) && found.length < MOST_BANNERS)
      found.push({ at: at + i, release });
  }
}

/** How far the search can go on by the byte at the text's last place: the algorithm of Horspool. */
const SKIP = new Uint8Array(256).fill(BANNER.length);
for (let i = 0; i < LAST; i++) SKIP[BANNER[i] as number] = LAST - i;

function nextBanner(bytes: Uint8Array, from: number): number {
  for (let end = from + LAST; end < bytes.length; end += SKIP[bytes[end] as number] as number) {
    let i = LAST;
    while (i >= 0 && bytes[end - LAST + i] === BANNER[i]) i--;
    if (i < 0) return end - LAST;
  }
  return -1;
}

/** It is one line and a zero; what the log keeps of it is without either. */
function endsAsBanner(bytes: Uint8Array, from: number): boolean {
  const line = bytes.subarray(from, from + LONGEST);
  const end = line.indexOf(10);
  return end < 0 ? line.indexOf(0) < 0 : end + 1 === line.length || line[end + 1] === 0;
}
