import { AnalysisError } from '../../base/errors.ts';
import { asciiBytes } from '../../base/text.ts';
import type { Bytes } from '../../base/units.ts';
import type { Abbrevs } from './abbrevs.ts';
import type { DieCursor } from './die-cursor.ts';
import { DW_AT } from './dw-at.ts';
import { DW_TAG } from './dw-tag.ts';
import type { Dwarf } from './dwarf.ts';
import { EntryScan } from './entry-scan.ts';
import { DW_FORM } from './forms.ts';
import type { Unit } from './unit.ts';

/** What a name may stand for; at most 8, each has a bit. */
const TAGS: readonly number[] = [
  DW_TAG.structure_type,
  DW_TAG.class_type,
  DW_TAG.union_type,
  DW_TAG.enumeration_type,
  DW_TAG.typedef,
  DW_TAG.base_type,
  DW_TAG.variable,
];
const MAX_ENTRIES = 0x400000;

/**
 * Where the types and variables of a file are defined, by name. The top-level entries are gone through a few megabytes at
 * a time and only as far as it takes to find what was asked for: the first units have most of what a kernel's code uses.
 *
 * A name is put down once for each tag and place in .debug_str, where a linker keeps each string once. Of names that are
 * kept elsewhere (in the entry, in the dwz file, .debug_line_str) only the hash tells whether they were seen.
 */
export class NameIndex {
  readonly #dwarf: Dwarf;
  /** Number of the unit to go on with. */
  #next = 0;
  #strings: Uint8Array | undefined;
  /** By offset in .debug_str: a bit for each tag that the name was seen with. */
  #seen = new Uint8Array(0);
  /** The same of names kept elsewhere, by hash and tag. */
  readonly #seenHashes = new Set<number>();
  /** By hash of the name, the entry put down last; each leads to the one before it that has the same hash. */
  readonly #newest = new Map<number, number>();
  readonly #older: number[] = [];
  readonly #tags: number[] = [];
  readonly #offsets: Bytes[] = [];

  constructor(dwarf: Dwarf) {
    this.#dwarf = dwarf;
  }

  /**
   * Offset of the first definition of one of `names` with one of `tags`; among those found together an earlier name goes
   * before a later one, and then an earlier tag.
   */
  find(tags: readonly number[], names: readonly string[]): Bytes | undefined {
    for (;;) {
      for (const name of names) {
        const found = this.#known(tags, name);
        if (found !== undefined) return found;
      }
      if (!this.#addUnits()) return undefined;
    }
  }

  #known(tags: readonly number[], name: string): Bytes | undefined {
    let best = tags.length;
    let found: Bytes | undefined;
    let i = this.#newest.get(hashAt(asciiBytes(name), 0)) ?? -1;
    for (; i >= 0; i = this.#older[i] as number) {
      const rank = tags.indexOf(this.#tags[i] as number);
      const offset = this.#offsets[i] as number;
      if (rank < 0 || rank > best || nameOf(this.#dwarf.die(offset)) !== name) continue;
      best = rank;
      found = offset;
    }
    return found;
  }

  /** Goes through the next units; false when there are none. */
  #addUnits(): boolean {
    if (!this.#strings) {
      const section = this.#dwarf.elf.section('.debug_str');
      this.#strings = section ? section.bytes(0, section.size, 'strings') : new Uint8Array(0);
      this.#seen = new Uint8Array(this.#strings.length);
    }
    if (this.#next >= this.#dwarf.unitTable.starts.length || this.#offsets.length >= MAX_ENTRIES) return false;
    this.#next = this.#dwarf.visitUnits(this.#next, (unit) => this.#addUnit(unit));
    return true;
  }

  #addUnit(unit: Unit): void {
    const first = unit.root();
    if (!first.firstChild()) return;
    const { abbrevs, view, bytes, littleEndian } = unit;
    const { wanted, places } = namedRows(abbrevs);
    const scan = new EntryScan(unit, first.offset, wanted);
    while (scan.next()) {
      const { row, body, offset } = scan;
      const tag = abbrevs.tags[row] as number;
      const place = places[row] as number;
      if (place >= 0 && body + place + 4 <= bytes.length) {
        this.#addString(view.getUint32(body + place, littleEndian), tag, offset);
      } else if (place < -1) this.#addHash(hashAt(bytes, body + ~place - 1), tag, offset);
      else this.#addSlowly(first.seek(offset));
    }
  }

  /** An entry whose name is at `at` of .debug_str. */
  #addString(at: Bytes, tag: number, offset: Bytes): void {
    const bit = 1 << TAGS.indexOf(tag);
    const seen = this.#seen[at];
    if (seen === undefined || seen & bit) return;
    this.#seen[at] = seen | bit;
    this.#add(hashAt(this.#strings as Uint8Array, at), tag, offset);
  }

  /** An entry whose name is elsewhere. */
  #addHash(hash: number, tag: number, offset: Bytes): void {
    const key = hash * 8 + TAGS.indexOf(tag);
    if (this.#seenHashes.has(key)) return;
    this.#seenHashes.add(key);
    this.#add(hash, tag, offset);
  }

  /** An entry whose name is not at a fixed place. */
  #addSlowly(die: DieCursor): void {
    try {
      const named = namedEntry(die);
      const at = named?.stringOffset(DW_AT.name);
      if (at !== undefined) this.#addString(at, die.tag, die.offset);
      else {
        const name = named?.string(DW_AT.name);
        if (name) this.#addHash(hashAt(asciiBytes(name), 0), die.tag, die.offset);
      }
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e; // the name cannot be read; the entries behind it can
    }
  }

