import type { ByteSource } from '../base/byte-source.ts';
import { BadDataError, UnsupportedError } from '../base/errors.ts';
import { hexPad } from '../base/hex.ts';
import { Lazy } from '../base/lazy.ts';
import { cString } from '../base/text.ts';
import type { Bytes } from '../base/units.ts';
import { type ElfHeader, ET_REL, readElfHeader } from './elf-header.ts';
import { compressedSection, type Inflate } from './inflate-section.ts';
import { readNotes } from './notes.ts';
import { type RelocationRules, Relocations } from './relocations.ts';
import { SectionData } from './section-data.ts';
import { readSectionHeaders, type SectionHeader } from './section-headers.ts';
import { SymbolTable } from './symbol-table.ts';

/** `sh_type` and `sh_flags` values. Source: System V ABI, "Section Header". */
const SHT_RELA = 4;
const SHT_NOTE = 7;
const SHT_NOBITS = 8;
const SHT_REL = 9;
const SHT_SYMTAB = 2;
const SHT_SYMTAB_SHNDX = 18;
const SHF_ALLOC = 2n;
const SHF_COMPRESSED = 0x800n;
const SHN_ABS = 0xfff1;
const NT_GNU_BUILD_ID = 3;

/** What opening an ELF file needs from outside. */
export interface ElfFileOptions {
  /** Absent: compressed sections are refused. */
  readonly inflate?: Inflate;
  /** The relocations of the file's machine; absent: object files are refused where they need them. */
  readonly relocations?: RelocationRules;
}

/** A link from a file to the debug information of it. */
export interface DebugLink {
  readonly name: string;
  /** Hexadecimal; of `.gnu_debugaltlink`. */
  readonly buildId?: string;
  /** CRC-32 of the whole file; of `.gnu_debuglink`. */
  readonly crc?: number;
}

/** An ELF file with sections, symbols and build-id; nothing is read before it is asked for. */
export class ElfFile {
  readonly source: ByteSource;
  readonly header: ElfHeader;
  readonly sections: readonly SectionHeader[];
  readonly #options: ElfFileOptions;
  readonly #data = new Map<number, SectionData | undefined>();
  readonly #byName = new Map<string, SectionData | undefined>();
  readonly #symbols = new Lazy(() => this.#readSymbols());
  readonly #buildId = new Lazy(() => this.#readBuildId());
  readonly #bases = new Lazy(() => this.#layOut());

  /** @throws BadDataError when it is not ELF or its headers are damaged */
  constructor(source: ByteSource, options: ElfFileOptions = {}) {
    this.source = source;
    this.#options = options;
    this.header = readElfHeader(source);
    this.sections = readSectionHeaders(source, this.header);
  }

  get littleEndian(): boolean {
    return this.header.littleEndian;
  }

  /** An object file or module: its sections have no addresses yet, and `sectionAddress` makes some up. */
  get relocatable(): boolean {
    return this.header.type === ET_REL;
  }

  /** Index of the first section of this name that has content; -1 when there is none. */
  sectionIndex(name: string): number {
    return this.sections.findIndex((s) => s.name === name && s.type !== SHT_NOBITS && s.size > 0);
  }

  /** Content of the section `name`; of `.debug_x` also as `.zdebug_x`. Undefined when the file has none. */
  section(name: string): SectionData | undefined {
    let data = this.#byName.get(name);
    if (!data && !this.#byName.has(name)) {
      data = this.#findSection(name);
      this.#byName.set(name, data);
    }
    return data;
  }

