import { AnalysisError, BadDataError, NotFoundError } from '../../base/errors.ts';
import { hi32, lo32 } from '../../base/u64.ts';
import type { Addr, Bytes } from '../../base/units.ts';
import type { ElfFile } from '../../elf/elf-file.ts';
import type { SectionData } from '../../elf/section-data.ts';
import { type Abbrevs, readAbbrevs } from './abbrevs.ts';
import { AddressRanges } from './address-ranges.ts';
import type { DieCursor } from './die-cursor.ts';
import { DW_AT } from './dw-at.ts';
import { Leb128 } from './leb128.ts';
import { ListReader } from './list-reader.ts';
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
const SHF_EXECINSTR = 4n;

/** The debugging information of one ELF file: units, entries, strings. Nothing is read before it is asked for. */
export class Dwarf {
  readonly elf: ElfFile;
  readonly littleEndian: boolean;
  /** The file that dwz moved common parts to, when the host has it. */
  alt: Dwarf | undefined;
  /** Link-time address that places count from: where the file's code begins, 0 of object files. */
  readonly origin: Addr;
  /** Place of address 0. */
  readonly zero: number;
  readonly #originHigh: number;
  readonly #originLow: number;
  readonly #units = new Map<Bytes, Unit>();
  #unitBytes = 0;
  readonly #abbrevs = new Map<string, Abbrevs>();
  readonly #lists = new Map<string, ListReader>();
  #table: UnitTable | undefined;
  #ranges: AddressRanges | undefined;
  #unitRanges: UnitRanges | undefined;
  #signatures: Map<bigint, Bytes> | undefined;

  constructor(elf: ElfFile) {
    this.elf = elf;
    this.littleEndian = elf.littleEndian;
    this.origin = elf.relocatable ? 0n : codeStart(elf);
    this.#originHigh = hi32(this.origin);
    this.#originLow = lo32(this.origin);
    this.zero = -(this.#originHigh * 0x100000000 + this.#originLow);
  }

  /** A section that must be there. @throws NotFoundError */
  section(name: string): SectionData {
    const data = this.elf.section(name);
    if (!data) throw new NotFoundError('section', name, `${this.elf.source.name} has none`);
    return data;
  }

  /** A reader of the lists in a section, shared by all: seek first, and do not keep it. @throws NotFoundError */
  list(name: string): ListReader {
    let reader = this.#lists.get(name);
    if (!reader) {
      reader = new ListReader(this.section(name), this.littleEndian);
      this.#lists.set(name, reader);
    }
    return reader;
  }

  // ---- addresses

  /** Link-time address as a place: a number, exact near the file's code. */
  place(address: Addr): number {
    return (hi32(address) - this.#originHigh) * 0x100000000 + (lo32(address) - this.#originLow);
  }

  /** Link-time address of a place. */
  address(place: number): Addr {
    return BigInt.asUintN(64, this.origin + BigInt(place));
  }

  /** Place of the address that stands in memory. */
  readPlace(view: DataView, at: number, size: number): number {
    const le = this.littleEndian;
    if (size !== 8) return view.getUint32(at, le) - this.#originHigh * 0x100000000 - this.#originLow;
    return (
      (view.getUint32(le ? at + 4 : at, le) - this.#originHigh) * 0x100000000 +
      (view.getUint32(le ? at : at + 4, le) - this.#originLow)
    );
  }

  #indexed(unit: Unit, index: number): DataView {
    const { addressSize, version } = unit.header;
    const attribute = version >= 5 ? DW_AT.addr_base : DW_AT.GNU_addr_base;
    const base = unit.base(attribute, version >= 5 ? 8 : 0);
    const bytes = this.section('.debug_addr').bytes(base + index * addressSize, addressSize, `address ${index}`);
    return new DataView(bytes.buffer);
  }

  /** Place of an address that is given by its index in .debug_addr. */
  indexedPlace(unit: Unit, index: number): number {
    return this.readPlace(this.#indexed(unit, index), 0, unit.header.addressSize);
  }

  /** Link-time address that is given by its index in .debug_addr. */
  indexedAddress(unit: Unit, index: number): Addr {
    const view = this.#indexed(unit, index);
    return view.byteLength === 8
      ? view.getBigUint64(0, this.littleEndian)
      : BigInt(view.getUint32(0, this.littleEndian));
  }

  // ---- strings

  string(offset: Bytes): string {
    return this.section('.debug_str').string(offset);
  }

  lineString(offset: Bytes): string {
    return this.section('.debug_line_str').string(offset);
  }

  indexedString(unit: Unit, index: number): string {
    return this.string(this.indexedStringOffset(unit, index));
  }

  /** Offset in .debug_str of the string that is given by its index in .debug_str_offsets. */
  indexedStringOffset(unit: Unit, index: number): Bytes {
    const { offsetSize, version } = unit.header;
    const base = unit.base(DW_AT.str_offsets_base, version >= 5 ? 2 * offsetSize : 0);
    const offsets = this.section('.debug_str_offsets');
    const bytes = offsets.bytes(base + index * offsetSize, offsetSize, `string ${index}`);
    const view = new DataView(bytes.buffer);
    return offsetSize === 4 ? view.getUint32(0, this.littleEndian) : Number(view.getBigUint64(0, this.littleEndian));
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
    return { section, at, header };
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
      const header = readUnitHeader(bytes, this.littleEndian, info.source, start, info.size - start, false);
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
    return start === undefined ? undefined : this.unit(start);
  }

  /**
   * The unit whose code ends last before `place`: code that an assembler moved behind the rest of its file (the kernel's
   * alternatives on arm64) is in the unit's line table but not in its ranges.
   */
  unitBefore(place: number): Unit | undefined {
    this.#unitRanges ??= new UnitRanges(this);
    const start = this.#unitRanges.unitBefore(place);
    return start === undefined ? undefined : this.unit(start);
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

/** Lowest address of code that is not address 0. */
function codeStart(elf: ElfFile): Addr {
  let low: Addr | undefined;
  elf.sections.forEach((section, i) => {
    if (!elf.isLoaded(i) || (section.flags & SHF_EXECINSTR) === 0n || section.address === 0n) return;
    if (low === undefined || section.address < low) low = section.address;
  });
  return low ?? 0n;
}
