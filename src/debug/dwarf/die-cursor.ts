import { cString } from '../../base/text.ts';
import type { Bytes } from '../../base/units.ts';
import { EntryCursor, leb } from './entry-cursor.ts';
import { DW_FORM, type FormClass, formClass, formStep } from './forms.ts';

const F = DW_FORM;

/**
 * An entry of a unit, and a way to move among its neighbours. Attributes are found and decoded when they are asked for;
 * all of them are `undefined` when the entry has no such attribute or the value is of another class.
 */
export class DieCursor extends EntryCursor {
  clone(): DieCursor {
    return new DieCursor(this.unit, this.offset);
  }

  /** A cursor on the first child. */
  child(): DieCursor | undefined {
    if (!this.hasChildren) return undefined;
    const child = this.clone();
    return child.firstChild() ? child : undefined;
  }

  has(attribute: number): boolean {
    const { first, names } = this.abbrevs;
    const end = first[this.row + 1] as number;
    for (let i = first[this.row] as number; i < end; i++) if (names[i] === attribute) return true;
    return false;
  }

  /** Attributes of this entry in order. */
  attributes(): number[] {
    const { first, names } = this.abbrevs;
    return Array.from(names.subarray(first[this.row], first[this.row + 1]));
  }

  /** DW_FORM of an attribute, the real one when it is indirect. */
  form(attribute: number): number | undefined {
    return this.find(attribute) < 0 ? undefined : this.foundForm;
  }

  /** What an attribute's value is. */
  classOf(attribute: number): FormClass | undefined {
    const form = this.form(attribute);
    return form === undefined ? undefined : formClass(form);
  }

  /**
   * A constant, section offset, list index or flag as a number, exact up to 2^53. DW_FORM_sdata and implicit_const are
   * signed, DW_FORM_data1 to data8 and udata are not: for these the attribute's meaning decides.
   */
  number(attribute: number): number | undefined {
    const at = this.find(attribute);
    if (at < 0) return undefined;
    const cls = formClass(this.foundForm);
    return cls === 'constant' || cls === 'offset' || cls === 'flag' || cls === 'list' ? this.unsignedAt(at) : undefined;
  }

  /** A constant with all its 64 bits; `signed` says how DW_FORM_data1 to data8 are meant. */
  big(attribute: number, signed: boolean): bigint | undefined {
    const at = this.find(attribute);
    if (at < 0 || formClass(this.foundForm) !== 'constant') return undefined;
    if (this.foundForm === F.implicit_const) return BigInt(this.abbrevs.implicit.get(this.foundIndex) ?? 0);
    if (this.foundForm === F.sdata || this.foundForm === F.udata)
      return leb.big(this.bytes, at, this.foundForm === F.sdata);
    const size = formStep(this.foundForm, 4, 8, 8);
    if (at + size > this.bytes.length) throw this.bad(at, 'value reaches beyond its unit');
    const value = size === 8 ? this.unit.view.getBigUint64(at, this.unit.littleEndian) : BigInt(this.fixed(at, size));
    return signed ? BigInt.asIntN(size * 8, value) : value;
  }

  flag(attribute: number): boolean {
    const at = this.find(attribute);
    return at >= 0 && formClass(this.foundForm) === 'flag' && this.unsignedAt(at) !== 0;
  }

  string(attribute: number): string | undefined {
    const at = this.find(attribute);
    if (at < 0) return undefined;
    if (this.foundForm === F.string) return cString(this.bytes, at);
    const { dwarf } = this.unit;
    switch (this.foundForm) {
      case F.strp:
        return dwarf.string(this.unsignedAt(at));
      case F.line_strp:
        return dwarf.lineString(this.unsignedAt(at));
      case F.strp_sup:
      case F.GNU_strp_alt:
        return dwarf.alt?.string(this.unsignedAt(at));
      case F.strx:
      case F.strx1:
      case F.strx2:
      case F.strx3:
      case F.strx4:
      case F.GNU_str_index:
        return dwarf.indexedString(this.unit, this.unsignedAt(at));
      default:
        return undefined;
    }
  }

