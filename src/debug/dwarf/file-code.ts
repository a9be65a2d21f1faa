import type { Addr, Bytes } from '../../base/units.ts';
import type { ElfFile } from '../../elf/elf-file.ts';
import type { FileText, TextRelocation } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import { PatchTables } from './patch-tables.ts';
import type { Placement } from './placement.ts';

const SHT_RELA = 4;
const SHT_NOBITS = 8;
const SHF_EXECINSTR = 4n;
/** sizeof(Elf64_Rela). */
const RELA = 24;
/** A longer piece of code is no function. */
const MAX_SIZE = 0x100000;

type Rules = Readonly<Record<number, TextRelocation>>;

/** The machine code of one file of a running kernel, as the file has it. */
export class FileCode {
  readonly #prog: Program;
  readonly #placement: Placement;
  readonly #tables: PatchTables;
  readonly #relocations = new Map<number, Uint8Array | undefined>();

  constructor(prog: Program, placement: Placement) {
    this.#prog = prog;
    this.#placement = placement;
    this.#tables = new PatchTables(prog, placement);
  }

  get #elf(): ElfFile {
    return this.#placement.file.elf;
  }

  /**
   * The bytes of one section at a run-time address, fewer where it ends; undefined when the file does not hold them, as
   * a file of debugging information alone does not.
   * @throws AnalysisError when the file is damaged
   */
  at(address: Addr, size: Bytes): FileText | undefined {
    const link = this.#placement.toLink(address);
    if (link === undefined || !(size > 0)) return undefined;
    const index = this.#sectionOf(link);
    const section = this.#elf.sections[index];
    if (!section || section.type === SHT_NOBITS || (section.flags & SHF_EXECINSTR) === 0n) return undefined;
    const offset = Number(link - this.#elf.sectionAddress(index));
    const bytes = new Uint8Array(Math.min(size, MAX_SIZE, section.size - offset));
    // Code is never compressed, and relocating it is not what relocating data is: the file itself is read.
    if (this.#elf.source.read(section.offset + offset, bytes) < bytes.length) return undefined;
    const unknown = this.#elf.relocatable ? this.#relocate(index, offset, address, bytes) : undefined;
    return {
      file: this.#placement.file.name,
      bytes,
      ...(unknown && { unknown }),
      moved: this.#elf.relocatable ? 0n : (this.#prog.map.kaslrOffset ?? 0n),
      sites: () => this.#tables.sites(link, bytes.length),
    };
  }

  #sectionOf(link: Addr): number {
    return this.#elf.sections.findIndex((section, i) => {
      const start = this.#elf.sectionAddress(i);
      return this.#elf.isLoaded(i) && link >= start && link < start + BigInt(section.size);
    });
  }

  /** Applies the relocations of a section to a part of it; returns the bits that are not known, when there are any. */
  #relocate(index: number, start: Bytes, address: Addr, bytes: Uint8Array): Uint8Array | undefined {
    const table = this.#relocationsOf(index);
    const rules: Rules = this.#prog.arch.textRelocations ?? {};
    if (!table) return undefined;
    const le = this.#elf.littleEndian;
    const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
    const unknown = new Uint8Array(bytes.length);
    for (let at = 0; at + RELA <= table.length; at += RELA) {
      if (view.getUint32(at + 4, le) !== 0) continue;
      const place = view.getUint32(at, le) - start;
      const rule = rules[view.getUint32(at + 8, le)];
      const size = rule?.size ?? 8;
      if (size === 0 || place < 0 || place + size > bytes.length) continue;
      const symbol = rule && rule.mask === undefined ? this.#symbol(view.getUint32(at + 12, le)) : undefined;
      if (!rule || symbol === undefined) {
        fill(unknown, place, size, rule?.mask);
        continue;
      }
      const value = symbol + view.getBigInt64(at + 16, le) - (rule.relative ? address + BigInt(place) : 0n);
      write(bytes, place, size, value, le);
    }
    return unknown;
  }

  #relocationsOf(index: number): Uint8Array | undefined {
    if (!this.#relocations.has(index)) {
      const at = this.#elf.sections.findIndex((s) => s.type === SHT_RELA && s.info === index);
      const data = at < 0 ? undefined : this.#elf.sectionData(at);
      this.#relocations.set(index, data?.bytes(0, data.size, 'relocations'));
    }
    return this.#relocations.get(index);
  }

  /** Run-time address of a symbol of the file's table. */
  #symbol(index: number): Addr | undefined {
    const table = this.#elf.symbols();
    if (!table || index >= table.count) return undefined;
    if (table.sections[index] !== 0) return this.#placement.toRun(this.#elf.symbolAddress(index));
    const name = table.name(index);
    if (name === '') return undefined;
    return (this.#prog.findSymbol(name) ?? this.#prog.findModuleSymbol(name))?.address;
  }
}

function fill(unknown: Uint8Array, place: Bytes, size: Bytes, mask = 0xffffffff): void {
  for (let i = 0; i < size; i++)
    unknown[place + i] = (unknown[place + i] as number) | ((mask >>> ((i & 3) * 8)) & 0xff);
}

function write(bytes: Uint8Array, place: Bytes, size: Bytes, value: bigint, littleEndian: boolean): void {
  let rest = BigInt.asUintN(64, value);
  for (let i = 0; i < size; i++, rest >>= 8n) bytes[place + (littleEndian ? i : size - 1 - i)] = Number(rest & 0xffn);
}
