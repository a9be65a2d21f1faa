import type { BadDataError } from '../../base/errors.ts';
import { cString } from '../../base/text.ts';
import type { Bytes } from '../../base/units.ts';
import type { Abbrevs } from './abbrevs.ts';
import { DW_AT } from './dw-at.ts';
import { DW_FORM, type FormClass, formClass, formStep, STEP } from './forms.ts';
import { Leb128 } from './leb128.ts';
import type { Unit } from './unit.ts';

const leb = new Leb128();
const F = DW_FORM;

/**
 * An entry of a unit, and a way to move among its neighbours. Attributes are found and decoded when they are asked for;
 * all of them are `undefined` when the entry has no such attribute or the value is of another class.
 */
export class DieCursor {
  readonly unit: Unit;
  readonly #bytes: Uint8Array;
  readonly #abbrevs: Abbrevs;
  /** Position of the entry, of its first attribute, and behind its last one when that is known; in `#bytes`. */
  #at = 0;
  #body = 0;
  #end = -1;
  #row = 0;
  /** DW_TAG, 0 on the null entry that ends a list of children. */
  tag = 0;
  hasChildren = false;
  /** Form and position of the value found last. */
  #form = 0;
  #index = 0;

  /** @param offset as `offset` of another cursor */
  constructor(unit: Unit, offset: Bytes) {
    this.unit = unit;
    this.#bytes = unit.bytes;
    this.#abbrevs = unit.abbrevs;
    this.seek(offset);
  }

  /** Offset in .debug_info; unique within a file (see `Unit.offset`). */
  get offset(): Bytes {
    return this.unit.offset + this.#at;
  }

  clone(): DieCursor {
    return new DieCursor(this.unit, this.offset);
  }

  /** Moves to the entry at `offset`. @throws BadDataError when it is not inside the unit */
  seek(offset: Bytes): this {
    this.#move(offset - this.unit.offset);
    return this;
  }

  #move(at: number): void {
    const { header } = this.unit;
    if (!(at >= header.firstEntry && at < header.size)) throw this.#bad(at, 'entry outside of its unit');
    const code = leb.unsigned(this.#bytes, at);
    const row = code === 0 ? 0 : this.#abbrevs.rows[code];
    if (row === undefined || (row === 0 && code !== 0)) throw this.#bad(at, `no abbreviation ${code}`);
    this.#at = at;
    this.#body = leb.at;
    this.#row = row;
    this.tag = this.#abbrevs.tags[row] as number;
    this.hasChildren = this.#abbrevs.children[row] === 1;
    this.#end = -1;
  }

  #bad(at: number, what: string): BadDataError {
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
    if (this.tag !== 0 || this.#row !== 0) return true;
    this.#move(here);
    return false;
  }

  /** A cursor on the first child. */
  child(): DieCursor | undefined {
    if (!this.hasChildren) return undefined;
    const child = this.clone();
    return child.firstChild() ? child : undefined;
  }

  /** Moves to the next entry with the same parent; false at the end of the list, and then the cursor is of no more use. */
  sibling(): boolean {
    const { size } = this.unit.header;
    const next = this.hasChildren ? this.#behindChildren() : this.#behind();
    if (next >= size) return false;
    this.#move(next);
    return this.#row !== 0;
  }

