import { hex } from '../../base/hex.ts';
import { LocationError } from './location.ts';
import { floatBits, numberOf, type TypedValue } from './typed-value.ts';

/**
 * An arithmetic, logical or relational operation on one or two values (DWARF 5, 2.5.1.4 and 2.5.1.5). Generic values are
 * compared and divided as signed ones.
 */
export function arithmetic(
  op: number,
  left: TypedValue,
  right: TypedValue | undefined,
  addressSize: number,
): TypedValue {
  const { type } = left;
  if (type?.kind === 'float') return floating(op, left, right);
  const width = (type?.size ?? addressSize) * 8;
  const signed = type?.kind !== 'unsigned';
  const a = signed ? BigInt.asIntN(width, left.bits) : left.bits;
  const b = right === undefined ? 0n : signed ? BigInt.asIntN(width, right.bits) : right.bits;
  const truth = compare(op, a, b);
  if (truth !== undefined) return { bits: truth ? 1n : 0n, type: undefined };
  return { bits: BigInt.asUintN(width, integer(op, a, b, left.bits, right?.bits ?? 0n, width)), type };
}

function compare(op: number, a: bigint | number, b: bigint | number): boolean | undefined {
  switch (op) {
    case 0x29:
      return a === b;
    case 0x2a:
      return a >= b;
    case 0x2b:
      return a > b;
    case 0x2c:
      return a <= b;
    case 0x2d:
      return a < b;
    case 0x2e:
      return a !== b;
    default:
      return undefined;
  }
}

/** @param ua, ub the same as unsigned numbers */
function integer(op: number, a: bigint, b: bigint, ua: bigint, ub: bigint, width: number): bigint {
  switch (op) {
    case 0x19:
      return a < 0n ? -a : a;
    case 0x1a:
      return ua & ub;
    case 0x1b:
      return a / divisor(b);
    case 0x1c:
      return ua - ub;
    case 0x1d:
      return ua % divisor(ub);
    case 0x1e:
      return ua * ub;
    case 0x1f:
      return -ua;
    case 0x20:
      return ~ua;
    case 0x21:
      return ua | ub;
    case 0x22:
      return ua + ub;
    case 0x24:
      return ub >= BigInt(width) ? 0n : ua << ub;
    case 0x25:
      return ub >= BigInt(width) ? 0n : ua >> ub;
    case 0x26: {
      const value = BigInt.asIntN(width, ua);
      return value >> (ub >= BigInt(width) ? BigInt(width - 1) : ub);
    }
    case 0x27:
      return ua ^ ub;
    default:
      throw new LocationError(`unknown operation ${hex(op)}`);
  }
}

function divisor(b: bigint): bigint {
  if (b === 0n) throw new LocationError('division by zero');
  return b;
}

function floating(op: number, left: TypedValue, right: TypedValue | undefined): TypedValue {
  const type = left.type as NonNullable<TypedValue['type']>;
  const a = numberOf(left);
  const b = right ? numberOf(right) : 0;
  const truth = compare(op, a, b);
  if (truth !== undefined) return { bits: truth ? 1n : 0n, type: undefined };
  const results: Readonly<Record<number, number>> = {
    25: Math.abs(a),
    27: a / b,
    28: a - b,
    30: a * b,
    31: -a,
    34: a + b,
  };
  const result = results[op];
  if (result === undefined) throw new LocationError(`operation ${hex(op)} on floating-point numbers`);
  return { bits: floatBits(result, type), type };
}
