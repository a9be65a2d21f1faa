import type { BadDataError } from '../../base/errors.ts';
import type { Bytes } from '../../base/units.ts';
import type { Abbrevs } from './abbrevs.ts';
import { DW_AT } from './dw-at.ts';
import { DW_FORM, formStep, STEP } from './forms.ts';
import { Leb128 } from './leb128.ts';
import type { Unit } from './unit.ts';

export const leb = new Leb128();
const F = DW_FORM;

/** Moves among the entries of a unit and finds where the values of their attributes are. */
export class EntryCursor {
  readonly unit: Unit;
  protected readonly bytes: Uint8Array;
  protected readonly abbrevs: Abbrevs;
  /** Position of the entry, of its first attribute, and behind its last one when that is known; in `bytes`. */
  #at = 0;
  #body = 0;
  #end = -1;
  protected row = 0;
  /** DW_TAG, 0 on the null entry that ends a list of children. */
  tag = 0;
  hasChildren = false;
  /** Form and position of the value found last. */
  protected foundForm = 0;
  protected foundIndex = 0;

  /** @param offset as `offset` of another cursor */
  constructor(unit: Unit, offset: Bytes) {
    this.unit = unit;
    this.bytes = unit.bytes;
    this.abbrevs = unit.abbrevs;
    this.seek(offset);
  }

  /** Offset in .debug_info; unique within a file (see `Unit.offset`). */
  get offset(): Bytes {
    return this.unit.offset + this.#at;
  }

  /** Moves to the entry at `offset`. @throws BadDataError when it is not inside the unit */
  seek(offset: Bytes): this {
    this.#move(offset - this.unit.offset);
    return this;
  }

