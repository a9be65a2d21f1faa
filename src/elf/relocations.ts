import { UnsupportedError } from '../base/errors.ts';
import type { Bytes } from '../base/units.ts';
import type { SectionData } from './section-data.ts';

/** How a relocation type changes data; see `DataRelocation` of the architectures. */
export interface RelocationRule {
  readonly size: 0 | 1 | 2 | 4 | 8;
  readonly relative?: boolean;
  readonly apply?: 'add' | 'subtract';
  readonly field?: 'low-6' | 'uleb128';
}

export type RelocationRules = Readonly<Record<number, RelocationRule>>;

/** Address of symbol `index` in the file's own address space. */
export type SymbolAddress = (index: number) => bigint;

/** The relocations of one section, applied to the parts of it that are read. */
export class Relocations {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #count: number;
  readonly #stride: Bytes;
  readonly #explicit: boolean;
  readonly #wide: boolean;
  readonly #littleEndian: boolean;
  readonly #rules: RelocationRules;
  readonly #symbol: SymbolAddress;
  readonly #sorted: boolean;

  /** @param table a SHT_RELA (`explicit` addends) or SHT_REL section */
  constructor(
    table: SectionData,
    explicit: boolean,
    wide: boolean,
    littleEndian: boolean,
    rules: RelocationRules,
    symbol: SymbolAddress,
  ) {
    this.#explicit = explicit;
    this.#wide = wide;
    this.#littleEndian = littleEndian;
    this.#rules = rules;
    this.#symbol = symbol;
    this.#stride = (wide ? 16 : 8) + (explicit ? (wide ? 8 : 4) : 0);
    this.#count = Math.floor(table.size / this.#stride);
    this.#bytes = table.bytes(0, this.#count * this.#stride, 'relocations');
    this.#view = new DataView(this.#bytes.buffer);
    this.#sorted = this.#inOrder();
  }

  #offset(i: number): number {
    const at = i * this.#stride;
    const v = this.#view;
    const le = this.#littleEndian;
    if (!this.#wide) return v.getUint32(at, le);
    return v.getUint32(at + (le ? 4 : 0), le) * 0x100000000 + v.getUint32(at + (le ? 0 : 4), le);
  }

  #inOrder(): boolean {
    let last = 0;
    for (let i = 0; i < this.#count; i++) {
      const offset = this.#offset(i);
      if (offset < last) return false;
      last = offset;
    }
    return true;
  }

  /** Applies to `bytes`, which begin at `start` of the section, what falls wholly inside them. */
  apply(start: Bytes, bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const end = start + bytes.length;
    let i = this.#sorted ? this.#firstFrom(start) : 0;
    for (; i < this.#count; i++) {
      const offset = this.#offset(i);
      if (offset >= end) {
        if (this.#sorted) return;
        continue;
      }
      if (offset >= start) this.#applyOne(i, offset, view, offset - start);
    }
  }

  #firstFrom(start: Bytes): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const mid = (low + high) >>> 1;
      if (this.#offset(mid) < start) low = mid + 1;
      else high = mid;
    }
    return low;
  }

  #applyOne(i: number, offset: Bytes, view: DataView, at: Bytes): void {
    const le = this.#littleEndian;
    const info = i * this.#stride + (this.#wide ? 8 : 4);
    const word = this.#view.getUint32(info, le);
    const type = !this.#wide ? word & 0xff : le ? word : this.#view.getUint32(info + 4, le);
    const symbol = !this.#wide ? word >>> 8 : le ? this.#view.getUint32(info + 4, le) : word;
    const rule = this.#rules[type];
    if (!rule) throw new UnsupportedError(`relocation type ${type} of debug sections`);
    const { size } = rule;
    if (size === 0 || at + size > view.byteLength) return;
    const field = fieldAt(view, at, rule, le);
    if (!field) return;
    const there = rule.apply || !this.#explicit ? field.value : 0n;
    let addend = there;
    if (this.#explicit)
      addend = this.#wide ? this.#view.getBigInt64(info + 8, le) : BigInt(this.#view.getInt32(info + 4, le));
    let value = this.#symbol(symbol) + addend;
    if (rule.relative) value -= BigInt(offset);
    if (rule.apply === 'add') value = there + value;
    else if (rule.apply === 'subtract') value = there - value;
    field.write(value);
  }
}

/** A place that is relocated: what stands there, and how it is changed; values are cut to what fits. */
interface Field {
  readonly value: bigint;
  write(value: bigint): void;
}

/** The field at `at`; undefined when it goes on beyond `view`. */
function fieldAt(view: DataView, at: Bytes, { size, field }: RelocationRule, le: boolean): Field | undefined {
  if (field === 'uleb128') return ulebAt(view, at);
  const value = readSized(view, at, size, le);
  if (field === undefined) return { value, write: (v) => writeSized(view, at, size, v, le) };
  return { value: value & 0x3fn, write: (v) => writeSized(view, at, size, (value & ~0x3fn) | (v & 0x3fn), le) };
}

const LONGEST_ULEB = 10;

/** A ULEB128 number, which keeps its length. */
function ulebAt(view: DataView, at: Bytes): Field | undefined {
  let length = 1;
  while (length <= LONGEST_ULEB && at + length <= view.byteLength && view.getUint8(at + length - 1) & 0x80) length++;
  if (length > LONGEST_ULEB || at + length > view.byteLength) return undefined;
  let value = 0n;
  for (let i = 0; i < length; i++) value |= BigInt(view.getUint8(at + i) & 0x7f) << BigInt(7 * i);
  return {
    value,
    write(v) {
      for (let i = 0; i < length; i++) {
        const more = i < length - 1 ? 0x80 : 0;
        view.setUint8(at + i, Number((BigInt.asUintN(64, v) >> BigInt(7 * i)) & 0x7fn) | more);
      }
    },
  };
}

function readSized(view: DataView, at: Bytes, size: number, le: boolean): bigint {
  if (size === 8) return view.getBigUint64(at, le);
  return BigInt(size === 4 ? view.getUint32(at, le) : size === 2 ? view.getUint16(at, le) : view.getUint8(at));
}

function writeSized(view: DataView, at: Bytes, size: number, value: bigint, le: boolean): void {
  if (size === 8) view.setBigUint64(at, BigInt.asUintN(64, value), le);
  else if (size === 4) view.setUint32(at, Number(BigInt.asUintN(32, value)), le);
  else if (size === 2) view.setUint16(at, Number(BigInt.asUintN(16, value)), le);
  else view.setUint8(at, Number(BigInt.asUintN(8, value)));
}
