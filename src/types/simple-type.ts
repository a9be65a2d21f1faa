import type { Bytes } from '../base/units.ts';
import { BaseType } from './base-type.ts';
import type { CType, TypeKind } from './c-type.ts';

/** A type made by this program: void, a pointer to or an array of another type, a base type of known size. */
class SimpleType extends BaseType {
  readonly kind: TypeKind;
  readonly name: string;
  readonly size: Bytes;
  readonly #target: CType | undefined;
  readonly #length: number;
  readonly #signed: boolean;

  constructor(kind: TypeKind, name: string, size: Bytes, signed: boolean, target?: CType, length = 0) {
    super();
    this.kind = kind;
    this.name = name;
    this.size = size;
    this.#signed = signed;
    this.#target = target;
    this.#length = length;
  }

  override get signed(): boolean {
    return this.#signed;
  }

  override get target(): CType | undefined {
    return this.#target;
  }

  override get length(): number {
    return this.#length;
  }
}

export function voidType(): CType {
  return new SimpleType('void', 'void', 0, false);
}

/** @param size bytes of a pointer */
export function pointerTo(target: CType, size: Bytes): CType {
  return new SimpleType('pointer', '', size, false, target);
}

/** `target[0]`, not `target[]`. */
export function emptyArrayOf(target: CType): CType {
  return Object.assign(arrayOf(target, 0), { declaredEmpty: true as const });
}

export function arrayOf(target: CType, length: number): CType {
  return new SimpleType('array', '', target.size * length, false, target, length);
}

export function intType(name: string, size: Bytes, signed: boolean): CType {
  return new SimpleType('int', name, size, signed);
}

export function floatType(name: string, size: Bytes): CType {
  return new SimpleType('float', name, size, true);
}

/** The same with `const`. */
export function constOf(target: CType): CType {
  return new SimpleType('const', '', target.size, false, target);
}

/** The same with `volatile`. */
export function volatileOf(target: CType): CType {
  return new SimpleType('volatile', '', target.size, false, target);
}

/** A function whose parameters are not known. */
export function functionType(target: CType, name = ''): CType {
  return new SimpleType('function', name, 0, false, target);
}
