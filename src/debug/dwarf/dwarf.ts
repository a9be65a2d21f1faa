import { AnalysisError, BadDataError } from '../../base/errors.ts';
import type { Bytes } from '../../base/units.ts';
import type { ElfFile } from '../../elf/elf-file.ts';
import type { SectionData } from '../../elf/section-data.ts';
import { type Abbrevs, readAbbrevs } from './abbrevs.ts';
import { AddressRanges } from './address-ranges.ts';
import type { DebugCache } from './debug-cache.ts';
import type { DieCursor } from './die-cursor.ts';
import { DwarfSections } from './dwarf-sections.ts';
import { Leb128 } from './leb128.ts';
import type { SplitFiles } from './split-files.ts';
import type { SplitPlaces } from './split-places.ts';
import { Unit } from './unit.ts';
import { MAX_UNIT_HEADER, readUnitHeader, type UnitHeader } from './unit-header.ts';
import { UnitRanges } from './unit-ranges.ts';
import { UnitTable } from './unit-table.ts';

/** Tables of abbreviations and bytes of units that are kept. */
const MAX_ABBREVS = 64;
const MAX_UNIT_BYTES = 0x3000000;
/** A unit that is larger than this is refused: it would be read whole. */
const MAX_UNIT = 0x10000000;
/** Enough for the first entry of a unit with all its strings. */
const UNIT_START = 0x400;
/** Bytes that are read at a time by those that visit all units. */
const VISIT_WINDOW = 0x400000;

/** The debugging information of one ELF file: units, entries, strings. Nothing is read before it is asked for. */
export class Dwarf extends DwarfSections {
  /** The file that dwz moved common parts to, when the host has it. */
  alt: Dwarf | undefined;
  /** Where what is worked out of the file is kept for later runs, when the host has such a place. */
  cache: DebugCache | undefined;
  /** The files that this one's units were split into, when the host opens them. */
  splitFiles: SplitFiles | undefined;
  /** Of a split file: which unit of the whole file is the rest of one of its units, and where its parts are. */
  readonly split: SplitPlaces | undefined;
  readonly #units = new Map<Bytes, Unit>();
  #unitBytes = 0;
  readonly #abbrevs = new Map<string, Abbrevs>();
  #table: UnitTable | undefined;
  #ranges: AddressRanges | undefined;
  #unitRanges: UnitRanges | undefined;
  #signatures: Map<bigint, Bytes> | undefined;

  /** @param split the file was split from another */
  constructor(elf: ElfFile, split?: SplitPlaces) {
    super(elf, split?.whole);
    this.split = split;
  }

  // ---- units and entries

  /** Where the units are; found by one pass over their headers. */
  get unitTable(): UnitTable {
    this.#table ??= new UnitTable(this);
    return this.#table;
  }

