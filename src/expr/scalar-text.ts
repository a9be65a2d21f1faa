import type { Program } from '../program/program.ts';
import type { CType } from '../types/c-type.ts';
import { quotedByte } from './c-string.ts';
import type { PrintFormat } from './print-format.ts';
import { addressText, symbolText } from './symbol-text.ts';

/** A type of one byte that gdb shows as a character too: `char`, `u8`, `s8`. */
export function isCharacter(type: CType): boolean {
  return type.kind === 'int' && type.size === 1 && !isBool(type);
}

export function isBool(type: CType): boolean {
  return type.kind === 'int' && type.name === '_Bool';
}

/** An integer, bool or enum. @param type resolved @param bits its width */
export function scalarText(prog: Program, type: CType, value: bigint, bits: number, format: PrintFormat): string {
  if (format.letter !== undefined && format.letter !== 's') return letterText(prog, type, value, bits, format.letter);
  if (type.kind === 'enum') return enumValueText(type, value);
  if (format.radix === 16) return hexText(value, bits);
  if (isBool(type)) return value === 0n ? 'false' : value === 1n ? 'true' : String(value);
  if (isCharacter(type)) return characterText(value);
  return String(value);
}

function hexText(value: bigint, bits: number): string {
  return `0x${BigInt.asUintN(bits, value).toString(16)}`;
}

function characterText(value: bigint): string {
  return `${value} '${quotedByte(Number(BigInt.asUintN(8, value)), "'")}'`;
}

/** A value by one of gdb's format letters. */
export function letterText(prog: Program, type: CType, value: bigint, bits: number, letter: string): string {
  const unsigned = BigInt.asUintN(bits, value);
  switch (letter) {
    case 'x':
      return `0x${unsigned.toString(16)}`;
    case 'o':
      return unsigned === 0n ? '0' : `0${unsigned.toString(8)}`;
    case 't':
      return unsigned.toString(2);
    case 'd':
      return String(BigInt.asIntN(bits, value));
    case 'u':
      return String(unsigned);
    case 'z':
      return `0x${unsigned.toString(16).padStart(Math.ceil(bits / 4), '0')}`;
    case 'a':
      return addressText(unsigned) + symbolText(prog, unsigned);
    case 'c':
      return characterText(type.signed || type.kind === 'enum' ? BigInt.asIntN(8, value) : BigInt.asUintN(8, value));
    case 'f':
      return bits === 64 || bits === 32 ? floatOf(unsigned, bits) : String(value);
    default:
      return String(value);
  }
}

function floatOf(bits: bigint, size: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits);
  return realText(size === 64 ? view.getFloat64(0) : view.getFloat32(4), size / 8);
}

/** A floating-point number with as many digits as its type holds. */
export function realText(value: number, size: number): string {
  if (Number.isNaN(value)) return 'nan(0x8000000000000)';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  const text = String(Number(value.toPrecision(size === 4 ? 9 : 17)));
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

/** The constant, a combination of flags such as `(A | B)`, or the number. */
function enumValueText(type: CType, value: bigint): string {
  const constants = type.enumerators;
  for (const constant of constants) if (constant.value === value) return constant.name;
  if (!areFlags(constants)) return String(value);
  let rest = value;
  let text = '';
  for (const constant of constants) {
    if ((rest & constant.value) === 0n) continue;
    text += `${text === '' ? '(' : ' | '}${constant.name}`;
    rest &= ~constant.value;
  }
  if (rest !== 0n) return `${text === '' ? '(' : `${text} | `}unknown: 0x${BigInt.asUintN(64, rest).toString(16)})`;
  return text === '' ? '0' : `${text})`;
}

/** Constants of which each has bits of its own, in a row. */
function areFlags(constants: CType['enumerators']): boolean {
  let seen = 0n;
  for (const { value } of constants) {
    if (value < 0n || (seen & value) !== 0n || !inARow(value)) return false;
    seen |= value;
  }
  return true;
}

function inARow(value: bigint): boolean {
  if (value === 0n) return true;
  const lowest = value & -value;
  const ones = value / lowest;
  return (ones & (ones + 1n)) === 0n;
}
