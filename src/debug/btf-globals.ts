import { perOwner } from '../base/lazy.ts';
import { asciiBytes, indexOfBytes } from '../base/text.ts';
import { BTF_KIND } from './btf-kinds.ts';
import { type BtfSection, hashBytes } from './btf-section.ts';

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
  const table = tables(section);
  if (++table.asked > FEW) {
    table.index ??= new GlobalIndex(section);
    return table.index.find(name);
  }
  const names = offsetsOf(section, name);
  if (names.size === 0) return undefined;
  const { words, starts } = section;
  for (let i = 0; i < starts.length; i++) {
    const at = starts[i] as number;
    const kind = ((words[at + 1] as number) >>> 24) & 0x7f;
    if ((kind === BTF_KIND.VAR || kind === BTF_KIND.FUNC) && names.has(words[at] as number)) return i + section.firstId;
  }
  return undefined;
}

/** Questions from which on a table of all names pays. */
const FEW = 2;

const tables = perOwner((_section: BtfSection): { asked: number; index: GlobalIndex | undefined } => ({
  asked: 0,
  index: undefined,
}));

/** Every variable and function of a section by a hash of its name; open addressing. */
class GlobalIndex {
  readonly #section: BtfSection;
  /** Index of a record plus one; 0 where there is none. */
  readonly #slots: Int32Array;

  constructor(section: BtfSection) {
    this.#section = section;
    const { words, starts } = section;
    let count = 0;
    for (let i = 0; i < starts.length; i++) if (isGlobal(words, starts[i] as number)) count++;
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(count * 2 + 2)));
    const mask = this.#slots.length - 1;
    for (let i = 0; i < starts.length; i++) {
      const at = starts[i] as number;
      if (!isGlobal(words, at)) continue;
      let slot = section.hashOf(words[at] as number) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = i + 1;
    }
  }

  find(name: string): number | undefined {
    const wanted = asciiBytes(name);
    const mask = this.#slots.length - 1;
    const { words, starts, firstId } = this.#section;
    for (let slot = hashBytes(wanted, 0) & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot] as number;
      if (entry === 0) return undefined;
      if (this.#section.textIs(words[starts[entry - 1] as number] as number, wanted)) return entry - 1 + firstId;
    }
  }
}

function isGlobal(words: Uint32Array, at: number): boolean {
  const kind = ((words[at + 1] as number) >>> 24) & 0x7f;
  return kind === BTF_KIND.VAR || kind === BTF_KIND.FUNC;
}

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
