import { MemoryFault } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import type { CType, Member } from '../types/c-type.ts';
import { declaration } from '../types/declaration.ts';
import { charArrayText, quotedText } from './c-string.ts';
import { type ExprValue, integerOf, realOf } from './expr-value.ts';
import { PRINT_MAX, type PrintFormat } from './print-format.ts';
import { unknownTypeError } from './resolve-name.ts';
import { isBool, isCharacter, letterText, realText, scalarText } from './scalar-text.ts';
import { addressText, symbolText } from './symbol-text.ts';
import { unknownData } from './unknown-type.ts';

/** Structs and arrays inside each other at most. */
const MAX_DEPTH = 64;
/** Values of one tree at most. */
const MAX_NODES = 1_000_000;

/** A member of a struct with its value; anonymous ones have the name ''. */
export interface MemberNode {
  readonly name: string;
  readonly value: ValueNode;
}

/**
 * A value with all that is in it, ready for text and JSON. One of `text` (a scalar, as it is printed), `members` (a
 * struct or union) and `elements` (an array) is there.
 */
export class ValueNode {
  readonly type: CType;
  /** Where it is, when it is in memory. */
  readonly address: Addr | undefined;
  readonly text: string | undefined;
  readonly number: bigint | number | boolean | undefined;
  readonly members: readonly MemberNode[] | undefined;
  readonly elements: readonly ValueNode[] | undefined;
  /** Elements that there are besides those shown. */
  readonly more: number;

  constructor(
    type: CType,
    address: Addr | undefined,
    content: Partial<Pick<ValueNode, 'text' | 'number' | 'members' | 'elements' | 'more'>>,
  ) {
    this.type = type;
    this.address = address;
    this.text = content.text;
    this.number = content.number;
    this.members = content.members;
    this.elements = content.elements;
    this.more = content.more ?? 0;
  }

  /** What JSON has of it: 64-bit values as hexadecimal strings, smaller ones as numbers. */
  toJSON(): object {
    const { address, text, number, members, elements, more } = this;
    return {
      type: declaration(this.type),
      ...(address !== undefined && { address: hex64(address) }),
      ...(number !== undefined && { value: jsonNumber(number, this.type) }),
      ...(text !== undefined && { text }),
      ...(members && { members: members.map((m) => ({ name: m.name, ...m.value.toJSON() })) }),
      ...(elements && { elements: elements.map((e) => e.toJSON()) }),
      ...(more > 0 && { more }),
    };
  }
}

function jsonNumber(value: bigint | number | boolean, type: CType): number | boolean | string {
  if (typeof value !== 'bigint') return value;
  if (type.resolve().size <= 4) return Number(value);
  return hex64(BigInt.asUintN(64, value));
}

/** The value of an expression as a tree. @throws MemoryFault when it cannot be read */
export function valueTree(value: ExprValue, format: PrintFormat = {}): ValueNode {
  const { prog, type, address, bit, bitSize } = value;
  const { kind } = type.resolve();
  if (type === unknownData) throw unknownTypeError(value);
  // Functions and arrays of unknown length are their addresses.
  const bytes = kind === 'function' || (type.size === 0 && kind === 'array') ? NONE : value.bytes();
  return new Builder(prog, format).node(type, bytes, address, bit, bitSize, 0);
}

/** An object of a type as a tree. @param bytes as it lies in memory */
export function objectTree(
  prog: Program,
  type: CType,
  bytes: Uint8Array,
  address: Addr | undefined,
  format: PrintFormat = {},
): ValueNode {
  return new Builder(prog, format).node(type, bytes, address, 0, 0, 0);
}

const NONE = new Uint8Array(0);

class Builder {
  readonly #prog: Program;
  readonly #format: PrintFormat;
  readonly #max: number;
  #left = MAX_NODES;

  constructor(prog: Program, format: PrintFormat) {
    this.#prog = prog;
    this.#format = format;
    this.#max = format.elements ?? PRINT_MAX;
  }

