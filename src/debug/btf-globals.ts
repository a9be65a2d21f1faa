import { perOwner } from '../base/lazy.ts';
import { asciiBytes, indexOfBytes } from '../base/text.ts';
import { BTF_KIND } from './btf-kinds.ts';
import { type BtfSection, hashBytes, hashOfKeys } from './btf-section.ts';

/** Offsets in the strings of a section at which `name` stands; suffixes of longer names count, as writers share them. */
function offsetsOf(section: BtfSection, name: string): Set<number> {
  const wanted = new Uint8Array(name.length + 1);
  wanted.set(asciiBytes(name));
  const found = new Set<number>();
  for (let at = indexOfBytes(section.strings, wanted); at >= 0; at = indexOfBytes(section.strings, wanted, at + 1)) {
    found.add(at + section.firstString);
  }
  return found;
}

/**
 * Number of the record of a variable or function: BTF has the per-CPU variables and the functions of a kernel,
 * and its other global variables where it was built so.
 */
export function findGlobal(section: BtfSection, name: string): number | undefined {
  const wanted = asciiBytes(name);
  const hash = hashBytes(wanted, 0);
  const { hashes, ids } = hashed(section);
  for (let i = hashes.indexOf(hash); i >= 0; i = hashes.indexOf(hash, i + 1)) {
    const index = ids[i] as number;
    const at = section.starts[index] as number;
    if (section.textIs(section.words[at] as number, wanted)) return index + section.firstId;
  }
  return undefined;
}

/**
 * Every variable and function of a section: a hash of its name, and its number minus `firstId`. A kernel has some sixty
 * thousand of them: the usual name, which has eight letters and stands in this section, is hashed without a call.
 */
const hashed = perOwner((section: BtfSection): { readonly hashes: Int32Array; readonly ids: Uint32Array } => {
  const { words, starts, strings, firstString, globals: ids } = section;
  const hashes = new Int32Array(ids.length);
  for (let i = 0; i < ids.length; i++) {
    const name = words[starts[ids[i] as number] as number] as number;
    const at = name - firstString;
    if (at < 0 || at + 8 > strings.length) {
      hashes[i] = section.hashOf(name);
      continue;
    }
    const first =
      (strings[at] as number) |
      ((strings[at + 1] as number) << 8) |
      ((strings[at + 2] as number) << 16) |
      ((strings[at + 3] as number) << 24);
    const second =
      (strings[at + 4] as number) |
      ((strings[at + 5] as number) << 8) |
      ((strings[at + 6] as number) << 16) |
      ((strings[at + 7] as number) << 24);
    // A zero byte among them ends a shorter name.
    const shorter = (((first - 0x01010101) & ~first) | ((second - 0x01010101) & ~second)) & 0x80808080;
    hashes[i] = shorter === 0 ? hashOfKeys(first, second) : section.hashOf(name);
  }
  return { hashes, ids };
});

/** Number of the enumeration that has a constant of this name. */
export function findEnumeration(section: BtfSection, name: string): number | undefined {
  const names = offsetsOf(section, name);
  if (names.size === 0) return undefined;
  const { words, starts } = section;
  for (let i = 0; i < starts.length; i++) {
    const at = starts[i] as number;
    const info = words[at + 1] as number;
    const kind = (info >>> 24) & 0x7f;
    const size = kind === BTF_KIND.ENUM ? 2 : kind === BTF_KIND.ENUM64 ? 3 : 0;
    if (size === 0) continue;
    const end = at + 3 + (info & 0xffffff) * size;
    for (let entry = at + 3; entry < end; entry += size) {
      if (names.has(words[entry] as number)) return i + section.firstId;
    }
  }
  return undefined;
}
