import { BadDataError } from '../../base/errors.ts';
import { hex } from '../../base/hex.ts';
import type { Bytes } from '../../base/units.ts';
import type { Abbrevs } from './abbrevs.ts';
import { DieCursor } from './die-cursor.ts';
import { DW_AT } from './dw-at.ts';
import type { Dwarf } from './dwarf.ts';
import type { SplitSection } from './split-index.ts';
import type { UnitHeader } from './unit-header.ts';

/** A unit of debugging information with its bytes in memory. */
export class Unit {
  readonly dwarf: Dwarf;
  /** Offset of the header in .debug_info; of a unit of .debug_types counted on from the end of .debug_info. */
  readonly offset: Bytes;
  readonly header: UnitHeader;
  /** All of the unit, its header first. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly abbrevs: Abbrevs;
  readonly littleEndian: boolean;
  /** Section for messages. */
  readonly source: string;
  readonly #bases = new Map<number, Bytes>();
  #language: number | undefined;
  #lowPc: number | undefined;
  #skeleton: Unit | undefined;
  #names: { readonly name: string; readonly directory: string; readonly producer: string } | undefined;

  constructor(dwarf: Dwarf, offset: Bytes, header: UnitHeader, bytes: Uint8Array, abbrevs: Abbrevs, source: string) {
    this.dwarf = dwarf;
    this.offset = offset;
    this.header = header;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.abbrevs = abbrevs;
    this.littleEndian = dwarf.littleEndian;
    this.source = source;
  }

  /** Past the unit. */
  get end(): Bytes {
    return this.offset + this.header.size;
  }

  /** Its first entry: the compile unit itself. */
  root(): DieCursor {
    return new DieCursor(this, this.offset + this.header.firstEntry);
  }

  /** The entry at `offset`. @throws BadDataError when it is not inside this unit */
  die(offset: Bytes): DieCursor {
    return new DieCursor(this, offset);
  }

  bad(offset: Bytes, what: string): BadDataError {
    return new BadDataError(this.source, offset, `${what} (unit at ${hex(this.offset)})`);
  }

  get name(): string {
    return this.#attributes().name;
  }

  /** DW_AT_comp_dir. */
  get directory(): string {
    return this.#attributes().directory;
  }

  get producer(): string {
    return this.#attributes().producer;
  }

  #attributes(): { readonly name: string; readonly directory: string; readonly producer: string } {
    if (!this.#names) {
      const root = this.root();
      const { skeleton } = this;
      this.#names = {
        name: root.string(DW_AT.name) ?? skeleton?.name ?? '',
        directory: root.string(DW_AT.comp_dir) ?? skeleton?.directory ?? '',
        producer: root.string(DW_AT.producer) ?? '',
      };
    }
    return this.#names;
  }

  /** DW_AT_language; 0 when it states none. */
  get language(): number {
    this.#language ??= this.root().number(DW_AT.language) ?? 0;
    return this.#language;
  }

  /** Base address of its range and location lists, as a place; 0 on the file's own scale when it states none. */
  get lowPlace(): number {
    this.#lowPc ??= this.root().place(DW_AT.low_pc) ?? this.skeleton?.lowPlace ?? this.dwarf.zero;
    return this.#lowPc;
  }

  /** Where its line program is; of a split unit in the whole file. */
  get stmtList(): Bytes | undefined {
    return this.skeleton ? this.skeleton.stmtList : this.root().number(DW_AT.stmt_list);
  }

  // ---- split units

  /** The unit of the whole file that this one was split from. */
  get skeleton(): Unit | undefined {
    const { split } = this.dwarf;
    if (!split || this.header.kind === 'type') return undefined;
    this.#skeleton ??= split.skeletonOf(this);
    return this.#skeleton;
  }

  /** What a skeleton and the unit that was split from it have in common; undefined of every other unit. */
  get splitId(): bigint | undefined {
    return this.header.splitId ?? this.root().big(DW_AT.GNU_dwo_id, false);
  }

  /** The file that holds the rest of a skeleton. */
  get splitName(): string | undefined {
    const root = this.root();
    return root.string(DW_AT.dwo_name) ?? root.string(DW_AT.GNU_dwo_name);
  }

  // ---- bases

  /** Value of one of DW_AT_str_offsets_base, addr_base, rnglists_base, loclists_base ...; `otherwise` when not stated. */
  base(attribute: number, otherwise: Bytes): Bytes {
    let base = this.#bases.get(attribute);
    if (base === undefined) {
      const { split } = this.dwarf;
      base = split ? split.baseOf(this, attribute, otherwise) : (this.root().number(attribute) ?? otherwise);
      this.#bases.set(attribute, base);
    }
    return base;
  }

  /** Where this unit's part of a section begins: more than 0 in packages of split files. */
  sectionBase(section: SplitSection): Bytes {
    return this.dwarf.split?.base(this.dwarf, this.offset, section) ?? 0;
  }
}
