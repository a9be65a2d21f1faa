import { AnalysisError } from '../../base/errors.ts';
import { asciiBytes } from '../../base/text.ts';
import type { Bytes } from '../../base/units.ts';
import type { DieCursor } from './die-cursor.ts';
import { DW_AT } from './dw-at.ts';
import { DW_TAG } from './dw-tag.ts';
import type { Dwarf } from './dwarf.ts';
import { EntryScan } from './entry-scan.ts';
import { DECLARED_VARIABLE, NAMED_TAGS, nameKind } from './name-kinds.ts';
import { NameScan } from './name-scan.ts';
import { NameTable } from './name-table.ts';
import type { Unit } from './unit.ts';

/** Bytes that are read at a time; a unit that is larger is left to slower readers. */
const WINDOW = 0x400000;
/** Changed whenever what is put down in a table changes. */
const GENERATION = 2;

/**
 * Where the types and variables of a file are defined, by name. The top-level entries are gone through a few megabytes at
 * a time and only as far as it takes to find what was asked for: the first units have most of what a kernel's code uses.
 * A table that is complete is kept in the file's cache, and later runs begin with it.
 *
 * A name is put down once for each tag and place in .debug_str, where a linker keeps each string once. Of names that are
 * kept elsewhere (in the entry, in the dwz file, .debug_line_str) only the hash tells whether they were seen.
 */
export class NameIndex {
  readonly #dwarf: Dwarf;
  /** Number of the unit to go on with; -1 before the first question. */
  #next = -1;
  #strings: Uint8Array | undefined;
  #scan: NameScan | undefined;
  #window: Uint8Array | undefined;
  /** By offset in .debug_str: a bit for each tag that the name was seen with. */
  #seen = new Uint8Array(0);
  /** The same of names kept elsewhere, by hash and tag. */
  readonly #seenHashes = new Set<number>();
  readonly #table = new NameTable();

  constructor(dwarf: Dwarf) {
    this.#dwarf = dwarf;
  }

  /** Entries that were put down. */
  get size(): number {
    return this.#table.count;
  }

  /**
   * Offset of the first definition of one of `names` with one of `tags`; among those found together an earlier name goes
   * before a later one, and then an earlier tag.
   */
  find(tags: readonly number[], names: readonly string[]): Bytes | undefined {
    if (this.#next < 0) this.#begin();
    for (;;) {
      for (const name of names) {
        const found = this.#known(tags, name);
        if (found !== undefined) return found;
      }
      if (!this.#addUnits()) return undefined;
    }
  }

  #known(tags: readonly number[], name: string): Bytes | undefined {
    const table = this.#table;
    const hash = hashAt(asciiBytes(name), 0);
    let best = tags.length;
    let found: Bytes | undefined;
    for (let i = table.find(hash); i >= 0; i = table.find(hash, i)) {
      const tag = NAMED_TAGS[table.tag(i)] as number;
      const rank = tags.indexOf(tag);
      const offset = table.offset(i);
      if (rank < 0 || rank > best || !this.#isNamed(offset, tag, name)) continue;
      best = rank;
      found = offset;
    }
    return found;
  }

  #isNamed(offset: Bytes, tag: number, name: string): boolean {
    try {
      const die = this.#dwarf.die(offset);
      return die.tag === (tag & 0xffff) && nameOf(die) === name;
    } catch (e) {
      if (e instanceof AnalysisError) return false;
      throw e;
    }
  }

  // ---- the table kept between runs

  #begin(): void {
    const key = this.#key();
    const bytes = key === undefined ? undefined : this.#dwarf.cache?.load(key);
    const whole = bytes !== undefined && this.#table.load(bytes, this.#savedOf());
    this.#next = whole ? this.#dwarf.unitTable.starts.length : 0;
  }

  #end(): void {
    const key = this.#key();
    const { cache } = this.#dwarf;
    if (key === undefined || !cache || this.#table.full) return;
    const bytes = this.#table.save(this.#savedOf());
    if (!bytes) return;
    cache.save(key, bytes);
    this.#dwarf.unitTable.save();
  }

  /** Only a file that says which build it is can be known again. */
  #key(): string | undefined {
    const { elf, alt } = this.#dwarf;
    if (elf.buildId === undefined || this.#dwarf.unitTable.problem !== undefined) return undefined;
    return `names-${GENERATION}-${elf.buildId}${alt ? `-${alt.elf.buildId ?? 'alt'}` : ''}`;
  }

