import type { CType, Member } from './c-type.ts';
import { formatType } from './format-type.ts';

/** Anonymous structs inside each other at most. */
const MAX_NESTING = 16;

/**
 * The definition of a struct, union or enum as C text, one line a member; with `offsets` the byte offset in front of
 * each, as `crash`'s `struct -o` has it. Any other type is one line.
 */
export function formatLayout(type: CType, options: { readonly offsets?: boolean } = {}): readonly string[] {
  const base = type.resolve();
  if (base.kind === 'enum') return enumLines(base);
  if (base.kind !== 'struct' && base.kind !== 'union') return [`${formatType(type)};`, `SIZE: ${base.size}`];
  const offsets = options.offsets ?? false;
  return [`${formatType(base)} {`, ...memberLines(base, 0, 1, offsets), '}', `SIZE: ${base.size}`];
}

function memberLines(type: CType, baseBits: number, depth: number, offsets: boolean): string[] {
  const indent = '    '.repeat(depth);
  const lines: string[] = [];
  for (const member of type.members) {
    const bits = baseBits + member.bitOffset;
    const front = offsets ? `${`[${Math.floor(bits / 8)}]`.padStart(8)} ` : '';
    if (isAnonymous(member) && depth < MAX_NESTING) {
      const blank = ' '.repeat(front.length);
      lines.push(`${blank}${indent}${member.type.resolve().kind} {`);
      lines.push(...memberLines(member.type.resolve(), bits, depth + 1, offsets));
      lines.push(`${blank}${indent}}${member.name === '' ? '' : ` ${member.name}`};`);
      continue;
    }
    const width = member.bitSize > 0 ? ` : ${member.bitSize}` : '';
    lines.push(`${front}${indent}${formatType(member.type, member.name)}${width};`);
  }
  return lines;
}

/** A struct or union that is defined where it is used. */
function isAnonymous(member: Member): boolean {
  const { kind, name } = member.type;
  return (kind === 'struct' || kind === 'union') && name === '';
}

function enumLines(type: CType): string[] {
  const values = type.enumerators.map((e) => `    ${e.name} = ${e.value},`);
  return [`${formatType(type)} {`, ...values, '}', `SIZE: ${type.size}`];
}
