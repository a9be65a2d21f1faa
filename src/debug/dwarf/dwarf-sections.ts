import { NotFoundError } from '../../base/errors.ts';
import { hi32, lo32 } from '../../base/u64.ts';
import type { Addr, Bytes } from '../../base/units.ts';
import type { ElfFile } from '../../elf/elf-file.ts';
import { SectionData } from '../../elf/section-data.ts';
import { DW_AT } from './dw-at.ts';
import { ListReader } from './list-reader.ts';
import type { Unit } from './unit.ts';

const SHF_EXECINSTR = 4n;
/** Sections of the same name. */
const MAX_PARTS = 0x10000;
/** What stays in the whole file. */
const STAY = new Set(['.debug_addr', '.debug_ranges', '.debug_line_str']);

/** The debug sections of one file, and what their offsets, indices and addresses mean. */
export class DwarfSections {
  readonly elf: ElfFile;
  readonly littleEndian: boolean;
  /** Link-time address that places count from: where the file's code begins, 0 of object files. */
  readonly origin: Addr;
  /** Place of address 0. */
  readonly zero: number;
  /** The file that this one was split from: it has the addresses, the ranges of DWARF 4 and the lines. */
  readonly whole: DwarfSections | undefined;
  readonly #originHigh: number;
  readonly #originLow: number;
  readonly #parts = new Map<string, SectionData | undefined>();
  readonly #lists = new Map<string, ListReader>();

  constructor(elf: ElfFile, whole?: DwarfSections) {
    this.elf = elf;
    this.whole = whole;
    this.littleEndian = elf.littleEndian;
    this.origin = whole ? whole.origin : elf.relocatable ? 0n : codeStart(elf);
    this.#originHigh = hi32(this.origin);
    this.#originLow = lo32(this.origin);
    this.zero = -(this.#originHigh * 0x100000000 + this.#originLow);
  }

  /** A section by its usual name; of a split file its own one (`.debug_info.dwo`), or what only the whole file has. */
  find(name: string): SectionData | undefined {
    if (!this.whole) return this.elf.section(name);
    return this.#joined(`${name}.dwo`) ?? (STAY.has(name) ? this.whole.find(name) : undefined);
  }

  /** A section of a split file: assemblers leave type units in sections of their own, all with the same name. */
  #joined(name: string): SectionData | undefined {
    if (!this.#parts.has(name)) {
      const parts: SectionData[] = [];
      this.elf.sections.forEach((section, i) => {
        const data = section.name === name && parts.length < MAX_PARTS ? this.elf.sectionData(i) : undefined;
        if (data) parts.push(data);
      });
      this.#parts.set(name, parts.length > 1 ? joinSections(parts) : parts[0]);
    }
    return this.#parts.get(name);
  }

  /** A section that must be there. @throws NotFoundError */
  section(name: string): SectionData {
    const data = this.find(name);
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
}

/** Sections one after the other. */
function joinSections(parts: readonly SectionData[]): SectionData {
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  return new SectionData((parts[0] as SectionData).source, size, (offset, into) => {
    let start = 0;
    for (const part of parts) {
      const from = Math.max(offset, start);
      const to = Math.min(offset + into.length, start + part.size);
      if (from < to) part.fill(from - start, into.subarray(from - offset, to - offset));
      start += part.size;
    }
  });
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
