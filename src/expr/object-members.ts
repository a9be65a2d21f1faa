import { NotFoundError, UsageError } from '../base/errors.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import type { CType, Member, MemberPlace } from '../types/c-type.ts';
import { ExprValue } from './expr-value.ts';
import type { PrintFormat } from './print-format.ts';
import { treeText } from './tree-text.ts';
import { parseTypeName } from './type-parser.ts';
import { objectTree, type ValueNode, valueTree } from './value-tree.ts';

/** What is shown of each object: all of it, or some members. */
export interface ObjectMembers {
  readonly type: CType;
  /** As the user spelled the type, without `struct`. */
  readonly typeName: string;
  /** Empty: the whole object. */
  readonly members: readonly { readonly name: string; readonly place: MemberPlace; readonly last: boolean }[];
}

/**
 * `struct`, `struct.member`, `struct.member,member`, where a member may be a path such as `se.on_rq` or `count[1]`.
 * @throws NotFoundError for a type or member that there is not
 */
export function parseObjectMembers(prog: Program, text: string): ObjectMembers {
  const words = text.trim().replace(/^(?:struct|union)\s+/, '');
  const dot = words.indexOf('.');
  const typeName = dot < 0 ? words : words.slice(0, dot);
  const type = prog.findExactType(typeName) ?? parseTypeName(prog, typeName);
  const names = dot < 0 ? [] : words.slice(dot + 1).split(',');
  const members = names.map((name) => {
    const place = type.findMember(name);
    if (!place) throw new NotFoundError('member', `${typeName}.${name}`);
    return { name, place, last: isLast(type, name) };
  });
  return { type, typeName, members };
}

/**
 * The offset that `struct.member` or a number of bytes (decimal, or hexadecimal with 0x) means.
 * @throws UsageError NotFoundError
 */
export function memberOffset(prog: Program, text: string): Bytes {
  if (/^(?:0x[0-9a-f]{1,8}|\d{1,9})$/i.test(text)) return Number(text);
  const { members } = parseObjectMembers(prog, text);
  const first = members[0];
  if (!first) throw new UsageError(`'${text}' is no offset: a number of bytes or struct.member`);
  return first.place.offset;
}

/** A member, or the whole object (with the name ''), and its value. */
export interface NamedValue {
  readonly name: string;
  readonly value: ValueNode;
  /** It is written as a bare number. */
  readonly plain?: true;
  /** It is the last of its struct: no comma follows, as when the whole struct is printed. */
  readonly last?: true;
}

/**
 * The values of an object's members.
 * @param plain what is an integer in size is written as one, whatever its type, and a string in a character array as such
 * @throws MemoryFault
 */
export function objectMembers(
  prog: Program,
  wanted: ObjectMembers,
  address: Addr,
  format: PrintFormat = {},
  plain = false,
): NamedValue[] {
  if (wanted.members.length === 0) {
    const bytes = prog.memory.bytes(address, wanted.type.size);
    return [{ name: '', value: objectTree(prog, wanted.type, bytes, address, format) }];
  }
  return wanted.members.map(({ name, place, last }) => {
    const { type, bit, bitSize } = place;
    const at = addrAdd(address, place.offset);
    const value = valueTree(new ExprValue(prog, type, { address: at, bit, bitSize }), format);
    return { name, value, ...(plain && isPlain(type) && { plain }), ...(last && { last }) };
  });
}

/** Whether a member is the last of the struct or union (an anonymous one included) that it stands in. */
function isLast(type: CType, path: string): boolean {
  const dot = path.lastIndexOf('.');
  const outer = dot < 0 ? type : type.findMember(path.slice(0, dot))?.type;
  const name = path.slice(dot + 1).replace(/\[.*/, '');
  const search = (members: readonly Member[]): boolean | undefined => {
    for (const [i, member] of members.entries()) {
      if (member.name === name) return i === members.length - 1;
      const inner = member.name === '' ? search(member.type.resolve().members) : undefined;
      if (inner !== undefined) return inner;
    }
    return undefined;
  };
  return (outer && search(outer.resolve().members)) ?? false;
}

/** An array of characters. */
function isString(type: CType): boolean {
  const base = type.resolve();
  const element = base.target?.resolve();
  return base.kind === 'array' && element?.kind === 'int' && element.size === 1 && element.name === 'char';
}

function isPlain(type: CType): boolean {
  const base = type.resolve();
  return isString(type) || (base.kind !== 'array' && [1, 2, 4, 8].includes(base.size));
}

/** The lines under an object: its members, each behind two blanks, or the whole of it in braces. */
export function objectLines(prog: Program, wanted: ObjectMembers, values: readonly NamedValue[], radix = 10): string[] {
  return values.flatMap(({ name, value, plain, last }) => {
    if (name === '') return `struct ${wanted.typeName} ${treeText(value)}`.split('\n');
    if (plain) return [`  ${name} = ${plainText(prog, value, radix)}`];
    return `  ${name} = ${treeText(value, 1)}${last ? '' : ','}`.split('\n');
  });
}

function plainText(prog: Program, { type, address, number }: ValueNode, radix: number): string {
  const base = type.resolve();
  if (isString(type) && address !== undefined) return `"${prog.memory.cString(address, base.size)}"`;
  let value = typeof number === 'bigint' || typeof number === 'number' ? BigInt(number) : BigInt(number ? 1 : 0);
  if (number === undefined && address !== undefined) value = integerAt(prog, address, base.size);
  return radix === 16 ? `0x${BigInt.asUintN(base.size * 8, value).toString(16)}` : String(value);
}

function integerAt(prog: Program, address: Addr, size: Bytes): bigint {
  const bytes = prog.memory.bytes(address, size);
  let value = 0n;
  for (let i = 0; i < size; i++) {
    value = (value << 8n) | BigInt(bytes[prog.arch.littleEndian ? size - 1 - i : i] as number);
  }
  return value;
}
