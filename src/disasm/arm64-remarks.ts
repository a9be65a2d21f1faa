import type { Instruction } from '../program/instruction.ts';

/** Other names of a condition: those of SVE, and of unsigned comparisons. Arm DDI 0487, C1.2.4 "Condition code". */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  eq: ['none'],
  ne: ['any'],
  cs: ['hs', 'nlast'],
  cc: ['lo', 'ul', 'last'],
  mi: ['first'],
  pl: ['nfrst'],
  hi: ['pmore'],
  ls: ['plast'],
  ge: ['tcont'],
  lt: ['tstop'],
};

/**
 * What the GNU tools say behind an A64 instruction, by their output: the other names of its condition, and the decimal
 * value of a constant that is moved. Empty where they say nothing.
 */
export function arm64Remark({ mnemonic, operandText }: Instruction): string {
  const branch = /^bc?\.(\w\w)$/.exec(mnemonic)?.[1];
  if (branch !== undefined) {
    const names = OTHER_NAMES[branch];
    return names ? `  // ${names.map((name) => `b.${name}`).join(', ')}` : '';
  }
  if (mnemonic === 'mov') return constant(operandText);
  const condition = CONDITIONAL.test(mnemonic) ? /, (\w\w)$/.exec(operandText)?.[1] : undefined;
  const names = condition === undefined ? undefined : OTHER_NAMES[condition];
  return names ? `\t// ${condition} = ${names.join(', ')}` : '';
}

/** Mnemonics whose last operand is a condition. */
const CONDITIONAL = /^(?:f?ccmpe?|ccmn|f?csel|cset|csetm|csinc|csinv|csneg|cinc|cinv|cneg)$/;

/** Columns of a constant's digits, so that what follows stands in line. */
const DIGITS = 20;

function constant(operands: string): string {
  const found = /^([wx])\w+, #0x([0-9a-f]+)$/.exec(operands);
  if (!found) return '';
  const digits = found[2] as string;
  return `${' '.repeat(Math.max(0, DIGITS - digits.length))}\t// #${BigInt.asIntN(found[1] === 'w' ? 32 : 64, BigInt(`0x${digits}`))}`;
}

/** What stands for a word that is no A64 instruction. */
export function arm64Undefined(bytes: Uint8Array): string {
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  const word = ((d << 24) | (c << 16) | (b << 8) | a) >>> 0;
  return `.inst\t0x${word.toString(16).padStart(8, '0')} ; undefined`;
}
