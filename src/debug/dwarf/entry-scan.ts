import type { Bytes } from '../../base/units.ts';
import type { Abbrevs } from './abbrevs.ts';
import type { DieCursor } from './die-cursor.ts';
import { DW_AT } from './dw-at.ts';
import { DW_FORM } from './forms.ts';
import type { Unit } from './unit.ts';

/**
 * Steps over entries with the same parent as fast as can be, and stops only at those whose abbreviation is wanted:
 * most entries of a unit are types that nobody asked for.
 */
export class EntryScan {
  readonly #unit: Unit;
  readonly #wanted: Uint8Array;
  readonly #siblings: Int32Array;
  /** For entries that take more than arithmetic. */
  readonly #cursor: DieCursor;
  /** Position in the unit of the entry to be looked at next. */
  #next: Bytes;
  /** Offset of the entry it stopped at. */
  offset: Bytes = 0;
  /** Its row in the abbreviations, and where its attributes begin in the unit's bytes. */
  row = 0;
  body: Bytes = 0;

  /** @param first offset of the first entry of the list @param wanted by row of the unit's abbreviations */
  constructor(unit: Unit, first: Bytes, wanted: Uint8Array) {
    this.#unit = unit;
    this.#wanted = wanted;
    this.#siblings = siblingPlaces(unit.abbrevs);
    this.#cursor = unit.die(first);
    this.#next = first - unit.offset;
  }

  /** Moves to the next wanted entry; false at the end of the list. @throws BadDataError */
  next(): boolean {
    const { bytes, abbrevs, littleEndian } = this.#unit;
    const { rows, fixedSize, children } = abbrevs;
    const { size } = this.#unit.header;
    const siblings = this.#siblings;
    const wanted = this.#wanted;
    let at = this.#next;
    while (at < size) {
      const start = at;
      let code = bytes[at++] as number;
      if (code === 0) break;
      if (code >= 0x80) {
        const second = bytes[at++] as number;
        code = (code & 0x7f) | (second << 7);
        if (second >= 0x80) code = -1;
      }
      const row = code < 0 ? 0 : (rows[code] ?? 0);
      const body = at;
      const place = siblings[row] as number;
      const fixed = fixedSize[row] as number;
      if (row === 0) at = this.#slowly(start);
      else if (place >= 0 && at + place + 4 <= size) {
        const p = at + place;
        const to = littleEndian
          ? (bytes[p] as number) |
            ((bytes[p + 1] as number) << 8) |
            ((bytes[p + 2] as number) << 16) |
            ((bytes[p + 3] as number) << 24)
          : ((bytes[p] as number) << 24) |
            ((bytes[p + 1] as number) << 16) |
            ((bytes[p + 2] as number) << 8) |
            (bytes[p + 3] as number);
        at = to > start && to <= size ? to : this.#slowly(start);
      } else if (fixed >= 0 && children[row] === 0) at += fixed;
      else at = this.#slowly(start);
      if (wanted[row] === 1) {
        this.#next = at;
        this.offset = this.#unit.offset + start;
        this.row = row;
        this.body = body;
        return true;
      }
    }
    this.#next = size;
    return false;
  }

  /** The same by the cursor, which checks everything. */
  #slowly(start: Bytes): Bytes {
    this.#cursor.seek(this.#unit.offset + start);
    return this.#cursor.sibling() || this.#cursor.offset > this.#unit.offset + start
      ? this.#cursor.offset - this.#unit.offset
      : this.#unit.header.size;
  }
}

/** Where DW_AT_sibling is in the entries of each row, from their first attribute: -1 when not always at the same place. */
function siblingPlaces(abbrevs: Abbrevs): Int32Array {
  const cached = abbrevs.scratch.siblings;
  if (cached) return cached;
  const places = new Int32Array(abbrevs.tags.length).fill(-1);
  for (let row = 1; row < places.length; row++) {
    if (abbrevs.children[row] === 0) continue;
    for (let i = abbrevs.first[row] as number; i < (abbrevs.first[row + 1] as number); i++) {
      if (abbrevs.names[i] === DW_AT.sibling && abbrevs.forms[i] === DW_FORM.ref4)
        places[row] = abbrevs.places[i] as number;
    }
  }
  abbrevs.scratch.siblings = places;
  return places;
}

/** Rows of entries with one of `tags` that have code of their own. */
export function rowsWithCode(abbrevs: Abbrevs, tags: readonly number[]): Uint8Array {
  const wanted = new Uint8Array(abbrevs.tags.length);
  for (let row = 1; row < wanted.length; row++) {
    if (!tags.includes(abbrevs.tags[row] as number)) continue;
    for (let i = abbrevs.first[row] as number; i < (abbrevs.first[row + 1] as number); i++) {
      if (abbrevs.names[i] === DW_AT.low_pc || abbrevs.names[i] === DW_AT.ranges) wanted[row] = 1;
    }
  }
  return wanted;
}