  #savedOf(): { infoSize: Bytes; stringsSize: Bytes } {
    const dwarf = this.#dwarf;
    return { infoSize: dwarf.find('.debug_info')?.size ?? 0, stringsSize: dwarf.find('.debug_str')?.size ?? 0 };
  }

  // ---- units

  /** Goes through the next units; false when there are none. */
  #addUnits(): boolean {
    const { starts } = this.#dwarf.unitTable;
    if (this.#next >= starts.length || this.#table.full) return false;
    if (!this.#scan) this.#readStrings();
    const first = this.#next;
    this.#next = this.#fastUnits(first);
    if (this.#next === first) this.#next = this.#dwarf.visitUnits(first, (unit) => this.#addUnit(unit));
    if (this.#next >= starts.length) this.#end();
    return true;
  }

  #readStrings(): void {
    const section = this.#dwarf.find('.debug_str');
    this.#strings = section ? section.bytes(0, section.size, 'strings') : new Uint8Array(0);
    this.#seen = new Uint8Array(this.#strings.length);
    this.#scan = new NameScan(this.#dwarf, this.#seen, {
      string: (at, kind, offset) => this.#addString(at, kind, offset),
      inline: (bytes, at, kind, offset) => this.#addHash(hashAt(bytes, at), kind, offset),
      other: (offset) => this.#addSlowly(this.#dwarf.die(offset)),
    });
  }

  /** Goes through units as long as they fit; returns the number of the unit to go on with. */
  #fastUnits(first: number): number {
    const info = this.#dwarf.section('.debug_info');
    const { starts, ends } = this.#dwarf.unitTable;
    const from = starts[first] as number;
    if (!this.#dwarf.littleEndian || from >= info.size) return first;
    this.#window ??= new Uint8Array(Math.min(WINDOW, info.size));
    let next = first;
    while (next < starts.length && (ends[next] as number) - from <= this.#window.length) {
      if ((starts[next] as number) >= info.size) break;
      next++;
    }
    if (next === first) return first;
    const window = this.#window.subarray(0, (ends[next - 1] as number) - from);
    try {
      info.fill(from, window);
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e;
      return first;
    }
    for (let i = first; i < next; i++) {
      const start = starts[i] as number;
      this.#fastUnit(start, window.subarray(start - from, (ends[i] as number) - from));
    }
    return next;
  }

  #fastUnit(start: Bytes, bytes: Uint8Array): void {
    try {
      const header = this.#dwarf.headerIn(bytes, start);
      if (header.size <= bytes.length && this.#scan?.unit(start, header, bytes)) return;
      this.#addUnit(this.#dwarf.unit(start));
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e;
    }
  }

  #addUnit(unit: Unit): void {
    const first = unit.root();
    if (!first.firstChild()) return;
    const { abbrevs } = unit;
    const scan = new EntryScan(unit, first.offset, wantedRows(unit));
    while (scan.next()) {
      if (abbrevs.tags[scan.row] !== undefined) this.#addSlowly(first.seek(scan.offset));
    }
  }

  /** An entry whose name is at `at` of .debug_str. */
  #addString(at: Bytes, kind: number, offset: Bytes): void {
    const bit = 1 << kind;
    const seen = this.#seen[at];
    if (seen === undefined || seen & bit) return;
    this.#seen[at] = seen | bit;
    this.#table.add(hashAt(this.#strings as Uint8Array, at), kind, offset);
  }

  /** An entry whose name is elsewhere. */
  #addHash(hash: number, kind: number, offset: Bytes): void {
    const key = hash * 8 + kind;
    if (this.#seenHashes.has(key)) return;
    this.#seenHashes.add(key);
    this.#table.add(hash, kind, offset);
  }

  /** An entry whose name is not at a fixed place. */
  #addSlowly(die: DieCursor): void {
    try {
      const declared = die.tag === DW_TAG.variable && die.flag(DW_AT.declaration);
      const kind = NAMED_TAGS.indexOf(declared ? DECLARED_VARIABLE : die.tag);
      const named = namedEntry(die);
      const at = named && named.unit.dwarf === this.#dwarf ? named.stringOffset(DW_AT.name) : undefined;
      if (at !== undefined) this.#addString(at, kind, die.offset);
      else {
        const name = named?.string(DW_AT.name);
        if (name) this.#addHash(hashAt(asciiBytes(name), 0), kind, die.offset);
      }
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e; // the name cannot be read; the entries behind it can
    }
  }
}

/** Rows of a unit's abbreviations that define something with a name. */
function wantedRows(unit: Unit): Uint8Array {
  const { abbrevs } = unit;
  const cached = abbrevs.scratch.named;
  if (cached) return cached;
  const wanted = new Uint8Array(abbrevs.tags.length);
  for (let row = 1; row < wanted.length; row++) {
    let named = false;
    let declared = false;
    let placed = false;
    for (let i = abbrevs.first[row] as number; i < (abbrevs.first[row + 1] as number); i++) {
      const attribute = abbrevs.names[i];
      if (attribute === DW_AT.declaration) declared = true;
      if (attribute === DW_AT.location || attribute === DW_AT.const_value) placed = true;
      if (attribute === DW_AT.name || attribute === DW_AT.specification || attribute === DW_AT.abstract_origin)
        named = true;
    }
    if (nameKind(abbrevs.tags[row] as number, { named, declared, placed }) >= 0) wanted[row] = 1;
  }
  abbrevs.scratch.named = wanted;
  return wanted;
}

/** The entry that has the name: a variable's may stand at its declaration. */
function namedEntry(die: DieCursor): DieCursor | undefined {
  return die.has(DW_AT.name) ? die : (die.follow(DW_AT.specification) ?? die.follow(DW_AT.abstract_origin));
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