  #add(hash: number, tag: number, offset: Bytes): void {
    if (this.#offsets.length >= MAX_ENTRIES) return;
    this.#older.push(this.#newest.get(hash) ?? -1);
    this.#newest.set(hash, this.#offsets.length);
    this.#tags.push(tag);
    this.#offsets.push(offset);
  }
}

/** Rows that define something with a name, and where the name is: a place of DW_FORM_strp, or of a string in the entry, complemented. */
function namedRows(abbrevs: Abbrevs): { readonly wanted: Uint8Array; readonly places: Int32Array } {
  const count = abbrevs.tags.length;
  const wanted = new Uint8Array(count);
  const places = new Int32Array(count).fill(-1);
  for (let row = 1; row < count; row++) {
    if (!TAGS.includes(abbrevs.tags[row] as number)) continue;
    let named = false;
    let declared = false;
    let placed = abbrevs.tags[row] !== DW_TAG.variable;
    for (let i = abbrevs.first[row] as number; i < (abbrevs.first[row + 1] as number); i++) {
      const attribute = abbrevs.names[i];
      if (attribute === DW_AT.declaration) declared = true;
      if (attribute === DW_AT.location || attribute === DW_AT.const_value) placed = true;
      if (attribute === DW_AT.specification || attribute === DW_AT.name) named = true;
      if (attribute !== DW_AT.name) continue;
      const place = abbrevs.places[i] as number;
      if (abbrevs.forms[i] === DW_FORM.strp && abbrevs.steps[i] === 4) places[row] = place;
      else if (abbrevs.forms[i] === DW_FORM.string && place >= 0) places[row] = ~(place + 1);
    }
    if (named && placed && !declared) wanted[row] = 1;
  }
  return { wanted, places };
}

/** The entry that has the name: a variable's may stand at its declaration. */
function namedEntry(die: DieCursor): DieCursor | undefined {
  return die.has(DW_AT.name) ? die : die.follow(DW_AT.specification);
}

function nameOf(die: DieCursor): string | undefined {
  return namedEntry(die)?.string(DW_AT.name);
}

/** FNV-1a over the bytes up to NUL or the end, cut to what an engine holds as a small integer. */
function hashAt(bytes: Uint8Array, from: number): number {
  let hash = 0x811c9dc5;
  for (let i = from; i < bytes.length && bytes[i] !== 0; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return (hash ^ (hash >>> 30)) & 0x3fffffff;
}
