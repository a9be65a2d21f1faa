import type { Bytes } from '../base/units.ts';
import type { CType, Member } from './c-type.ts';
import { declaration, enumText } from './declaration.ts';

/** Anonymous structs inside each other at most. */
const MAX_NESTING = 32;
/** Lines of one definition at most. */
const MAX_LINES = 100_000;

/** A line of a definition: a member, or the opening or closing of an anonymous struct or union. */
export interface DefinitionLine {
  /** Levels of braces around it; 1 for a member of the type itself. */
  readonly depth: number;
  readonly text: string;
  /** From the start of the outermost type; absent for lines that are no member. */
  readonly offset?: Bytes;
  readonly bitSize?: number;
  /** Name of the member; '' for lines that are none. */
  readonly name: string;
}

/** Members of a struct or union as gdb's `ptype` writes them, those of anonymous ones inside it included. */
export function memberLines(type: CType): readonly DefinitionLine[] {
  const lines: DefinitionLine[] = [];
  addMembers(lines, type.resolve(), 0, 1, 1);
  return lines;
}

function addMembers(lines: DefinitionLine[], type: CType, bits: number, depth: number, show: number): void {
  const { members } = type;
  if (members.length === 0) lines.push({ depth, text: '<no data fields>', name: '' });
  for (const member of members) {
    if (lines.length >= MAX_LINES) return;
    addMember(lines, member, bits + member.bitOffset, depth, member.name === '' ? show : show - 1);
  }
}

/** @param show as gdb counts: a type without a name is written out unless it lies in two named members */
function addMember(lines: DefinitionLine[], member: Member, bits: number, depth: number, show: number): void {
  const { name, type, bitSize } = member;
  const offset = Math.floor(bits / 8);
  if (show >= 0 && depth < MAX_NESTING && isExpanded(type)) {
    const core = elementOf(type);
    lines.push({ depth, text: `${qualifiersOf(type)}${core.resolve().kind} {`, name: '' });
    addMembers(lines, core.resolve(), bits, depth + 1, show);
    const named = name === '' ? '' : ` ${declaration(type, name, '')}`;
    lines.push({ depth, text: `}${named};`, name, ...(name !== '' && { offset }) });
    return;
  }
  const width = bitSize > 0 ? ` : ${bitSize}` : '';
  const text = `${declaration(type, name)}${width};`;
  lines.push({ depth, text, offset, name, ...(bitSize > 0 && { bitSize }) });
}

/** A struct or union without a name is written out where it is used, also in arrays and behind pointers. */
function isExpanded(type: CType): boolean {
  const core = elementOf(type);
  return (core.kind === 'struct' || core.kind === 'union') && core.name === '';
}

/** What arrays, pointers and qualifiers lead to. */
function elementOf(type: CType): CType {
  let at = type;
  for (let i = 0; i < MAX_NESTING; i++) {
    const leads = at.kind === 'array' || at.kind === 'pointer' || at.kind === 'const' || at.kind === 'volatile';
    if (!leads || !at.target) break;
    at = at.target;
  }
  return at;
}

function qualifiersOf(type: CType): string {
  let text = '';
  let at = type;
  for (let i = 0; i < MAX_NESTING; i++) {
    if (at.kind === 'pointer') text = '';
    else if (at.kind === 'const' || at.kind === 'volatile') text += `${at.kind} `;
    else if (at.kind !== 'array') break;
    if (!at.target) break;
    at = at.target;
  }
  return text;
}

/** How offsets stand before members. */
export interface OffsetStyle {
  /** Text of the offset between the brackets. */
  readonly text: (offset: Bytes) => string;
  /** Columns of the widest bracket, without the two blanks before it. */
  readonly width: number;
}

/** The first line of a definition, up to its brace: `struct list_head {`, `typedef struct {`. */
export function definitionHead(type: CType): string {
  const base = type.resolve();
  return `${type.kind === 'typedef' ? 'typedef ' : ''}${base.kind}${base.name === '' ? '' : ` ${base.name}`} {`;
}

/** The last line: `}`, or `} name;` of a typedef. */
export function definitionTail(type: CType): string {
  return type.kind === 'typedef' ? `} ${type.name};` : '}';
}

/** A line of a member as text, with its offset when a style is given. */
export function definitionText(line: DefinitionLine, style?: OffsetStyle): string {
  const indent = ' '.repeat(line.depth * 4);
  if (!style) return indent + line.text;
  const front = line.offset === undefined ? '' : `[${style.text(line.offset)}]`;
  return `${front.padStart(style.width + 2)}${indent.slice(3)}${line.text}`;
}

/**
 * The definition of a struct, union or typedef of one as crash's `struct` prints it, without the line of its size. An
 * enumeration is one line, any other type its declaration.
 */
export function typeDefinition(type: CType, style?: OffsetStyle): readonly string[] {
  const base = type.resolve();
  if (base.kind !== 'struct' && base.kind !== 'union') {
    return [type.kind === 'enum' ? enumText(type) : declaration(type)];
  }
  const lines = memberLines(base).map((line) => definitionText(line, style));
  return [definitionHead(type), ...lines, definitionTail(type)];
}

/** Offsets in decimal, `0x` hexadecimal or from an address, for a type of `size` bytes. */
export function offsetStyle(size: Bytes, radix: 10 | 16, address?: bigint): OffsetStyle {
  if (address !== undefined) {
    return { text: (offset) => (address + BigInt(offset)).toString(16).padStart(16, '0'), width: 18 };
  }
  const text = (offset: Bytes) => (radix === 16 ? `0x${offset.toString(16)}` : String(offset));
  return { text, width: text(size).length + 2 };
}
