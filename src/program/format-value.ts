import { AnalysisError } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import type { CType, Member } from '../types/c-type.ts';
import type { Program } from './program.ts';

/** How much of a value is shown. */
export interface ValueFormat {
  /** Structs inside structs. */
  readonly depth?: number;
  /** Elements of an array and members of a struct. */
  readonly elements?: number;
  /** Characters of a string. */
  readonly text?: number;
}

const DEPTH = 1;
const ELEMENTS = 8;
const TEXT = 64;
/** Characters that one value may take; the rest is cut. */
const MAX_LENGTH = 1000;

/**
 * A value as C would write it: `42`, `'x'`, `true`, `TASK_DEAD`, `0xffff888012345678`, `0xffffffff81234560 <do_exit>`,
 * `"text"`, `{.next = ..., .prev = ...}`. Not made safe for a terminal: renderers do that.
 * @param bytes the object as it lies in memory; fewer than the type has show as `...`
 */
export function formatValue(prog: Program, type: CType, bytes: Uint8Array, format: ValueFormat = {}): string {
  const text = one(prog, type, bytes, { depth: DEPTH, elements: ELEMENTS, text: TEXT, ...format });
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}...` : text;
}

function one(prog: Program, type: CType, bytes: Uint8Array, format: Required<ValueFormat>): string {
  const base = type.resolve();
  switch (base.kind) {
    case 'struct':
    case 'union':
      return structText(prog, base, bytes, format);
    case 'array':
      return arrayText(prog, base, bytes, format);
    case 'pointer': {
      const value = numberAt(prog, bytes, base.size, false);
      return value === undefined ? '...' : pointerText(prog, base, value, format);
    }
    case 'float':
      return floatText(prog, bytes, base.size);
    case 'void':
    case 'function':
    case 'forward':
      return '...';
    default: {
      const value = numberAt(prog, bytes, base.size, base.signed);
      return value === undefined ? '...' : scalarText(base, value);
    }
  }
}

/** An integer of `size` bytes at the start of `bytes`. */
function numberAt(prog: Program, bytes: Uint8Array, size: number, signed: boolean): bigint | undefined {
  if (size < 1 || size > 16 || bytes.length < size) return undefined;
  let value = 0n;
  for (let i = 0; i < size; i++) {
    value = (value << 8n) | BigInt(bytes[prog.arch.littleEndian ? size - 1 - i : i] as number);
  }
  return signed ? BigInt.asIntN(size * 8, value) : value;
}

function scalarText(type: CType, value: bigint): string {
  if (type.kind === 'enum') return type.enumerators.find((e) => e.value === value)?.name ?? String(value);
  if ((type.name === '_Bool' || type.name === 'bool') && (value === 0n || value === 1n)) return String(value === 1n);
  if (type.name === 'char' && value >= 0x20n && value < 0x7fn) return `'${String.fromCharCode(Number(value))}'`;
  return String(value);
}

function floatText(prog: Program, bytes: Uint8Array, size: number): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (size === 4 && bytes.length >= 4) return String(view.getFloat32(0, prog.arch.littleEndian));
  if (size === 8 && bytes.length >= 8) return String(view.getFloat64(0, prog.arch.littleEndian));
  return '...';
}

function pointerText(prog: Program, type: CType, value: Addr, format: Required<ValueFormat>): string {
  const address = hex(value);
  if (value < 4096n) return address;
  const target = type.target?.resolve();
  if (target && isCharacter(target)) {
    const text = readText(prog, value, format.text);
    if (text !== undefined) return `${address} ${text}`;
  }
  const symbol = prog.symbolAt(value);
  if (!symbol) return address;
  const offset = value - symbol.address;
  return `${address} <${symbol.name}${offset === 0n ? '' : `+${hex(offset)}`}>`;
}

function isCharacter(type: CType): boolean {
  return type.kind === 'int' && type.size === 1 && type.name === 'char';
}

/** A string that is readable text, in quotes. */
function readText(prog: Program, at: Addr, limit: number): string | undefined {
  const bytes = new Uint8Array(limit);
  try {
    const there = prog.memory.readWhatIsThere(at, bytes);
    return quoted(bytes.subarray(0, there), limit);
  } catch (e) {
    if (e instanceof AnalysisError) return undefined;
    throw e;
  }
}

/** Text up to the first NUL in quotes; undefined when a byte is no printable character. */
function quoted(bytes: Uint8Array, limit: number): string | undefined {
  let text = '';
  for (let i = 0; i < bytes.length && i < limit; i++) {
    const c = bytes[i] as number;
    if (c === 0) return `"${text}"`;
    if (c === 10) text += '\\n';
    else if (c === 9) text += '\\t';
    else if (c >= 0x20 && c < 0x7f)
      text += c === 34 || c === 92 ? `\\${String.fromCharCode(c)}` : String.fromCharCode(c);
    else return undefined;
  }
  return text === '' ? undefined : `"${text}"...`;
}

function arrayText(prog: Program, type: CType, bytes: Uint8Array, format: Required<ValueFormat>): string {
  const { target, length } = type;
  if (!target) return '...';
  if (isCharacter(target.resolve())) {
    const text = bytes[0] === 0 ? '""' : quoted(bytes.subarray(0, length), Math.min(length, format.text));
    if (text !== undefined) return text;
  }
  if (format.depth <= 0 && length > 0) return '{...}';
  const { size } = target;
  const parts: string[] = [];
  for (let i = 0; i < length && i < format.elements && size > 0 && (i + 1) * size <= bytes.length; i++) {
    parts.push(one(prog, target, bytes.subarray(i * size, (i + 1) * size), { ...format, depth: format.depth - 1 }));
  }
  if (parts.length < length) parts.push('...');
  return `{${parts.join(', ')}}`;
}

function structText(prog: Program, type: CType, bytes: Uint8Array, format: Required<ValueFormat>): string {
  if (format.depth <= 0) return '{...}';
  const { members } = type;
  const parts: string[] = [];
  for (const member of members.slice(0, format.elements)) {
    const value = memberText(prog, member, bytes, { ...format, depth: format.depth - 1 });
    parts.push(member.name === '' ? value : `.${member.name} = ${value}`);
  }
  if (members.length > parts.length) parts.push('...');
  return `{${parts.join(', ')}}`;
}

function memberText(prog: Program, member: Member, bytes: Uint8Array, format: Required<ValueFormat>): string {
  const { bitOffset, bitSize, type } = member;
  const from = Math.floor(bitOffset / 8);
  if (bitSize === 0) return one(prog, type, bytes.subarray(from, from + type.size), format);
  const bit = bitOffset % 8;
  const count = (bit + bitSize + 7) >> 3;
  const raw = numberAt(prog, bytes.subarray(from, from + count), count, false);
  if (raw === undefined) return '...';
  const shift = prog.arch.littleEndian ? bit : count * 8 - bit - bitSize;
  const base = type.resolve();
  const value = BigInt.asUintN(bitSize, raw >> BigInt(shift));
  return scalarText(base, base.signed ? BigInt.asIntN(bitSize, value) : value);
}
