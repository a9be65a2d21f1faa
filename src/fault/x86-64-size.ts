import type { Bytes } from '../base/units.ts';

/** What follows an opcode, from the opcode maps of the Intel SDM (volume 2, appendix A). */
const MODRM = 1;
const IMM8 = 2;
/** 4 bytes, or 2 with the operand size prefix. */
const IMM = 4;
const UNKNOWN = 0x80;

type Range = readonly [first: number, last: number, what: number];

function opcodeMap(ranges: readonly Range[]): Uint8Array {
  const map = new Uint8Array(256);
  for (const [first, last, what] of ranges) map.fill(what, first, last + 1);
  return map;
}

const ONE_BYTE = opcodeMap([
  ...[0x00, 0x08, 0x10, 0x18, 0x20, 0x28, 0x30, 0x38].flatMap((at): Range[] => [
    [at, at + 3, MODRM],
    [at + 4, at + 4, IMM8],
    [at + 5, at + 5, IMM],
    [at + 6, at + 7, UNKNOWN],
  ]),
  ...([
    [0x60, 0x62, UNKNOWN],
    [0x63, 0x63, MODRM],
    [0x68, 0x68, IMM],
    [0x69, 0x69, MODRM | IMM],
  ] as const),
  ...([
    [0x6a, 0x6a, IMM8],
    [0x6b, 0x6b, MODRM | IMM8],
    [0x70, 0x7f, IMM8],
    [0x80, 0x80, MODRM | IMM8],
  ] as const),
  ...([
    [0x81, 0x81, MODRM | IMM],
    [0x82, 0x82, UNKNOWN],
    [0x83, 0x83, MODRM | IMM8],
    [0x84, 0x8f, MODRM],
  ] as const),
  ...([
    [0x9a, 0x9a, UNKNOWN],
    [0xa0, 0xa3, UNKNOWN],
    [0xa8, 0xa8, IMM8],
    [0xa9, 0xa9, IMM],
  ] as const),
  ...([
    [0xb0, 0xb7, IMM8],
    [0xb8, 0xbf, IMM],
    [0xc0, 0xc1, MODRM | IMM8],
    [0xc2, 0xc2, UNKNOWN],
  ] as const),
  ...([
    [0xc4, 0xc5, UNKNOWN],
    [0xc6, 0xc6, MODRM | IMM8],
    [0xc7, 0xc7, MODRM | IMM],
    [0xc8, 0xc8, UNKNOWN],
  ] as const),
  ...([
    [0xca, 0xca, UNKNOWN],
    [0xcd, 0xcd, IMM8],
    [0xd0, 0xd3, MODRM],
    [0xd4, 0xd6, UNKNOWN],
  ] as const),
  ...([
    [0xd8, 0xdf, MODRM],
    [0xe0, 0xe7, IMM8],
    [0xe8, 0xe9, IMM],
    [0xea, 0xea, UNKNOWN],
  ] as const),
  ...([
    [0xeb, 0xeb, IMM8],
    [0xf6, 0xf7, MODRM],
    [0xfe, 0xff, MODRM],
  ] as const),
]);