  #findSection(name: string): SectionData | undefined {
    let index = this.sectionIndex(name);
    if (index < 0 && name.startsWith('.debug_')) index = this.sectionIndex(`.z${name.slice(1)}`);
    return index < 0 ? undefined : this.sectionData(index);
  }

  /** Content of section `index`, uncompressed and relocated. @throws AnalysisError */
  sectionData(index: number): SectionData | undefined {
    let data = this.#data.get(index);
    if (!data && !this.#data.has(index)) {
      data = this.#open(index);
      this.#data.set(index, data);
    }
    return data;
  }

  #open(index: number): SectionData | undefined {
    const section = this.sections[index];
    if (!section || section.type === SHT_NOBITS) return undefined;
    const file = this.source;
    const name = `${file.name}: ${section.name}`;
    // What the file does not hold any more is not there: a cut file keeps what it has.
    const there = Math.max(0, Math.min(section.size, file.size - section.offset));
    const gnu = section.name.startsWith('.zdebug_');
    const plain =
      gnu || (section.flags & SHF_COMPRESSED) !== 0n ? this.#inflated(section, name, there, gnu) : undefined;
    const relocations = new Lazy(() => this.#relocationsOf(index));
    return new SectionData(name, plain ? plain.size : there, (offset, into) => {
      if (plain) into.set(plain.bytes.get().subarray(offset, offset + into.length));
      else if (file.read(section.offset + offset, into) < into.length)
        throw new BadDataError(name, offset, `${into.length} bytes could not be read from the file`);
      if (this.relocatable) relocations.get()?.apply(offset, into);
    });
  }

  #inflated(
    section: SectionHeader,
    name: string,
    there: Bytes,
    gnu: boolean,
  ): { size: Bytes; bytes: Lazy<Uint8Array> } {
    const packed = (from: Bytes, size: Bytes): Uint8Array => {
      const bytes = new Uint8Array(size);
      return bytes.subarray(0, this.source.read(section.offset + from, bytes));
    };
    const wide = this.header.bits === 64;
    const found = compressedSection(name, packed(0, Math.min(24, there)), gnu, wide, this.littleEndian, there);
    const { inflate } = this.#options;
    if (!inflate) throw new UnsupportedError(`${name}: no decoder for compressed sections`);
    const bytes = new Lazy(() => {
      try {
        const out = inflate(found.codec, packed(found.header, there - found.header), found.size);
        if (out.length === found.size) return out;
      } catch (e) {
        throw e instanceof UnsupportedError
          ? e
          : new BadDataError(name, 0, `damaged ${found.codec} data`, { cause: e });
      }
      throw new BadDataError(name, 0, `${found.codec} data does not yield its ${found.size} bytes`);
    });
    return { size: found.size, bytes };
  }

  #relocationsOf(index: number): Relocations | undefined {
    const at = this.sections.findIndex((s) => (s.type === SHT_RELA || s.type === SHT_REL) && s.info === index);
    const section = this.sections[at];
    if (!section) return undefined;
    const table = this.#rawData(at);
    const rules = this.#options.relocations;
    if (!rules) throw new UnsupportedError(`${this.source.name}: relocations of ELF machine ${this.header.machine}`);
    const wide = this.header.bits === 64;
    return new Relocations(table, section.type === SHT_RELA, wide, this.littleEndian, rules, (i) =>
      this.symbolAddress(i),
    );
  }

  /** Content of a table of the file itself, never relocated. */
  #rawData(index: number): SectionData {
    const section = this.sections[index] as SectionHeader;
    const name = `${this.source.name}: ${section.name}`;
    const there = Math.max(0, Math.min(section.size, this.source.size - section.offset));
    if ((section.flags & SHF_COMPRESSED) !== 0n) {
      const plain = this.#inflated(section, name, there, false);
      return new SectionData(name, plain.size, (offset, into) =>
        into.set(plain.bytes.get().subarray(offset, offset + into.length)),
      );
    }
    return new SectionData(name, there, (offset, into) => {
      if (this.source.read(section.offset + offset, into) < into.length)
        throw new BadDataError(name, offset, `${into.length} bytes could not be read from the file`);
    });
  }

  // ---- addresses

  /**
   * Link-time address of a section. Sections of an object file get addresses one after the other from 0x1000, so that
   * an address means one place; they are this program's own.
   */
  sectionAddress(index: number): bigint {
    return this.#bases.get()[index] ?? 0n;
  }

  #layOut(): readonly bigint[] {
    if (!this.relocatable) return this.sections.map((s) => s.address);
    let at = 0x1000n;
    return this.sections.map((s) => {
      if ((s.flags & SHF_ALLOC) === 0n) return 0n;
      const align = s.align > 0n && s.align <= 0x100000n ? s.align : 1n;
      const base = ((at + align - 1n) / align) * align;
      at = base + BigInt(Math.min(s.size, 0x40000000)) + 1n;
      return base;
    });
  }

  /** Whether code or data of the running program lies in this section. */
  isLoaded(index: number): boolean {
    return ((this.sections[index]?.flags ?? 0n) & SHF_ALLOC) !== 0n;
  }

  // ---- symbols

  /** The symbol table; undefined when the file is stripped. */
  symbols(): SymbolTable | undefined {
    return this.#symbols.get();
  }

  #readSymbols(): SymbolTable | undefined {
    const index = this.sections.findIndex((s) => s.type === SHT_SYMTAB && s.size > 0);
    const section = this.sections[index];
    if (!section) return undefined;
    const strings = this.sections[section.link] ? this.#rawData(section.link) : undefined;
    const further = this.sections.findIndex((s) => s.type === SHT_SYMTAB_SHNDX && s.link === index);
    return new SymbolTable(
      this.#rawData(index),
      strings,
      this.header.bits === 64,
      this.littleEndian,
      further < 0 ? undefined : this.#rawData(further),
    );
  }

  /** Link-time address of symbol `index`, in object files by `sectionAddress`; 0 for what is defined elsewhere. */
  symbolAddress(index: number): bigint {
    const table = this.symbols();
    if (!table || index >= table.count) return 0n;
    const section = table.sections[index] as number;
    if (!this.relocatable || section === 0 || section >= SHN_ABS) return table.value(index);
    return this.sectionAddress(section) + table.value(index);
  }

  // ---- who this file is

  /** Hexadecimal GNU build-id; undefined when the file has none. */
  get buildId(): string | undefined {
    return this.#buildId.get();
  }

  #readBuildId(): string | undefined {
    for (const section of this.sections) {
      if (section.type !== SHT_NOTE || section.size > 0x100000) continue;
      const align = section.align === 8n ? 8 : 4;
      for (const note of readNotes(this.source, section.offset, section.size, this.littleEndian, align).notes) {
        if (note.name === 'GNU' && note.type === NT_GNU_BUILD_ID && note.desc.length > 0) return hexOf(note.desc);
      }
    }
    return undefined;
  }

  /** `.gnu_debuglink`: where the debug information of a stripped file is. */
  get debugLink(): DebugLink | undefined {
    const bytes = this.#small('.gnu_debuglink');
    if (!bytes) return undefined;
    const name = cString(bytes);
    const at = Math.ceil((bytes.indexOf(0) + 1) / 4) * 4;
    if (name === '' || at + 4 > bytes.length) return undefined;
    return { name, crc: new DataView(bytes.buffer).getUint32(at, this.littleEndian) };
  }

  /** `.gnu_debugaltlink`: the file that dwz moved common debug information to. */
  get altLink(): DebugLink | undefined {
    const bytes = this.#small('.gnu_debugaltlink');
    const nul = bytes ? bytes.indexOf(0) : -1;
    return bytes && nul > 0 ? { name: cString(bytes), buildId: hexOf(bytes.subarray(nul + 1)) } : undefined;
  }

  #small(name: string): Uint8Array | undefined {
    return this.section(name)?.upTo(0, 0x10000, name);
  }
}

function hexOf(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += hexPad(byte, 2);
  return text;
}
