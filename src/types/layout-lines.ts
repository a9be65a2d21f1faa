import type { CType, Member } from './c-type.ts';
import { declaration } from './declaration.ts';

/** Columns of the offsets and sizes in front of each line. */
const FRONT = 27;
const MAX_DEPTH = 32;
const MAX_LINES = 100_000;

/**
 * The layout of a struct or union as gdb's `ptype /o` writes it: offset and size of every member, structures inside it
 * written out, holes and padding between them.
 */
export function layoutLines(type: CType): string[] {
  const base = type.resolve();
  const lines = [`/* offset      |    size */  type = ${head(base)} {`];
  new Layout(lines).struct(base, 0, 4);
  lines.push(`${' '.repeat(FRONT + 2)}}`);
  return lines;
}

function head(type: CType): string {
  return `${type.kind}${type.name === '' ? '' : ` ${type.name}`}`;
}

class Layout {
  readonly #lines: string[];

  constructor(lines: string[]) {
    this.#lines = lines;
  }

  /** @param bits of the structure from the start of the outermost @param indent of its members */
  struct(type: CType, bits: number, indent: number): void {
    let end = 0;
    for (const member of type.members) {
      if (this.#lines.length >= MAX_LINES) return;
      if (type.kind === 'struct') this.#hole(end, member.bitOffset, 'hole');
      end = this.#member(type, member, bits, indent);
    }
    this.#hole(end, type.size * 8, 'padding');
    const blank = ' '.repeat(FRONT + indent);
    this.#lines.push('', `${blank}/* total size (bytes): ${String(type.size).padStart(4)} */`);
  }

  /** Returns where the member ends, in bits from the start of its structure. */
  #member(outer: CType, member: Member, bits: number, indent: number): number {
    const { type, bitOffset, bitSize, name } = member;
    const at = bits + bitOffset;
    const size = type.size;
    const front =
      outer.kind === 'union'
        ? `/*${String(size).padStart(22)} */`
        : `/*${String(Math.floor(at / 8)).padStart(7)}${bitText(at, bitSize)}|${String(size).padStart(8)} */`;
    const blank = ' '.repeat(indent);
    const isOpen = (type.kind === 'struct' || type.kind === 'union') && indent < MAX_DEPTH * 4;
    if (isOpen) {
      this.#lines.push(`${front}${blank}${head(type)} {`);
      this.struct(type, at, indent + 4);
      this.#lines.push(`${' '.repeat(FRONT)}${blank}}${name === '' ? '' : ` ${name}`};`);
    } else {
      const width = bitSize > 0 ? ` : ${bitSize}` : '';
      this.#lines.push(`${front}${blank}${declaration(type, name)}${width};`);
    }
    return bitOffset + (bitSize > 0 ? bitSize : size * 8);
  }

  #hole(from: number, to: number, what: 'hole' | 'padding'): void {
    const bits = to - from;
    if (bits <= 0 || from === 0) return;
    const rest = bits % 8;
    if (rest > 0) this.#lines.push(`/* XXX ${String(rest).padStart(2)}-bit ${what.padEnd(11)}*/`);
    if (bits >= 8) this.#lines.push(`/* XXX ${String((bits - rest) / 8).padStart(2)}-byte ${what.padEnd(10)}*/`);
  }
}

function bitText(at: number, bitSize: number): string {
  return bitSize > 0 ? `: ${String(at % 8).padEnd(4)}` : '      ';
}
