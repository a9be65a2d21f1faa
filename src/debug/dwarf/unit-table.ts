import type { Bytes } from '../../base/units.ts';
import type { SectionData } from '../../elf/section-data.ts';
import type { Dwarf } from './dwarf.ts';
import { MAX_UNIT_HEADER, readUnitHeader, type UnitHeader } from './unit-header.ts';

/** A unit has at least its header and one entry; a section cannot hold more than this. */
const MAX_UNITS = 0x400000;
const WINDOW = 0x1000;

/** Where every unit of .debug_info and .debug_types begins, found by hopping from header to header. */
export class UnitTable {
  readonly #dwarf: Dwarf;
  readonly #infoSize: Bytes;
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  /** What stopped the pass before the end of a section. */
  readonly problem: unknown;

  constructor(dwarf: Dwarf) {
    this.#dwarf = dwarf;
    const info = dwarf.section('.debug_info');
    this.#infoSize = info.size;
    if (this.#load()) return;
    this.problem = this.#scan(info, 0, false);
    const types = dwarf.find('.debug_types');
    if (types) this.problem = this.#scan(types, info.size, true) ?? this.problem;
  }

  #scan(section: SectionData, base: Bytes, types: boolean): unknown {
    const window = new HeaderWindow(section);
    try {
      for (let at = 0; at < section.size && this.#starts.length < MAX_UNITS; ) {
        const { size } = readUnitHeader(
          window.at(at),
          this.#dwarf.littleEndian,
          section.source,
          at,
          section.size - at,
          types,
        );
        this.#starts.push(base + at);
        this.#ends.push(base + at + size);
        at += size;
      }
    } catch (e) {
      return e;
    }
    return undefined;
  }

  // ---- between runs

  /** Keeps the table in the file's cache, when it is complete and the file says which build it is. */
  save(): void {
    const key = this.#key();
    if (key === undefined || this.problem !== undefined) return;
    const columns = Float64Array.of(this.#infoSize, this.#typesSize(), ...this.#starts, ...this.#ends);
    this.#dwarf.cache?.save(key, new Uint8Array(columns.buffer));
  }

  /** Takes what `save` kept; false when there is none or it cannot be of this file. */
  #load(): boolean {
    const key = this.#key();
    const bytes = key === undefined ? undefined : this.#dwarf.cache?.load(key);
    if (!bytes || bytes.length % 16 !== 0) return false;
    const columns = new Float64Array(bytes.slice().buffer);
    const types = this.#typesSize();
    if (columns[0] !== this.#infoSize || columns[1] !== types) return false;
    const count = columns.length / 2 - 1;
    let before = 0;
    for (let i = 0; i < count; i++) {
      const start = columns[2 + i] as number;
      const end = columns[2 + count + i] as number;
      if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < before || end <= start) return false;
      before = end;
    }
    if (before > this.#infoSize + types) return false;
    for (let i = 0; i < count; i++) {
      this.#starts.push(columns[2 + i] as number);
      this.#ends.push(columns[2 + count + i] as number);
    }
    return true;
  }

  #key(): string | undefined {
    const { buildId } = this.#dwarf.elf;
    return buildId === undefined || !this.#dwarf.cache ? undefined : `units-1-${buildId}`;
  }

  #typesSize(): Bytes {
    return this.#dwarf.find('.debug_types')?.size ?? 0;
  }

  /** Offsets of the headers, ascending; as `Unit.offset`. */
  get starts(): readonly Bytes[] {
    return this.#starts;
  }

  get ends(): readonly Bytes[] {
    return this.#ends;
  }

  /** Start of the unit that `offset` lies in. */
  holding(offset: Bytes): Bytes | undefined {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low <= high) {
      const mid = (low + high) >>> 1;
      if (offset < (this.#starts[mid] as number)) high = mid - 1;
      else if (offset >= (this.#ends[mid] as number)) low = mid + 1;
      else return this.#starts[mid];
    }
    return undefined;
  }

  /** Type units by their signature: those of .debug_types, and of DWARF 5 in .debug_info. */
  signatures(): Map<bigint, Bytes> {
    const found = new Map<bigint, Bytes>();
    for (const start of this.#starts) {
      const header = this.#header(start);
      if (header.signature !== undefined && !found.has(header.signature)) found.set(header.signature, start);
    }
    return found;
  }

  #header(start: Bytes): UnitHeader {
    const types = start >= this.#infoSize;
    const section = this.#dwarf.section(types ? '.debug_types' : '.debug_info');
    const at = types ? start - this.#infoSize : start;
    const bytes = section.upTo(at, MAX_UNIT_HEADER, 'unit header');
    return readUnitHeader(bytes, this.#dwarf.littleEndian, section.source, at, section.size - at, types);
  }
}

/** The bytes of headers that lie close together are read together. */
class HeaderWindow {
  readonly #section: SectionData;
  #start: Bytes = 0;
  #bytes = new Uint8Array(0);
  #last: Bytes = 0;

  constructor(section: SectionData) {
    this.#section = section;
  }

  at(offset: Bytes): Uint8Array {
    if (offset < this.#start || offset + MAX_UNIT_HEADER > this.#start + this.#bytes.length) {
      const near = offset - this.#last < WINDOW;
      this.#bytes = this.#section.upTo(
        offset,
        near ? WINDOW : MAX_UNIT_HEADER,
        'unit header',
      ) as Uint8Array<ArrayBuffer>;
      this.#start = offset;
    }
    this.#last = offset;
    return this.#bytes.subarray(offset - this.#start, offset - this.#start + MAX_UNIT_HEADER);
  }
}