  #move(at: number): void {
    const { header } = this.unit;
    if (!(at >= header.firstEntry && at < header.size)) throw this.bad(at, 'entry outside of its unit');
    const code = leb.unsigned(this.bytes, at);
    const row = code === 0 ? 0 : this.abbrevs.rows[code];
    if (row === undefined || (row === 0 && code !== 0)) throw this.bad(at, `no abbreviation ${code}`);
    this.#at = at;
    this.#body = leb.at;
    this.row = row;
    this.tag = this.abbrevs.tags[row] as number;
    this.hasChildren = this.abbrevs.children[row] === 1;
    this.#end = -1;
  }

  protected bad(at: number, what: string): BadDataError {
    return this.unit.bad(this.unit.offset + at, what);
  }

  // ---- moving

  /** Moves to the first child; false, and stays, when there is none. */
  firstChild(): boolean {
    if (!this.hasChildren) return false;
    const next = this.#behind();
    if (next >= this.unit.header.size) return false;
    const here = this.#at;
    this.#move(next);
    if (this.tag !== 0 || this.row !== 0) return true;
    this.#move(here);
    return false;
  }

  /** Moves to the next entry with the same parent; false at the end of the list, and then the cursor is of no more use. */
  sibling(): boolean {
    const { size } = this.unit.header;
    const next = this.hasChildren ? this.#behindChildren() : this.#behind();
    if (next >= size) return false;
    this.#move(next);
    return this.row !== 0;
  }

  /** Moves to the entry that follows in the file: first child, sibling, or a null entry. False at the unit's end. */
  next(): boolean {
    const next = this.row === 0 ? this.#body : this.#behind();
    if (next >= this.unit.header.size) return false;
    this.#move(next);
    return true;
  }

  /** Position behind the children of the entry; leaves the cursor somewhere among them. */
  #behindChildren(): number {
    const stated = this.#stated();
    if (stated > 0) return stated;
    const { size } = this.unit.header;
    let at = this.#behind();
    for (let depth = 1; at < size; ) {
      this.#move(at);
      if (this.row === 0) {
        at = this.#body;
        if (--depth === 0) return at;
        continue;
      }
      const over = this.hasChildren ? this.#stated() : 0;
      if (this.hasChildren && over === 0) depth++;
      at = over || this.#behind();
    }
    return size;
  }

  /** DW_AT_sibling when it leads forward, 0 otherwise. */
  #stated(): number {
    const at = this.find(DW_AT.sibling);
    if (at < 0) return 0;
    const to = this.referenceAt(at);
    return to !== undefined && to > this.#at && to <= this.unit.header.size ? to : 0;
  }

  /** Position behind the attributes of the entry. */
  #behind(): number {
    if (this.#end < 0) {
      const fixed = this.abbrevs.fixedSize[this.row] as number;
      this.#end = fixed >= 0 ? this.#body + fixed : this.#walk(this.abbrevs.first[this.row + 1] as number);
      if (this.#end > this.unit.header.size) throw this.bad(this.#at, 'entry reaches beyond its unit');
    }
    return this.#end;
  }

  /** Position of attribute `index` of the table, which belongs to this entry or is the one behind its last. */
  #walk(index: number): number {
    const { first, places, steps, forms } = this.abbrevs;
    const start = first[this.row] as number;
    let i = index;
    if (i >= (first[this.row + 1] as number)) i--;
    while (i > start && (places[i] as number) < 0) i--;
    let at = this.#body + (i >= start ? Math.max(0, places[i] ?? 0) : 0);
    for (; i < index; i++) at = this.#step(at, steps[i] as number, forms[i] as number);
    return at;
  }

  #step(at: number, step: number, form: number): number {
    if (step <= 16) return at + step;
    const bytes = this.bytes;
    let to: number;
    switch (step) {
      case STEP.leb:
        to = at;
        while ((bytes[to++] as number) >= 0x80);
        break;
      case STEP.string:
        to = bytes.indexOf(0, at) + 1;
        if (to === 0) to = bytes.length + 1;
        break;
      case STEP.block1:
        to = at + 1 + (bytes[at] as number);
        break;
      case STEP.block2:
        to = at + 2 + this.fixed(at, 2);
        break;
      case STEP.block4:
        to = at + 4 + this.fixed(at, 4);
        break;
      case STEP.block:
        to = leb.unsigned(bytes, at);
        to += leb.at;
        break;
      case STEP.indirect: {
        const real = leb.unsigned(bytes, at);
        const { version, addressSize, offsetSize } = this.unit.header;
        if (real === F.indirect || real === F.implicit_const) throw this.bad(at, `indirect form ${real}`);
        return this.#step(leb.at, formStep(real, version, addressSize, offsetSize), real);
      }
      default:
        throw this.bad(at, `unknown form 0x${form.toString(16)}`);
    }
    if (!(to <= bytes.length)) throw this.bad(at, 'attribute reaches beyond its unit');
    return to;
  }

  // ---- values

  /** Position of the value of `attribute`, -1 when there is none; sets `foundForm`. */
  protected find(attribute: number): number {
    const { first, names, forms } = this.abbrevs;
    const end = first[this.row + 1] as number;
    for (let i = first[this.row] as number; i < end; i++) {
      if (names[i] !== attribute) continue;
      const place = this.abbrevs.places[i] as number;
      let at = place >= 0 ? this.#body + place : this.#walk(i);
      this.foundForm = forms[i] as number;
      this.foundIndex = i;
      if (this.foundForm === F.indirect) {
        this.foundForm = leb.unsigned(this.bytes, at);
        at = leb.at;
      }
      return at;
    }
    return -1;
  }

  protected fixed(at: number, size: number): number {
    if (at + size > this.bytes.length) throw this.bad(at, 'value reaches beyond its unit');
    const { view, littleEndian } = this.unit;
    switch (size) {
      case 1:
        return this.bytes[at] as number;
      case 2:
        return view.getUint16(at, littleEndian);
      case 3: {
        const [a, b, c] = [this.bytes[at] as number, this.bytes[at + 1] as number, this.bytes[at + 2] as number];
        return littleEndian ? a | (b << 8) | (c << 16) : c | (b << 8) | (a << 16);
      }
      case 4:
        return view.getUint32(at, littleEndian);
      default: {
        const a = view.getUint32(at, littleEndian);
        const b = view.getUint32(at + 4, littleEndian);
        return littleEndian ? b * 0x100000000 + a : a * 0x100000000 + b;
      }
    }
  }

  /** Number at `at` in the form found last: a constant, an offset, an index, a flag. */
  protected unsignedAt(at: number): number {
    if (this.foundForm === F.flag_present) return 1;
    if (this.foundForm === F.implicit_const) return Number(this.abbrevs.implicit.get(this.foundIndex) ?? 0);
    if (this.foundForm === F.sdata) return leb.signed(this.bytes, at);
    const { version, addressSize, offsetSize } = this.unit.header;
    const step = formStep(this.foundForm, version, addressSize, offsetSize);
    return step <= 8 ? this.fixed(at, step) : leb.unsigned(this.bytes, at);
  }

  /** Position in this unit's bytes of a reference inside of the unit. */
  protected referenceAt(at: number): number | undefined {
    switch (this.foundForm) {
      case F.ref1:
      case F.ref2:
      case F.ref4:
      case F.ref8:
      case F.ref_udata:
        return this.unsignedAt(at);
      default:
        return undefined;
    }
  }
}
