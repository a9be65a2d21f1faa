import type { Bytes } from '../../base/units.ts';
import { DW_AT } from './dw-at.ts';
import type { Dwarf } from './dwarf.ts';
import { DW_FORM, formStep, STEP } from './forms.ts';
import { Leb128 } from './leb128.ts';
import { nameKind } from './name-kinds.ts';
import type { UnitHeader } from './unit-header.ts';

/** Abbreviation codes that have a row; a unit with others is left to slower readers. */
const CODES = 0x1000;
const MAX_STEPS = 0x20000;
/** A larger section of abbreviations is not held in memory. */
const MAX_ABBREVS = 0x4000000;

/** Columns of a row: what it is, and where in an entry its parts are, from its first attribute; -1 where that varies. */
const INFO = 0;
const SIBLING = 1;
const FIXED = 2;
const NAME = 3;
const SPECIFICATION = 4;
const FIRST_STEP = 5;
const COLUMNS = 8;

/** Of `INFO`: kind of name plus one in the low four bits, and these. */
const KNOWN = 0x10;
const CHILDREN = 0x20;
/** It has a sibling attribute, wherever that is. */
const HAS_SIBLING = 0x40;
/** The name stands in the entry. */
const OWN_NAME = 0x80;

/** Marks in the steps: the attribute behind it is the sibling; the row ends. */
const AT_SIBLING = 62;
const END = 63;

/** What is told of the named entries. */
export interface NameSink {
  /** An entry whose name is at `at` of .debug_str and was not seen with this kind. */
  string(at: Bytes, kind: number, offset: Bytes): void;
  /** An entry whose name stands in the unit's bytes. */
  inline(bytes: Uint8Array, at: number, kind: number, offset: Bytes): void;
  /** An entry whose name takes more to find. */
  other(offset: Bytes): void;
}

/**
 * Goes over the top-level entries of units and tells those that define something with a name. For that, an abbreviation
 * is a row of numbers in one table that all units share, and most entries cost a look at their row and a jump.
 */
export class NameScan {
  readonly #dwarf: Dwarf;
  readonly #sink: NameSink;
  /** By offset in .debug_str: a bit for each kind that a name was seen with; shared with the sink. */
  readonly #seen: Uint8Array;
  readonly #rows = new Int32Array(CODES * COLUMNS);
  readonly #steps = new Uint8Array(MAX_STEPS);
  readonly #leb = new Leb128();
  #abbrevs: Uint8Array | undefined;
  #table = '';
  #ready = false;
  #sibling = 0;

  constructor(dwarf: Dwarf, seen: Uint8Array, sink: NameSink) {
    this.#dwarf = dwarf;
    this.#seen = seen;
    this.#sink = sink;
  }

