import { asciiBytes, indexOfBytes } from '../../base/text.ts';
import type { Bytes } from '../../base/units.ts';
import type { Abbrevs } from './abbrevs.ts';
import type { DieCursor } from './die-cursor.ts';
import { DW_AT } from './dw-at.ts';
import { DW_TAG } from './dw-tag.ts';
import type { Dwarf } from './dwarf.ts';
import { EntryScan } from './entry-scan.ts';
import { DW_FORM } from './forms.ts';
import type { Unit } from './unit.ts';

/** What a name may stand for, by DW_TAG. */
const TAGS: readonly number[] = [
  DW_TAG.structure_type,
  DW_TAG.class_type,
  DW_TAG.union_type,
  DW_TAG.enumeration_type,
  DW_TAG.typedef,
  DW_TAG.base_type,
  DW_TAG.variable,
  DW_TAG.subprogram,
];
const MAX_ENTRIES = 0x800000;
/** Keys of names that stand in the entries themselves begin here; others are offsets in .debug_str. */
const INLINE = 0x80000000;

/**
 * Where the types, variables and functions of a file are defined, by name: one pass over the top-level entries of all
 * units, made on the first question. Names are kept as their offsets in .debug_str, never as strings: a linker keeps each
 * string once, so that looking for a name is looking for its bytes there.
 */
export class NameIndex {
  readonly #dwarf: Dwarf;
  #keys = new Uint32Array(1 << 18);
  #tags = new Uint16Array(1 << 18);
  /** Offset of the entry plus one; 0 of a free slot. */
  #entries = new Float64Array(1 << 18);
  #count = 0;
  #built = false;
  #strings: Uint8Array | undefined;

  constructor(dwarf: Dwarf) {
    this.#dwarf = dwarf;
  }

  /** Names that are known, each once for a tag. */
  get size(): number {
    this.#build();
    return this.#count;
  }

  /** Offset of the first definition of `name` with one of `tags`, the earlier tag first. */
  find(tags: readonly number[], name: string): Bytes | undefined {
    this.#build();
    const keys = this.#keysOf(name);
    for (const tag of tags) {
      for (const key of keys) {
        const slot = this.#slot(key, tag);
        const entry = this.#entries[slot] as number;
        if (entry === 0) continue;
        if (key < INLINE || this.#nameOf(entry - 1) === name) return entry - 1;
      }
    }
    return undefined;
  }

  #nameOf(offset: Bytes): string | undefined {
    const die = this.#dwarf.die(offset);
    return die.string(DW_AT.name) ?? die.follow(DW_AT.specification)?.string(DW_AT.name);
  }

  /** The key of `name` as an entry's own string, and as every place in .debug_str where it ends a string. */
  #keysOf(name: string): number[] {
    const bytes = asciiBytes(`${name}\0`);
    const keys = [inlineKey(bytes, 0)];
    const section = this.#dwarf.elf.section('.debug_str');
    if (!section || name === '') return keys;
    this.#strings ??= section.bytes(0, section.size, 'strings');
    for (let at = indexOfBytes(this.#strings, bytes); at >= 0; at = indexOfBytes(this.#strings, bytes, at + 1)) {
      keys.push(at);
    }
    return keys;
  }

  #build(): void {
    if (this.#built) return;
    this.#built = true;
    this.#dwarf.visitUnits((unit) => this.#addUnit(unit));
  }

  #addUnit(unit: Unit): void {
    const first = unit.root();
    if (!first.firstChild()) return;
    const { abbrevs, view, bytes, littleEndian } = unit;
    const rows = namedRows(abbrevs);
    const scan = new EntryScan(unit, first.offset, rows.wanted);
    while (scan.next()) {
      const { row, body } = scan;
      const place = rows.places[row] as number;
      let key: number;
      if (place >= 0 && body + place + 4 <= bytes.length) key = view.getUint32(body + place, littleEndian);
      else if (place < -1 && body + ~place < bytes.length) key = inlineKey(bytes, body + ~place - 1);
      else key = keyOf(first.seek(scan.offset));
      if (key >= 0) this.#add(key, abbrevs.tags[row] as number, scan.offset);
    }
  }

  #add(key: number, tag: number, offset: Bytes): void {
    const slot = this.#slot(key, tag);
    if (this.#entries[slot] !== 0 || this.#count >= MAX_ENTRIES) return;
    this.#keys[slot] = key;
    this.#tags[slot] = tag;
    this.#entries[slot] = offset + 1;
    if (++this.#count * 2 > this.#keys.length) this.#grow();
  }

  /** The slot that holds a key, or the free one where it belongs. */
  #slot(key: number, tag: number): number {
    const keys = this.#keys;
    const tags = this.#tags;
    const entries = this.#entries;
    const mask = keys.length - 1;
    let slot = Math.imul(key ^ (tag << 20), 0x9e3779b1) >>> 8;
    for (slot &= mask; entries[slot] !== 0; slot = (slot + 1) & mask) {
      if (keys[slot] === key && tags[slot] === tag) break;
    }
    return slot;
  }

  #grow(): void {
    const [keys, tags, entries] = [this.#keys, this.#tags, this.#entries];
    const size = keys.length * 2;
    this.#keys = new Uint32Array(size);
    this.#tags = new Uint16Array(size);
    this.#entries = new Float64Array(size);
    for (let i = 0; i < keys.length; i++) {
      if (entries[i] === 0) continue;
      const slot = this.#slot(keys[i] as number, tags[i] as number);
      this.#keys[slot] = keys[i] as number;
      this.#tags[slot] = tags[i] as number;
      this.#entries[slot] = entries[i] as number;
    }
  }
}

/** Rows that define something with a name, and where the name is: a place of DW_FORM_strp, or of a string in the entry, complemented. */
function namedRows(abbrevs: Abbrevs): { readonly wanted: Uint8Array; readonly places: Int32Array } {
  const count = abbrevs.tags.length;
  const wanted = new Uint8Array(count);
  const places = new Int32Array(count).fill(-1);
  for (let row = 1; row < count; row++) {
    if (!TAGS.includes(abbrevs.tags[row] as number)) continue;
    for (let i = abbrevs.first[row] as number; i < (abbrevs.first[row + 1] as number); i++) {
      if (abbrevs.names[i] === DW_AT.declaration) {
        wanted[row] = 0;
        break;
      }
      if (abbrevs.names[i] === DW_AT.specification) wanted[row] = 1;
      if (abbrevs.names[i] !== DW_AT.name) continue;
      wanted[row] = 1;
      const place = abbrevs.places[i] as number;
      if (abbrevs.forms[i] === DW_FORM.strp && abbrevs.steps[i] === 4) places[row] = place;
      else if (abbrevs.forms[i] === DW_FORM.string && place >= 0) places[row] = ~(place + 1);
    }
  }
  return { wanted, places };
}

/** Key of a name that is not at a fixed place; -1 when the entry has none that could be looked for. */
function keyOf(die: DieCursor): number {
  const named = die.has(DW_AT.name) ? die : die.follow(DW_AT.specification);
  const offset = named?.stringOffset(DW_AT.name);
  if (offset !== undefined) return offset < INLINE ? offset : -1;
  const text = named?.string(DW_AT.name) ?? '';
  return text === '' ? -1 : inlineKey(asciiBytes(`${text}\0`), 0);
}

/** FNV-1a over the bytes up to NUL, in the upper half of the keys. */
function inlineKey(bytes: Uint8Array, from: number): number {
  let hash = 0x811c9dc5;
  for (let i = from; i < bytes.length && bytes[i] !== 0; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return (hash | INLINE) >>> 0;
}