  node(
    type: CType,
    bytes: Uint8Array,
    address: Addr | undefined,
    bit: number,
    bitSize: number,
    depth: number,
  ): ValueNode {
    const base = type.resolve();
    if (depth > MAX_DEPTH || this.#left-- <= 0) return new ValueNode(type, address, { text: '...' });
    switch (base.kind) {
      case 'struct':
      case 'union':
        return new ValueNode(type, address, { members: this.#members(base, bytes, address, depth) });
      case 'array':
        return this.#array(type, base, bytes, address, depth);
      case 'pointer':
        return this.#pointer(type, base, bytes, address);
      case 'float': {
        const number = realOf(this.#prog, bytes, base.size);
        const { letter } = this.#format;
        const whole = letter !== undefined && letter !== 'f' && Number.isFinite(number);
        const text = whole
          ? letterText(this.#prog, base, BigInt(Math.trunc(number)), base.size * 8, letter)
          : realText(number, base.size);
        return new ValueNode(type, address, { text, number });
      }
      case 'function':
        return this.#function(type, address ?? 0n);
      case 'int':
      case 'enum':
        return this.#integer(type, base, bytes, address, bit, bitSize);
      default:
        return new ValueNode(type, address, { text: base.kind === 'void' ? 'void' : '<incomplete type>' });
    }
  }

  #integer(
    type: CType,
    base: CType,
    bytes: Uint8Array,
    address: Addr | undefined,
    bit: number,
    bitSize: number,
  ): ValueNode {
    const number = integerOf(this.#prog, bytes, base.signed, base.size, bit, bitSize);
    const text = scalarText(this.#prog, base, number, bitSize > 0 ? bitSize : base.size * 8, this.#format);
    const truth = isBool(base) && (number === 0n || number === 1n);
    return new ValueNode(type, bitSize > 0 ? undefined : address, { text, number: truth ? number === 1n : number });
  }

  #function(type: CType, at: Addr): ValueNode {
    const text = `{${declaration(type)}} ${addressText(at)}${symbolText(this.#prog, at)}`;
    return new ValueNode(type, at, { text });
  }

  #pointer(type: CType, base: CType, bytes: Uint8Array, address: Addr | undefined): ValueNode {
    const number = integerOf(this.#prog, bytes, false, base.size);
    const { letter } = this.#format;
    if (letter !== undefined && letter !== 's' && letter !== 'a') {
      const text = letterText(this.#prog, base, number, base.size * 8, letter);
      return new ValueNode(type, address, { text, number });
    }
    return new ValueNode(type, address, { text: this.#pointerText(base.target, number), number });
  }

  /** The address, its symbol, and the string that a pointer to characters leads to. */
  #pointerText(target: CType | undefined, at: Addr): string {
    const text = addressText(at) + symbolText(this.#prog, at);
    if (at === 0n || !target || !isCharacter(target.resolve())) return text;
    return `${text} ${this.#stringAt(at)}`;
  }

  #stringAt(at: Addr): string {
    const { memory } = this.#prog;
    const bytes = new Uint8Array(this.#max + 1);
    let have = 0;
    try {
      while (have < bytes.length) {
        const from = addrAdd(at, have);
        const n = Math.min(bytes.length - have, 4096 - Number(from & 0xfffn));
        memory.read(from, bytes.subarray(have, have + n));
        have += n;
        if (bytes.subarray(have - n, have).includes(0)) break;
      }
    } catch (e) {
      if (!(e instanceof MemoryFault)) throw e;
      if (have === 0) return `<error: Cannot access memory at address ${addressText(at)}>`;
    }
    const end = bytes.subarray(0, have).indexOf(0);
    if (end >= 0) return quotedText(bytes, end);
    return `${quotedText(bytes, Math.min(have, this.#max))}...`;
  }

  #array(type: CType, base: CType, bytes: Uint8Array, address: Addr | undefined, depth: number): ValueNode {
    const { target, length } = base;
    if (!target) return new ValueNode(type, address, { text: '...' });
    if (length === 0 || target.size === 0) {
      const text = address === undefined ? '{}' : this.#pointerText(target, address);
      return new ValueNode(type, address, { text });
    }
    const element = target.resolve();
    const { letter } = this.#format;
    if (isCharacter(element) && (letter === undefined || letter === 's')) {
      return new ValueNode(type, address, { text: charArrayText(bytes.subarray(0, length), this.#max) });
    }
    const { size } = target;
    const count = Math.min(length, this.#max);
    const elements: ValueNode[] = [];
    for (let i = 0; i < count; i++) {
      const at = address === undefined ? undefined : addrAdd(address, i * size);
      elements.push(this.node(target, bytes.subarray(i * size, (i + 1) * size), at, 0, 0, depth + 1));
    }
    return new ValueNode(type, address, { elements, more: length - count });
  }

  #members(type: CType, bytes: Uint8Array, address: Addr | undefined, depth: number): MemberNode[] {
    const nodes: MemberNode[] = [];
    for (const member of type.members) {
      nodes.push({ name: member.name, value: this.#member(member, bytes, address, depth) });
    }
    return nodes;
  }

  #member(member: Member, bytes: Uint8Array, address: Addr | undefined, depth: number): ValueNode {
    const { bitOffset, bitSize, type } = member;
    const from = Math.floor(bitOffset / 8);
    const bit = bitSize > 0 ? bitOffset % 8 : 0;
    const size = bitSize > 0 ? (bit + bitSize + 7) >> 3 : type.size;
    const at = address === undefined ? undefined : addrAdd(address, from);
    return this.node(type, bytes.subarray(from, from + size), at, bit, bitSize, depth + 1);
  }
}
