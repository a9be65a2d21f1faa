import { AnalysisError } from '../base/errors.ts';
import type { Program } from '../program/program.ts';
import type { CType } from '../types/c-type.ts';
import { formatType } from '../types/format-type.ts';
import { baseTypes } from './base-types.ts';
import { ExprValue } from './expr-value.ts';

const COMPARISONS = new Set(['==', '!=', '<', '>', '<=', '>=']);

/** A binary operator of C on two values; pointers, integers and floating-point numbers. @throws AnalysisError */
export function binary(prog: Program, op: string, left: ExprValue, right: ExprValue): ExprValue {
  const a = decay(left);
  const b = decay(right);
  const types = baseTypes(prog);
  if (COMPARISONS.has(op)) return ExprValue.ofInteger(prog, types.get('int'), compare(prog, op, a, b) ? 1n : 0n);
  const pa = a.type.resolve().kind === 'pointer';
  const pb = b.type.resolve().kind === 'pointer';
  if (pa && pb && op === '-') return pointerDifference(prog, a, b);
  if (pa && !pb && (op === '+' || op === '-')) return pointerPlus(prog, a, b, op === '-' ? -1n : 1n);
  if (pb && !pa && op === '+') return pointerPlus(prog, b, a, 1n);
  if (isReal(a) || isReal(b)) return realBinary(prog, op, a, b);
  return integerBinary(prog, op, a, b);
}

function isReal(value: ExprValue): boolean {
  return value.type.resolve().kind === 'float';
}

/** Arrays and functions become pointers. */
export function decay(value: ExprValue): ExprValue {
  const type = value.type.resolve();
  const types = baseTypes(value.prog);
  if (type.kind === 'array' && type.target) {
    if (value.address === undefined) return value;
    return ExprValue.ofInteger(value.prog, types.pointer(type.target), value.address);
  }
  if (type.kind === 'function') return ExprValue.ofInteger(value.prog, types.pointer(type), value.toBigInt());
  return value;
}

function compare(prog: Program, op: string, a: ExprValue, b: ExprValue): boolean {
  if (isReal(a) || isReal(b)) return ordered(op, a.toNumber(), b.toNumber());
  if (a.type.resolve().kind === 'pointer' || b.type.resolve().kind === 'pointer') {
    const bits = prog.pointerSize * 8;
    return ordered(op, BigInt.asUintN(bits, a.toBigInt()), BigInt.asUintN(bits, b.toBigInt()));
  }
  const type = commonType(prog, a, b);
  return ordered(op, wrapTo(type, integer(a)), wrapTo(type, integer(b)));
}

function ordered<T extends number | bigint>(op: string, a: T, b: T): boolean {
  switch (op) {
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return a < b;
    case '>':
      return a > b;
    case '<=':
      return a <= b;
    default:
      return a >= b;
  }
}

/** Bytes that a pointer moves by; what has no size counts as bytes. */
function step(pointer: ExprValue): bigint {
  return BigInt(Math.max(1, pointer.type.resolve().target?.resolve().size ?? 1));
}

function pointerPlus(prog: Program, pointer: ExprValue, n: ExprValue, sign: bigint): ExprValue {
  return ExprValue.ofInteger(prog, pointer.type, pointer.toBigInt() + sign * step(pointer) * integer(n));
}

function pointerDifference(prog: Program, a: ExprValue, b: ExprValue): ExprValue {
  const size = step(a);
  if (size !== step(b)) {
    throw new AnalysisError('type', `pointers to ${size} and ${step(b)} bytes have no difference: cast one of them`);
  }
  return ExprValue.ofInteger(prog, baseTypes(prog).get('long'), (a.toBigInt() - b.toBigInt()) / size);
}

function realBinary(prog: Program, op: string, a: ExprValue, b: ExprValue): ExprValue {
  const x = a.toNumber();
  const y = b.toNumber();
  const results: Readonly<Record<string, () => number>> = {
    '+': () => x + y,
    '-': () => x - y,
    '*': () => x * y,
    '/': () => x / y,
  };
  const result = results[op];
  if (!result) throw new AnalysisError('type', `floating-point numbers have no '${op}'`);
  return ExprValue.ofReal(prog, baseTypes(prog).get('double'), result());
}

/** The value of an integer, enum, bool or bit-field. @throws AnalysisError for anything else */
export function integer(value: ExprValue): bigint {
  const type = value.type.resolve();
  if (type.kind === 'int' || type.kind === 'enum' || type.kind === 'pointer') return value.toBigInt();
  throw new AnalysisError('type', `${formatType(value.type)} is no integer`);
}

/** What C's integer promotion makes of a value's type. */
export function promoted(prog: Program, value: ExprValue): CType {
  const type = value.type.resolve();
  const types = baseTypes(prog);
  if (type.kind === 'pointer') return types.get('unsigned long');
  if (type.kind !== 'int' && type.kind !== 'enum') {
    throw new AnalysisError('type', `${formatType(value.type)} is no integer`);
  }
  const narrow = value.bitSize > 0 && value.bitSize < 32;
  if (type.size < 4 || narrow) return types.get('int');
  if (type.size === 4) return types.get(type.signed ? 'int' : 'unsigned int');
  if (type.size > 8) return types.get(type.signed ? '__int128' : 'unsigned __int128');
  const long = type.name.includes('long long') ? 'long long' : 'long';
  return types.get(type.signed ? long : `unsigned ${long}`);
}

/** The type of the usual arithmetic conversions. */
function commonType(prog: Program, a: ExprValue, b: ExprValue): CType {
  const x = promoted(prog, a);
  const y = promoted(prog, b);
  const wide = x.size === y.size ? (x.name.length >= y.name.length ? x : y) : x.size > y.size ? x : y;
  const unsigned = (!x.signed && x.size === wide.size) || (!y.signed && y.size === wide.size);
  if (!unsigned || !wide.signed) return wide;
  return baseTypes(prog).get(`unsigned ${wide.name}`);
}

/** A number cut to a type. */
export function wrapTo(type: CType, value: bigint): bigint {
  const bits = type.size * 8;
  return type.signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
}

function integerBinary(prog: Program, op: string, a: ExprValue, b: ExprValue): ExprValue {
  if (op === '<<' || op === '>>') return shift(prog, op, a, b);
  const type = commonType(prog, a, b);
  const x = wrapTo(type, integer(a));
  const y = wrapTo(type, integer(b));
  return ExprValue.ofInteger(prog, type, calculate(op, x, y));
}

function shift(prog: Program, op: string, a: ExprValue, b: ExprValue): ExprValue {
  const type = promoted(prog, a);
  const x = wrapTo(type, integer(a));
  const n = integer(b);
  if (n < 0n) throw new AnalysisError('range', `shift by ${n} bits`);
  const far = n >= BigInt(type.size * 8);
  const value = far ? (op === '>>' && x < 0n ? -1n : 0n) : op === '<<' ? x << n : x >> n;
  return ExprValue.ofInteger(prog, type, value);
}

function calculate(op: string, x: bigint, y: bigint): bigint {
  switch (op) {
    case '+':
      return x + y;
    case '-':
      return x - y;
    case '*':
      return x * y;
    case '&':
      return x & y;
    case '|':
      return x | y;
    case '^':
      return x ^ y;
    case '/':
    case '%':
      if (y === 0n) throw new AnalysisError('range', 'division by zero');
      return op === '/' ? x / y : x % y;
    default:
      throw new AnalysisError('type', `no operator '${op}'`);
  }
}