  /**
   * Whether all of the unit was gone over; if not, nothing of it was told yet, or it ends in damage.
   * @param bytes all of the unit, little-endian
   */
  unit(offset: Bytes, header: UnitHeader, bytes: Uint8Array): boolean {
    if (header.offsetSize !== 4 || !this.#useTable(header)) return false;
    const size = header.size;
    // The first entry is the unit itself.
    const code = this.#leb.unsigned(bytes, header.firstEntry);
    const first = this.#leb.at;
    const row = code * COLUMNS;
    const info = code < CODES ? (this.#rows[row + INFO] as number) : 0;
    if ((info & KNOWN) === 0) return false;
    if ((info & CHILDREN) === 0) return true;
    const fixed = this.#rows[row + FIXED] as number;
    const at = fixed >= 0 ? first + fixed : this.#stepOver(bytes, row, first, size);
    if (at < 0) return false;
    this.#list(offset, bytes, size, at);
    return true;
  }

  /** The entries of a list; those that cannot be stepped over are left to a cursor. */
  #list(unit: Bytes, bytes: Uint8Array, size: number, from: number): void {
    const rows = this.#rows;
    const seen = this.#seen;
    const sink = this.#sink;
    for (let at = from; at < size; ) {
      const start = at;
      let code = bytes[at++] as number;
      if (code === 0) return;
      if (code >= 0x80) code = (code & 0x7f) | ((bytes[at++] as number) << 7);
      const row = code * COLUMNS;
      const info = code < CODES ? (rows[row] as number) : 0;
      const kind = info & 15;
      if (kind !== 0) {
        const name = rows[row + NAME] as number;
        const p = at + name;
        if (name < 0) this.#named(unit, bytes, size, start, at, row, info);
        else if ((info & OWN_NAME) !== 0) sink.inline(bytes, p, kind - 1, unit + start);
        else if (p + 4 <= size) {
          const text =
            ((bytes[p] as number) |
              ((bytes[p + 1] as number) << 8) |
              ((bytes[p + 2] as number) << 16) |
              ((bytes[p + 3] as number) << 24)) >>>
            0;
          if (((seen[text] as number) & (1 << (kind - 1))) === 0) sink.string(text, kind - 1, unit + start);
        }
      }
      if ((info & CHILDREN) === 0) {
        const fixed = rows[row + FIXED] as number;
        at = fixed >= 0 && info !== 0 ? at + fixed : this.#behind(unit, bytes, size, start, at, row, info);
        continue;
      }
      const p = at + (rows[row + SIBLING] as number);
      if (p < at || p + 4 > size) {
        at = this.#behind(unit, bytes, size, start, at, row, info);
        continue;
      }
      const to =
        (bytes[p] as number) |
        ((bytes[p + 1] as number) << 8) |
        ((bytes[p + 2] as number) << 16) |
        ((bytes[p + 3] as number) << 24);
      at = to > start && to <= size ? to : this.#slowly(unit, start, size);
    }
  }

  /** An entry whose name is not at a fixed place: where it specifies another entry, it is that one's. */
  #named(unit: Bytes, bytes: Uint8Array, size: number, start: number, body: number, row: number, info: number): void {
    const place = this.#rows[row + SPECIFICATION] as number;
    const to = place >= 0 && body + place + 4 <= size ? u32(bytes, body + place) : 0;
    const code = to > 0 && to + 2 < size ? (bytes[to] as number) : 0;
    const wide = code >= 0x80;
    const whole = wide ? (code & 0x7f) | ((bytes[to + 1] as number) << 7) : code;
    const other = whole > 0 && whole < CODES ? whole * COLUMNS : 0;
    const name = this.#rows[other + NAME] as number;
    const at = to + (wide ? 2 : 1) + name;
    if (other === 0 || name < 0 || ((this.#rows[other] as number) & OWN_NAME) !== 0 || at + 4 > size) {
      this.#sink.other(unit + start);
      return;
    }
    const text = u32(bytes, at);
    const kind = (info & 15) - 1;
    if (((this.#seen[text] as number) & (1 << kind)) === 0) this.#sink.string(text, kind, unit + start);
  }

  /** Position behind an entry and its children. */
  #behind(
    unit: Bytes,
    bytes: Uint8Array,
    size: number,
    start: number,
    body: number,
    row: number,
    info: number,
  ): number {
    if ((info & KNOWN) !== 0 && ((info & CHILDREN) === 0 || (info & HAS_SIBLING) !== 0)) {
      this.#sibling = 0;
      const after = this.#stepOver(bytes, row, body, size);
      const to = (info & CHILDREN) === 0 ? after : this.#sibling;
      if (after >= 0 && to > start && to <= size) return to;
    }
    return this.#slowly(unit, start, size);
  }

  /** Position behind the attributes that begin at `from`; -1 when they cannot be stepped over. Notes the sibling. */
  #stepOver(bytes: Uint8Array, row: number, from: number, size: number): number {
    const steps = this.#steps;
    const leb = this.#leb;
    let at = from;
    for (let i = this.#rows[row + FIRST_STEP] as number; at <= size; i++) {
      const step = steps[i] as number;
      if (step <= 16) at += step;
      else if (step === STEP.leb) {
        while ((bytes[at++] as number) >= 0x80);
      } else if (step === STEP.block) {
        const length = leb.unsigned(bytes, at);
        at = leb.at + length;
      } else if (step === STEP.block1) at += 1 + (bytes[at] as number);
      else if (step === STEP.string) {
        while (at < size && bytes[at] !== 0) at++;
        at++;
      } else if (step === AT_SIBLING) {
        if (at + 4 > size) return -1;
        this.#sibling = u32(bytes, at);
      } else return step === END ? at : -1;
    }
    return -1;
  }

  /** The same by a cursor, which checks everything. */
  #slowly(unit: Bytes, start: number, size: number): number {
    const cursor = this.#dwarf.unit(unit).die(unit + start);
    return cursor.sibling() || cursor.offset > unit + start ? cursor.offset - unit : size;
  }

  // ---- abbreviations

  /** Fills the rows from the unit's table; false when it is not one that fits. */
  #useTable(header: UnitHeader): boolean {
    const key = `${header.abbrevOffset} ${header.version} ${header.addressSize}`;
    if (key !== this.#table) {
      this.#table = key;
      this.#ready = this.#readTable(header);
    }
    return this.#ready;
  }

  #readTable({ abbrevOffset, version, addressSize }: UnitHeader): boolean {
    if (!this.#abbrevs) {
      const section = this.#dwarf.section('.debug_abbrev');
      if (section.size > MAX_ABBREVS) return false;
      this.#abbrevs = section.bytes(0, section.size, 'abbreviations');
    }
    const bytes = this.#abbrevs;
    const steps = this.#steps;
    const lengths = lengthsOf(version, addressSize);
    const leb = this.#leb;
    this.#rows.fill(0);
    let at = abbrevOffset;
    let step = 0;
    while (at < bytes.length) {
      const code = leb.unsigned(bytes, at);
      if (code === 0) return true;
      const tag = leb.unsigned(bytes, leb.at);
      at = leb.at;
      if (code >= CODES || tag > 0xffff || step + 512 > MAX_STEPS) return false;
      const children = bytes[at++] as number;
      const row = code * COLUMNS;
      this.#rows[row + FIRST_STEP] = step;
      let place = 0;
      let sibling = -1;
      let name = -1;
      let specification = -1;
      let info = KNOWN | (children !== 0 ? CHILDREN : 0);
      let named = false;
      let declared = false;
      let placed = false;
      for (let n = 0; ; n++) {
        let attribute = bytes[at++] as number;
        if (attribute >= 0x80) {
          attribute = leb.unsigned(bytes, at - 1);
          at = leb.at;
        }
        let form = bytes[at++] as number;
        if (form >= 0x80) {
          form = leb.unsigned(bytes, at - 1);
          at = leb.at;
        }
        if (form === DW_FORM.implicit_const) {
          leb.signed(bytes, at);
          at = leb.at;
        }
        if (at > bytes.length || n > 250) return false;
        if (attribute === 0 && form === 0) break;
        const length = form < 0x40 ? (lengths[form] as number) : formStep(form, version, addressSize, 4);
        switch (attribute) {
          case DW_AT.sibling:
            if (form === DW_FORM.ref4) {
              sibling = place;
              info |= HAS_SIBLING;
              steps[step++] = AT_SIBLING;
            }
            break;
          case DW_AT.name:
            named = true;
            if (form === DW_FORM.strp || form === DW_FORM.string) {
              name = place;
              if (form === DW_FORM.string) info |= OWN_NAME;
            }
            break;
          case DW_AT.specification:
          case DW_AT.abstract_origin:
            named = true;
            if (form === DW_FORM.ref4) specification = place;
            break;
          case DW_AT.declaration:
            declared = true;
            break;
          case DW_AT.location:
          case DW_AT.const_value:
            placed = true;
        }
        steps[step++] = length;
        place = place < 0 || length > 16 ? -1 : place + length;
      }
      steps[step++] = END;
      info |= nameKind(tag, { named, declared, placed }) + 1;
      this.#rows[row + INFO] = info;
      this.#rows[row + SIBLING] = sibling;
      this.#rows[row + FIXED] = place;
      this.#rows[row + NAME] = name;
      this.#rows[row + SPECIFICATION] = specification;
    }
    return false;
  }
}

const lengthTables = new Map<number, Uint8Array>();

/** `formStep` of the standard forms in 32-bit DWARF. */
function lengthsOf(version: number, addressSize: number): Uint8Array {
  const key = version * 16 + addressSize;
  let table = lengthTables.get(key);
  if (!table) {
    table = Uint8Array.from({ length: 0x40 }, (_, form) => formStep(form, version, addressSize, 4));
    lengthTables.set(key, table);
  }
  return table;
}

function u32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    0
  );
}
