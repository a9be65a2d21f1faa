import { BadDataError } from '../base/errors.ts';
import type { Bytes } from '../base/units.ts';
import type { SectionData } from './section-data.ts';

const MAX_SYMBOLS = 0x1000000;

/** Where a symbol's fields lie in `Elf64_Sym` and `Elf32_Sym`. Source: System V ABI, "Symbol Table". */
const WIDE = { size: 24, value: 8, length: 16, info: 4, section: 6 };
const NARROW = { size: 16, value: 4, length: 8, info: 12, section: 14 };

/** `.symtab` as columns; index 0 is the null symbol. */
export class SymbolTable {
  readonly count: number;
  /** Offsets into the string table. */
  readonly names: Uint32Array;
  /** High and low halves of `st_value`. */
  readonly valueHigh: Uint32Array;
  readonly valueLow: Uint32Array;
  /** `st_size`, at most 2^53. */
  readonly sizes: Float64Array;
  /** `st_info`: type in the low 4 bits, binding above. */
  readonly infos: Uint8Array;
  /** `st_shndx`; SHN_XINDEX is resolved when the file has the table for it. */
  readonly sections: Uint32Array;
  readonly #strings: SectionData | undefined;

  constructor(
    table: SectionData,
    strings: SectionData | undefined,
    wide: boolean,
    littleEndian: boolean,
    extended?: SectionData,
  ) {
    const layout = wide ? WIDE : NARROW;
    const count = Math.floor(table.size / layout.size);
    if (count > MAX_SYMBOLS) throw new BadDataError(table.source, 0, `${count} symbols exceed ${MAX_SYMBOLS}`);
    const bytes = table.bytes(0, count * layout.size, 'symbols');
    const view = new DataView(bytes.buffer);
    const further = extended ? extended.upTo(0, count * 4, 'section indices of symbols') : undefined;
    const furtherView = further && new DataView(further.buffer);
    this.count = count;
    this.names = new Uint32Array(count);
    this.valueHigh = new Uint32Array(count);
    this.valueLow = new Uint32Array(count);
    this.sizes = new Float64Array(count);
    this.infos = new Uint8Array(count);
    this.sections = new Uint32Array(count);
    this.#strings = strings;
    const high = littleEndian ? 4 : 0;
    const low = littleEndian ? 0 : 4;
    for (let i = 0, at = 0; i < count; i++, at += layout.size) {
      this.names[i] = view.getUint32(at, littleEndian);
      this.infos[i] = bytes[at + layout.info] as number;
      const section = view.getUint16(at + layout.section, littleEndian);
      this.sections[i] =
        section === 0xffff && furtherView && i * 4 + 4 <= furtherView.byteLength
          ? furtherView.getUint32(i * 4, littleEndian)
          : section;
      if (wide) {
        this.valueHigh[i] = view.getUint32(at + layout.value + high, littleEndian);
        this.valueLow[i] = view.getUint32(at + layout.value + low, littleEndian);
        this.sizes[i] =
          view.getUint32(at + layout.length + high, littleEndian) * 0x100000000 +
          view.getUint32(at + layout.length + low, littleEndian);
      } else {
        this.valueLow[i] = view.getUint32(at + layout.value, littleEndian);
        this.sizes[i] = view.getUint32(at + layout.length, littleEndian);
      }
    }
  }

  value(i: number): bigint {
    return (BigInt(this.valueHigh[i] as number) << 32n) | BigInt(this.valueLow[i] as number);
  }

  /** Name of symbol `i`; empty when it has none. */
  name(i: number): string {
    const at = this.names[i] as number;
    return at === 0 || !this.#strings || at >= this.#strings.size ? '' : this.#strings.string(at);
  }

  /** All of the string table at once, to look for a name in. */
  strings(): Uint8Array {
    return this.#strings ? this.#strings.bytes(0, this.#strings.size as Bytes, 'symbol names') : new Uint8Array(0);
  }
}