  /** Moves to the entry that follows in the file: first child, sibling, or a null entry. False at the unit's end. */
  next(): boolean {
    const next = this.#row === 0 ? this.#body : this.#behind();
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
      if (this.#row === 0) {
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
    const at = this.#find(DW_AT.sibling);
    if (at < 0) return 0;
    const to = this.#reference(at);
    return to !== undefined && to > this.#at && to <= this.unit.header.size ? to : 0;
  }

  /** Position behind the attributes of the entry. */
  #behind(): number {
    if (this.#end < 0) {
      const fixed = this.#abbrevs.fixedSize[this.#row] as number;
      this.#end = fixed >= 0 ? this.#body + fixed : this.#walk(this.#abbrevs.first[this.#row + 1] as number);
      if (this.#end > this.unit.header.size) throw this.#bad(this.#at, 'entry reaches beyond its unit');
    }
    return this.#end;
  }

  /** Position of attribute `index` of the table, which belongs to this entry or is the one behind its last. */
  #walk(index: number): number {
    const { first, places, steps, forms } = this.#abbrevs;
    const start = first[this.#row] as number;
    let i = index;
    if (i >= (first[this.#row + 1] as number)) i--;
    while (i > start && (places[i] as number) < 0) i--;
    let at = this.#body + (i >= start ? Math.max(0, places[i] ?? 0) : 0);
    for (; i < index; i++) at = this.#step(at, steps[i] as number, forms[i] as number);
    return at;
  }

  #step(at: number, step: number, form: number): number {
    if (step <= 16) return at + step;
    const bytes = this.#bytes;
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
        to = at + 2 + this.#fixed(at, 2);
        break;
      case STEP.block4:
        to = at + 4 + this.#fixed(at, 4);
        break;
      case STEP.block:
        to = leb.unsigned(bytes, at);
        to += leb.at;
        break;
      case STEP.indirect: {
        const real = leb.unsigned(bytes, at);
        const { version, addressSize, offsetSize } = this.unit.header;
        if (real === F.indirect || real === F.implicit_const) throw this.#bad(at, `indirect form ${real}`);
        return this.#step(leb.at, formStep(real, version, addressSize, offsetSize), real);
      }
      default:
        throw this.#bad(at, `unknown form 0x${form.toString(16)}`);
    }
    if (!(to <= bytes.length)) throw this.#bad(at, 'attribute reaches beyond its unit');
    return to;
  }

  // ---- attributes

  /** Position of the value of `attribute`, -1 when there is none; sets `#form`. */
  #find(attribute: number): number {
    const { first, names, forms } = this.#abbrevs;
    const end = first[this.#row + 1] as number;
    for (let i = first[this.#row] as number; i < end; i++) {
      if (names[i] !== attribute) continue;
      const place = this.#abbrevs.places[i] as number;
      let at = place >= 0 ? this.#body + place : this.#walk(i);
      this.#form = forms[i] as number;
      this.#index = i;
      if (this.#form === F.indirect) {
        this.#form = leb.unsigned(this.#bytes, at);
        at = leb.at;
      }
      return at;
    }
    return -1;
  }

  has(attribute: number): boolean {
    const { first, names } = this.#abbrevs;
    const end = first[this.#row + 1] as number;
    for (let i = first[this.#row] as number; i < end; i++) if (names[i] === attribute) return true;
    return false;
  }

  /** Attributes of this entry in order. */
  attributes(): number[] {
    const { first, names } = this.#abbrevs;
    return Array.from(names.subarray(first[this.#row], first[this.#row + 1]));
  }

  /** DW_FORM of an attribute, the real one when it is indirect. */
  form(attribute: number): number | undefined {
    return this.#find(attribute) < 0 ? undefined : this.#form;
  }

  /** What an attribute's value is. */
  classOf(attribute: number): FormClass | undefined {
    const form = this.form(attribute);
    return form === undefined ? undefined : formClass(form);
  }

  #fixed(at: number, size: number): number {
    if (at + size > this.#bytes.length) throw this.#bad(at, 'value reaches beyond its unit');
    const { view, littleEndian } = this.unit;
    switch (size) {
      case 1:
        return this.#bytes[at] as number;
      case 2:
        return view.getUint16(at, littleEndian);
      case 3: {
        const [a, b, c] = [this.#bytes[at] as number, this.#bytes[at + 1] as number, this.#bytes[at + 2] as number];
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
  #unsigned(at: number): number {
    if (this.#form === F.flag_present) return 1;
    if (this.#form === F.implicit_const) return Number(this.#abbrevs.implicit.get(this.#index) ?? 0);
    if (this.#form === F.sdata) return leb.signed(this.#bytes, at);
    const { version, addressSize, offsetSize } = this.unit.header;
    const step = formStep(this.#form, version, addressSize, offsetSize);
    return step <= 8 ? this.#fixed(at, step) : leb.unsigned(this.#bytes, at);
  }

  /**
   * A constant, section offset, list index or flag as a number, exact up to 2^53. DW_FORM_sdata and implicit_const are
   * signed, DW_FORM_data1 to data8 and udata are not: for these the attribute's meaning decides.
   */
  number(attribute: number): number | undefined {
    const at = this.#find(attribute);
    if (at < 0) return undefined;
    const cls = formClass(this.#form);
    return cls === 'constant' || cls === 'offset' || cls === 'flag' || cls === 'list' ? this.#unsigned(at) : undefined;
  }

  /** A constant with all its 64 bits; `signed` says how DW_FORM_data1 to data8 are meant. */
  big(attribute: number, signed: boolean): bigint | undefined {
    const at = this.#find(attribute);
    if (at < 0 || formClass(this.#form) !== 'constant') return undefined;
    if (this.#form === F.implicit_const) return BigInt(this.#abbrevs.implicit.get(this.#index) ?? 0);
    if (this.#form === F.sdata || this.#form === F.udata) return leb.big(this.#bytes, at, this.#form === F.sdata);
    const size = formStep(this.#form, 4, 8, 8);
    if (at + size > this.#bytes.length) throw this.#bad(at, 'value reaches beyond its unit');
    const value = size === 8 ? this.unit.view.getBigUint64(at, this.unit.littleEndian) : BigInt(this.#fixed(at, size));
    return signed ? BigInt.asIntN(size * 8, value) : value;
  }

  flag(attribute: number): boolean {
    const at = this.#find(attribute);
    return at >= 0 && formClass(this.#form) === 'flag' && this.#unsigned(at) !== 0;
  }

  string(attribute: number): string | undefined {
    const at = this.#find(attribute);
    if (at < 0) return undefined;
    if (this.#form === F.string) return cString(this.#bytes, at);
    const { dwarf } = this.unit;
    switch (this.#form) {
      case F.strp:
        return dwarf.string(this.#unsigned(at));
      case F.line_strp:
        return dwarf.lineString(this.#unsigned(at));
      case F.strp_sup:
      case F.GNU_strp_alt:
        return dwarf.alt?.string(this.#unsigned(at));
      case F.strx:
      case F.strx1:
      case F.strx2:
      case F.strx3:
      case F.strx4:
      case F.GNU_str_index:
        return dwarf.indexedString(this.unit, this.#unsigned(at));
      default:
        return undefined;
    }
  }

  /** Offset of a string in .debug_str, for those that compare many; undefined when it is kept elsewhere. */
  stringOffset(attribute: number): Bytes | undefined {
    const at = this.#find(attribute);
    if (at < 0) return undefined;
    switch (this.#form) {
      case F.strp:
        return this.#unsigned(at);
      case F.strx:
      case F.strx1:
      case F.strx2:
      case F.strx3:
      case F.strx4:
      case F.GNU_str_index:
        return this.unit.dwarf.indexedStringOffset(this.unit, this.#unsigned(at));
      default:
        return undefined;
    }
  }

  /**
   * An address on the file's own scale (see `Dwarf.place`): link-time address minus `Dwarf.origin`.
   * Addresses far from the kernel's image are not exact; take `address` for those.
   */
  place(attribute: number): number | undefined {
    const at = this.#find(attribute);
    if (at < 0) return undefined;
    const { dwarf, header } = this.unit;
    if (this.#form === F.addr) {
      if (at + header.addressSize > this.#bytes.length) throw this.#bad(at, 'address reaches beyond its unit');
      return dwarf.readPlace(this.unit.view, at, header.addressSize);
    }
    return formClass(this.#form) === 'address' ? dwarf.indexedPlace(this.unit, this.#unsigned(at)) : undefined;
  }

  /** A link-time address. */
  address(attribute: number): bigint | undefined {
    const at = this.#find(attribute);
    if (at < 0) return undefined;
    const { dwarf, header, view, littleEndian } = this.unit;
    if (this.#form === F.addr) {
      if (at + header.addressSize > this.#bytes.length) throw this.#bad(at, 'address reaches beyond its unit');
      return header.addressSize === 8 ? view.getBigUint64(at, littleEndian) : BigInt(view.getUint32(at, littleEndian));
    }
    return formClass(this.#form) === 'address' ? dwarf.indexedAddress(this.unit, this.#unsigned(at)) : undefined;
  }

  /** Bytes of a block, an expression or a 16-byte constant; they lie in the unit's memory. */
  block(attribute: number): Uint8Array | undefined {
    let at = this.#find(attribute);
    if (at < 0) return undefined;
    let size: number;
    switch (this.#form) {
      case F.data16:
        size = 16;
        break;
      case F.block1:
        size = this.#fixed(at++, 1);
        break;
      case F.block2:
        size = this.#fixed(at, 2);
        at += 2;
        break;
      case F.block4:
        size = this.#fixed(at, 4);
        at += 4;
        break;
      case F.block:
      case F.exprloc:
        size = leb.unsigned(this.#bytes, at);
        at = leb.at;
        break;
      default:
        return undefined;
    }
    if (at + size > this.#bytes.length) throw this.#bad(at, `block of ${size} bytes reaches beyond its unit`);
    return this.#bytes.subarray(at, at + size);
  }

  /** Position in this unit's bytes of a reference inside of the unit. */
  #reference(at: number): number | undefined {
    switch (this.#form) {
      case F.ref1:
      case F.ref2:
      case F.ref4:
      case F.ref8:
      case F.ref_udata:
        return this.#unsigned(at);
      default:
        return undefined;
    }
  }

  /**
   * Offset that an attribute refers to, in the same file; undefined when there is no such attribute or it leads to the
   * dwz file or to a type unit (which `follow` finds).
   */
  reference(attribute: number): Bytes | undefined {
    const at = this.#find(attribute);
    if (at < 0) return undefined;
    if (this.#form === F.ref_addr) return this.#unsigned(at);
    const inside = this.#reference(at);
    return inside === undefined ? undefined : this.unit.offset + inside;
  }

  /** The entry that an attribute refers to, in this file or the dwz file. @throws BadDataError when it leads nowhere */
  follow(attribute: number): DieCursor | undefined {
    const at = this.#find(attribute);
    if (at < 0) return undefined;
    const { dwarf } = this.unit;
    const inside = this.#reference(at);
    if (inside !== undefined) return new DieCursor(this.unit, this.unit.offset + inside);
    switch (this.#form) {
      case F.ref_addr: {
        const to = this.#unsigned(at);
        return to >= this.unit.offset && to < this.unit.end ? new DieCursor(this.unit, to) : dwarf.die(to);
      }
      case F.GNU_ref_alt:
      case F.ref_sup4:
      case F.ref_sup8:
        return dwarf.alt?.die(this.#unsigned(at));
      case F.ref_sig8:
        if (at + 8 > this.#bytes.length) throw this.#bad(at, 'signature reaches beyond its unit');
        return dwarf.typeBySignature(this.unit.view.getBigUint64(at, this.unit.littleEndian));
      default:
        return undefined;
    }
  }
}
