import type { ValueType } from './expression-context.ts';
import { LocationError } from './location.ts';

/** An entry of the expression stack: bits, and a base type when it is not the generic one. */
export interface TypedValue {
  /** Unsigned, of the type's size. */
  readonly bits: bigint;
  readonly type: ValueType | undefined;
}

/** The number that a float's bits stand for, or the integer. */
export function numberOf(value: TypedValue): number {
  const { type, bits } = value;
  if (type?.kind !== 'float') return Number(type?.kind === 'unsigned' ? bits : BigInt.asIntN(sizeOf(type) * 8, bits));
  const view = new DataView(new ArrayBuffer(8));
  if (type.size === 4) {
    view.setUint32(0, Number(bits));
    return view.getFloat32(0);
  }
  if (type.size !== 8) throw new LocationError(`floating-point number of ${type.size} bytes`);
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
}

/** Bits of a float type for a number. */
export function floatBits(value: number, type: ValueType): bigint {
  const view = new DataView(new ArrayBuffer(8));
  if (type.size === 4) {
    view.setFloat32(0, value);
    return BigInt(view.getUint32(0));
  }
  if (type.size !== 8) throw new LocationError(`floating-point number of ${type.size} bytes`);
  view.setFloat64(0, value);
  return view.getBigUint64(0);
}

function sizeOf(type: ValueType | undefined): number {
  return type?.size ?? 8;
}

/** `DW_OP_convert`: the same number in another type. */
export function convert(value: TypedValue, type: ValueType | undefined, addressSize: number): TypedValue {
  if (type?.kind === 'float') return { bits: floatBits(numberOf(value), type), type };
  const bits = BigInt((type?.size ?? addressSize) * 8);
  if (value.type?.kind === 'float') {
    const n = numberOf(value);
    if (!Number.isFinite(n)) throw new LocationError('a floating-point value that is no number');
    return { bits: BigInt.asUintN(Number(bits), BigInt(Math.trunc(n))), type };
  }
  const from = (value.type?.size ?? addressSize) * 8;
  const number = value.type?.kind === 'signed' ? BigInt.asIntN(from, value.bits) : value.bits;
  return { bits: BigInt.asUintN(Number(bits), number), type };
}
