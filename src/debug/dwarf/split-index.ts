import { BadDataError } from '../../base/errors.ts';
import { hex } from '../../base/hex.ts';
import type { Bytes } from '../../base/units.ts';
import type { SectionData } from '../../elf/section-data.ts';

const MAX_INDEX = 0x8000000;
const MAX_COLUMNS = 16;

/** A section that units of a package have a part of. */
export type SplitSection =
  | 'info'
  | 'types'
  | 'abbrev'
  | 'line'
  | 'loc'
  | 'str_offsets'
  | 'macinfo'
  | 'macro'
  | 'rnglists';

/** `DW_SECT_*`. Source: DWARF 5, 7.3.5.3; GNU's numbers of version 2, which DWARF 4 packages have. */
const OLD: readonly (SplitSection | undefined)[] = [
  undefined,
  'info',
  'types',
  'abbrev',
  'line',
  'loc',
  'str_offsets',
  'macinfo',
  'macro',
];
const NEW: readonly (SplitSection | undefined)[] = [
  undefined,
  'info',
  undefined,
  'abbrev',
  'line',
  'loc',
  'str_offsets',
  'macro',
  'rnglists',
];

/** Where the parts of one unit begin in the sections of a package. */
export type Contributions = ReadonlyMap<SplitSection, Bytes>;

/** An index of a package file: `.debug_cu_index` or `.debug_tu_index` (DWARF 5, 7.3.5). */
export class SplitIndex {
  readonly #byId = new Map<bigint, Contributions>();
  readonly #byUnit = new Map<Bytes, Contributions>();

  /** @param units which section the units of this index lie in, by default that which it has a column for
   * @throws BadDataError naming section and offset */
  constructor(section: SectionData, littleEndian: boolean) {
    const bytes = section.upTo(0, MAX_INDEX, 'package index');
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const bad = (at: Bytes, what: string): BadDataError =>
      new BadDataError(section.source, at, `package index: ${what}`);
    if (bytes.length < 16) throw bad(0, `only ${bytes.length} bytes`);
    const u32 = (at: Bytes): number => view.getUint32(at, littleEndian);
    const version = view.getUint16(0, littleEndian) || u32(0);
    const columns = u32(4);
    const units = u32(8);
    const slots = u32(12);
    if (version !== 2 && version !== 5) throw bad(0, `version ${version} is neither 2 nor 5`);
    if (columns > MAX_COLUMNS) throw bad(4, `${columns} columns`);
    const names = 16 + slots * 12;
    const offsets = names + 4 * columns;
    if (offsets + units * columns * 8 > bytes.length) throw bad(8, `${units} units in ${hex(bytes.length)} bytes`);
    const known = version === 2 ? OLD : NEW;
    for (let slot = 0; slot < slots; slot++) {
      const row = u32(16 + slots * 8 + slot * 4);
      if (row === 0) continue;
      if (row > units) throw bad(16 + slots * 8 + slot * 4, `row ${row} of ${units}`);
      const parts = new Map<SplitSection, Bytes>();
      for (let c = 0; c < columns; c++) {
        const name = known[u32(names + 4 * c)];
        if (name) parts.set(name, u32(offsets + ((row - 1) * columns + c) * 4));
      }
      this.#byId.set(view.getBigUint64(16 + slot * 8, littleEndian), parts);
      const unit = parts.get('types') ?? parts.get('info');
      if (unit !== undefined) this.#byUnit.set(unit, parts);
    }
  }

  /** Parts of the unit with an id or signature. */
  byId(id: bigint): Contributions | undefined {
    return this.#byId.get(id);
  }

  /** Parts of the unit at an offset of its section. */
  byUnit(offset: Bytes): Contributions | undefined {
    return this.#byUnit.get(offset);
  }
}