  /** Offset of a string in .debug_str, for those that compare many; undefined when it is kept elsewhere. */
  stringOffset(attribute: number): Bytes | undefined {
    const at = this.find(attribute);
    if (at < 0) return undefined;
    switch (this.foundForm) {
      case F.strp:
        return this.unsignedAt(at);
      case F.strx:
      case F.strx1:
      case F.strx2:
      case F.strx3:
      case F.strx4:
      case F.GNU_str_index:
        return this.unit.dwarf.indexedStringOffset(this.unit, this.unsignedAt(at));
      default:
        return undefined;
    }
  }

  /**
   * An address on the file's own scale (see `Dwarf.place`): link-time address minus `Dwarf.origin`.
   * Addresses far from the kernel's image are not exact; take `address` for those.
   */
  place(attribute: number): number | undefined {
    const at = this.find(attribute);
    if (at < 0) return undefined;
    const { dwarf, header } = this.unit;
    if (this.foundForm === F.addr) {
      if (at + header.addressSize > this.bytes.length) throw this.bad(at, 'address reaches beyond its unit');
      return dwarf.readPlace(this.unit.view, at, header.addressSize);
    }
    return formClass(this.foundForm) === 'address' ? dwarf.indexedPlace(this.unit, this.unsignedAt(at)) : undefined;
  }

  /** A link-time address. */
  address(attribute: number): bigint | undefined {
    const at = this.find(attribute);
    if (at < 0) return undefined;
    const { dwarf, header, view, littleEndian } = this.unit;
    if (this.foundForm === F.addr) {
      if (at + header.addressSize > this.bytes.length) throw this.bad(at, 'address reaches beyond its unit');
      return header.addressSize === 8 ? view.getBigUint64(at, littleEndian) : BigInt(view.getUint32(at, littleEndian));
    }
    return formClass(this.foundForm) === 'address' ? dwarf.indexedAddress(this.unit, this.unsignedAt(at)) : undefined;
  }

  /** Bytes of a block, an expression or a 16-byte constant; they lie in the unit's memory. */
  block(attribute: number): Uint8Array | undefined {
    let at = this.find(attribute);
    if (at < 0) return undefined;
    let size: number;
    switch (this.foundForm) {
      case F.data16:
        size = 16;
        break;
      case F.block1:
        size = this.fixed(at++, 1);
        break;
      case F.block2:
        size = this.fixed(at, 2);
        at += 2;
        break;
      case F.block4:
        size = this.fixed(at, 4);
        at += 4;
        break;
      case F.block:
      case F.exprloc:
        size = leb.unsigned(this.bytes, at);
        at = leb.at;
        break;
      default:
        return undefined;
    }
    if (at + size > this.bytes.length) throw this.bad(at, `block of ${size} bytes reaches beyond its unit`);
    return this.bytes.subarray(at, at + size);
  }

  /**
   * Offset that an attribute refers to, in the same file; undefined when there is no such attribute or it leads to the
   * dwz file or to a type unit (which `follow` finds).
   */
  reference(attribute: number): Bytes | undefined {
    const at = this.find(attribute);
    if (at < 0) return undefined;
    if (this.foundForm === F.ref_addr) return this.unsignedAt(at);
    const inside = this.referenceAt(at);
    return inside === undefined ? undefined : this.unit.offset + inside;
  }

  /** The entry that an attribute refers to, in this file or the dwz file. @throws BadDataError when it leads nowhere */
  follow(attribute: number): DieCursor | undefined {
    const at = this.find(attribute);
    if (at < 0) return undefined;
    const { dwarf } = this.unit;
    const inside = this.referenceAt(at);
    if (inside !== undefined) return new DieCursor(this.unit, this.unit.offset + inside);
    switch (this.foundForm) {
      case F.ref_addr: {
        const to = this.unsignedAt(at);
        return to >= this.unit.offset && to < this.unit.end ? new DieCursor(this.unit, to) : dwarf.die(to);
      }
      case F.GNU_ref_alt:
      case F.ref_sup4:
      case F.ref_sup8:
        return dwarf.alt?.die(this.unsignedAt(at));
      case F.ref_sig8:
        if (at + 8 > this.bytes.length) throw this.bad(at, 'signature reaches beyond its unit');
        return dwarf.typeBySignature(this.unit.view.getBigUint64(at, this.unit.littleEndian));
      default:
        return undefined;
    }
  }
}
