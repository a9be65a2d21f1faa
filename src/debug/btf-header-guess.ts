import type { Addr, Bytes } from '../base/units.ts';
import type { AddressSpace } from '../memory/address-space.ts';
import { readWithHoles } from './lost-ranges.ts';

/** `sizeof(struct btf_header)` up to Linux v6.19; what a longer one has more lies in the same page. */
const HEADER_SIZE = 24;
/** Places that are tried. */
const MOST_TRIES = 256;
/** Strings that are looked at for each. */
const SAMPLE = 4096;

/** Where the records and the names of a section are. */
export interface Parts {
  readonly types: Bytes;
  readonly typeLength: Bytes;
  readonly strings: Bytes;
  readonly stringLength: Bytes;
}

/**
 * The parts of a section whose header is lost but whose size is known: the names are the text at its end, and the first
 * is empty.
 */
export function guessHeader(memory: AddressSpace, at: Addr, size: Bytes): Parts | undefined {
  const bytes = new Uint8Array(size);
  readWithHoles(memory, at, bytes);
  const wordAt = (i: number): number =>
    ((bytes[i] as number) | ((bytes[i + 1] as number) << 8) | ((bytes[i + 2] as number) << 16)) >>> 0;
  let from = size;
  while (from > HEADER_SIZE && isText(bytes[from - 1] as number)) from--;
  from = Math.max(HEADER_SIZE, (from + 3) & ~3);
  let best = { strings: 0, names: 0 };
  for (let tries = 0; tries < MOST_TRIES && from + 1 < size; from += 4, tries++) {
    if (bytes[from] !== 0 || bytes[from + 1] === 0) continue;
    const names = namesFrom(bytes, from, wordAt);
    if (names > best.names) best = { strings: from, names };
  }
  if (best.names < SAMPLE / 64) return undefined;
  const { strings } = best;
  return { types: HEADER_SIZE, typeLength: strings - HEADER_SIZE, strings, stringLength: size - strings };
}

/** How many words before `strings` are offsets of names, if those begin there. */
function namesFrom(bytes: Uint8Array, strings: Bytes, wordAt: (i: number) => number): number {
  let names = 0;
  const least = Math.max(HEADER_SIZE, strings - SAMPLE * 4);
  for (let i = strings - 4; i >= least; i -= 4) {
    if (bytes[i + 3] !== 0) continue;
    const name = strings + wordAt(i);
    if (name > strings + 1 && name < bytes.length && bytes[name - 1] === 0 && bytes[name] !== 0) names++;
  }
  return names;
}

function isText(byte: number): boolean {
  return byte === 0 || (byte >= 0x20 && byte < 0x7f);
}