  /** The unit whose header is at `offset`. @throws BadDataError */
  unit(offset: Bytes): Unit {
    const known = this.#units.get(offset);
    if (known) return known;
    const { section, at, header } = this.#header(offset);
    if (header.size > MAX_UNIT) throw new BadDataError(section.source, at, `unit of ${header.size} bytes is too large`);
    const bytes = section.bytes(at, header.size, 'unit');
    const unit = new Unit(this, offset, header, bytes, this.#abbrevsOf(header), section.source);
    if (this.#unitBytes + header.size > MAX_UNIT_BYTES) {
      this.#units.clear();
      this.#unitBytes = 0;
    }
    this.#units.set(offset, unit);
    this.#unitBytes += header.size;
    return unit;
  }

  #header(offset: Bytes): { readonly section: SectionData; readonly at: Bytes; readonly header: UnitHeader } {
    const info = this.section('.debug_info');
    const types = offset >= info.size;
    const section = types ? this.section('.debug_types') : info;
    const at = types ? offset - info.size : offset;
    const start = section.upTo(at, MAX_UNIT_HEADER, 'unit header');
    const header = readUnitHeader(start, this.littleEndian, section.source, at, section.size - at, types);
    return { section, at, header: this.#placed(header, offset) };
  }

  /** The header of the unit of .debug_info at `offset`, whose bytes are given. @throws BadDataError */
  headerIn(bytes: Uint8Array, offset: Bytes): UnitHeader {
    const info = this.section('.debug_info');
    const header = readUnitHeader(bytes, this.littleEndian, info.source, offset, info.size - offset, false);
    return this.#placed(header, offset);
  }

  /** The unit at `offset` with the bytes of its first entry only: for those that look at all units. */
  unitStart(offset: Bytes): Unit {
    const { section, at, header } = this.#header(offset);
    const bytes = section.bytes(at, Math.min(header.size, UNIT_START), 'unit');
    const code = new Leb128().unsigned(bytes, header.firstEntry);
    const { version, addressSize, offsetSize, abbrevOffset } = header;
    const abbrevs = readAbbrevs(this.section('.debug_abbrev'), abbrevOffset, version, addressSize, offsetSize, code);
    return new Unit(this, offset, header, bytes, abbrevs, section.source);
  }

  /**
   * Visits units from number `first` of the table on, as many as are read together, with bytes that are valid during the
   * visit only; units that cannot be read are left out. Returns the number of the unit to go on with.
   */
  visitUnits(first: number, visit: (unit: Unit) => void): number {
    const info = this.section('.debug_info');
    const { starts, ends } = this.unitTable;
    const from = starts[first] as number;
    const least = (ends[first] as number) - from;
    let next = first + 1;
    try {
      if (from >= info.size) visit(this.unit(from)); // of .debug_types
      if (from >= info.size || least > MAX_UNIT) return next;
      const window = info.upTo(from, Math.max(least, VISIT_WINDOW), 'units');
      for (next = first; next < starts.length && (ends[next] as number) <= from + window.length; next++) {
        const start = starts[next] as number;
        this.#visit(start, window.subarray(start - from, (ends[next] as number) - from), visit);
      }
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e;
    }
    return Math.max(next, first + 1);
  }

  #visit(start: Bytes, bytes: Uint8Array, visit: (unit: Unit) => void): void {
    const info = this.section('.debug_info');
    try {
      const header = this.headerIn(bytes, start);
      visit(new Unit(this, start, header, bytes, this.#abbrevsOf(header), info.source));
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e;
    }
  }

  /** The unit whose code is at `place`. */
  unitAt(place: number): Unit | undefined {
    this.#ranges ??= new AddressRanges(this);
    let start = this.#ranges.unitAt(place);
    if (start === undefined) {
      this.#unitRanges ??= new UnitRanges(this);
      start = this.#unitRanges.unitAt(place);
    }
    return start === undefined ? undefined : this.#full(start);
  }

  /** A unit with its entries: of a skeleton that which was split off, when it can be had. */
  #full(start: Bytes): Unit {
    const unit = this.unit(start);
    return this.splitFiles?.unitOf(unit) ?? unit;
  }

  /**
   * The unit whose code ends last before `place`: code that an assembler moved behind the rest of its file (the kernel's
   * alternatives on arm64) is in the unit's line table but not in its ranges.
   */
  unitBefore(place: number): Unit | undefined {
    this.#unitRanges ??= new UnitRanges(this);
    const start = this.#unitRanges.unitBefore(place);
    return start === undefined ? undefined : this.#full(start);
  }

  /** The header with the place of its abbreviations in the section: in packages it counts from the unit's part. */
  #placed(header: UnitHeader, unit: Bytes): UnitHeader {
    const base = this.split?.base(this, unit, 'abbrev') ?? 0;
    return base === 0 ? header : { ...header, abbrevOffset: header.abbrevOffset + base };
  }

  #abbrevsOf(header: UnitHeader): Abbrevs {
    return this.abbrevs(header.abbrevOffset, header.version, header.addressSize, header.offsetSize);
  }

  /** The compiled table at an offset of .debug_abbrev for units of these sizes. */
  abbrevs(offset: Bytes, version: number, addressSize: number, offsetSize: number): Abbrevs {
    const key = `${offset} ${version <= 2} ${addressSize} ${offsetSize}`;
    let table = this.#abbrevs.get(key);
    if (!table) {
      if (this.#abbrevs.size >= MAX_ABBREVS) this.#abbrevs.clear();
      table = readAbbrevs(this.section('.debug_abbrev'), offset, version, addressSize, offsetSize);
      this.#abbrevs.set(key, table);
    }
    return table;
  }

  /** The entry at `offset` of the file. @throws BadDataError when no unit holds it */
  die(offset: Bytes): DieCursor {
    const start = this.unitTable.holding(offset);
    if (start === undefined) throw new BadDataError(this.section('.debug_info').source, offset, 'entry in no unit');
    return this.unit(start).die(offset);
  }

  /** The type that a type unit describes; undefined when the file has no such unit. */
  typeBySignature(signature: bigint): DieCursor | undefined {
    this.#signatures ??= this.unitTable.signatures();
    const start = this.#signatures.get(signature);
    if (start === undefined) return undefined;
    const unit = this.unit(start);
    return unit.die(start + (unit.header.typeEntry ?? 0));
  }
}