/** After 0F. */
const TWO_BYTES = opcodeMap([
  ...([
    [0x00, 0x03, MODRM],
    [0x04, 0x04, UNKNOWN],
    [0x0a, 0x0a, UNKNOWN],
    [0x0c, 0x0c, UNKNOWN],
  ] as const),
  ...([
    [0x0d, 0x0d, MODRM],
    [0x0e, 0x0f, UNKNOWN],
    [0x10, 0x23, MODRM],
    [0x24, 0x27, UNKNOWN],
  ] as const),
  ...([
    [0x28, 0x2f, MODRM],
    [0x36, 0x36, UNKNOWN],
    [0x38, 0x3f, UNKNOWN],
    [0x40, 0x6f, MODRM],
  ] as const),
  ...([
    [0x70, 0x73, MODRM | IMM8],
    [0x74, 0x76, MODRM],
    [0x78, 0x7b, UNKNOWN],
    [0x7c, 0x7f, MODRM],
  ] as const),
  ...([
    [0x80, 0x8f, IMM],
    [0x90, 0x9f, MODRM],
    [0xa3, 0xa3, MODRM],
    [0xa4, 0xa4, MODRM | IMM8],
  ] as const),
  ...([
    [0xa5, 0xa5, MODRM],
    [0xa6, 0xa7, UNKNOWN],
    [0xab, 0xab, MODRM],
    [0xac, 0xac, MODRM | IMM8],
  ] as const),
  ...([
    [0xad, 0xb9, MODRM],
    [0xba, 0xba, MODRM | IMM8],
    [0xbb, 0xc1, MODRM],
    [0xc2, 0xc2, MODRM | IMM8],
  ] as const),
  ...([
    [0xc3, 0xc3, MODRM],
    [0xc4, 0xc6, MODRM | IMM8],
    [0xc7, 0xc7, MODRM],
    [0xd0, 0xff, MODRM],
  ] as const),
]);

/** Where the opcode of the instruction at `at` begins, behind its prefixes, and how long the instruction is. */
export interface Sized {
  readonly opcode: Bytes;
  readonly size: Bytes;
}

/**
 * The length of one x86-64 instruction, without its meaning. Undefined for what kernels are hardly compiled to (vector
 * instructions with a VEX prefix among them) and what is cut off.
 */
export function x86Size(code: Uint8Array, at: Bytes): Sized | undefined {
  let i = at;
  let short = false;
  let wide = false;
  for (; isPrefix(code[i]); i++) if (code[i] === 0x66) short = true;
  if (((code[i] ?? 0) & 0xf0) === 0x40) wide = ((code[i++] as number) & 8) !== 0;
  const opcode = i;
  const first = code[i++];
  const second = code[i];
  if (first === undefined) return undefined;
  let what = ONE_BYTE[first] as number;
  if (first === 0x0f) {
    if (second === undefined) return undefined;
    i++;
    what = TWO_BYTES[second] as number;
    if (second === 0x38 || second === 0x3a) {
      what = second === 0x38 ? MODRM : MODRM | IMM8;
      i++;
    }
  } else if ((first === 0xf6 || first === 0xf7) && ((second ?? 0) & 0x38) < 0x10) {
    what |= first === 0xf6 ? IMM8 : IMM; // test
  }
  if (what & UNKNOWN) return undefined;
  if (what & MODRM) i += modrmSize(code, i);
  if (what & IMM8) i++;
  // Branches have 4 bytes whatever the prefix; a register can be given 8.
  const branch = first === 0xe8 || first === 0xe9 || first === 0x0f;
  if (what & IMM) i += wide && first >= 0xb8 && first <= 0xbf ? 8 : short && !wide && !branch ? 2 : 4;
  if (first === 0xc8 || i > code.length || i - at > 15) return undefined;
  return { opcode, size: i - at };
}

function isPrefix(byte: number | undefined): boolean {
  switch (byte) {
    case 0x66:
    case 0x67:
    case 0xf0:
    case 0xf2:
    case 0xf3:
    case 0x26:
    case 0x2e:
    case 0x36:
    case 0x3e:
    case 0x64:
    case 0x65:
      return true;
    default:
      return false;
  }
}

/** Bytes of ModRM, SIB and displacement. */
function modrmSize(code: Uint8Array, at: Bytes): Bytes {
  const modrm = code[at] ?? 0;
  const mod = modrm >> 6;
  const rm = modrm & 7;
  if (mod === 3) return 1;
  const sib = rm === 4;
  const base = sib ? (code[at + 1] ?? 0) & 7 : rm;
  const displacement = mod === 1 ? 1 : mod === 2 || base === 5 ? 4 : 0;
  return (sib ? 2 : 1) + displacement;
}
