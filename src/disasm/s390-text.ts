import type { InstructionFlow } from '../program/instruction.ts';

/** Branches and loads relative to the instruction: their last operand is an address. */
const TO_ADDRESS =
  /^(?:br(?:as|asl|ct|ctg|cth|xh|xle|xhg|xlg|c|cl)|j(?!nop$)\w*|larl|l[gh]?[hf]?rl|ll[gh]?[hf]rl|llhrl|llgf?rl|strl|stgrl|sthrl|exrl|pfdrl|c[gh]?[hf]?rl|cl[gh]?[hf]?rl|cl?g?[ir]j\w*|bp?rp)$/;
const CALL = /^(?:bras|brasl|bas|basr|bal|balr|bassm)$/;
const JUMP = /^(?:j(?!nop$|gnop$)\w*|br\w*|b(?!as|al|c$)\w*r?|bc|bcr|cl?g?[ir]j\w*|c?l?g?[ir]b\w*|bct\w*|bx\w*)$/;
/** Conditional branches of no condition. */
const NEVER: Readonly<Record<string, string>> = { brc: 'jnop', brcl: 'jgnop', bcr: 'nopr', bc: 'nop' };

/**
 * z/Architecture as the GNU tools print it (binutils, opcodes/s390-dis.c, by its output), from capstone's spelling: numbers
 * in decimal, addresses hexadecimal, nothing behind a comma.
 */
export function s390Text(mnemonic: string, operands: string): readonly [string, string] {
  const target = TO_ADDRESS.test(mnemonic) ? /(?:^|, )(-?(?:0x[0-9a-f]+|\d+))$/.exec(operands)?.[1] : undefined;
  const before = target === undefined ? operands : operands.slice(0, operands.length - target.length);
  let text = before.replaceAll(', ', ',').replace(/-?\b0x[0-9a-f]+\b/g, (n) => `${number(n)}`);
  if (target !== undefined) text += `0x${BigInt.asUintN(64, number(target)).toString(16)}`;
  const never = text.startsWith('0,') ? NEVER[mnemonic] : undefined;
  if (never !== undefined) return [never, text.slice(2).replace(/^%r0$/, '')];
  text = text.replace(LENGTH_ALONE, '($1,%r0)');
  const zeroing = ZEROING.exec(`${mnemonic} ${text}`);
  if (zeroing) return [`${mnemonic}z`, `${zeroing[1]}${Number(zeroing[2]) - ZERO}${zeroing[3]}`];
  return [mnemonic.replace(COMPARE, (_, name: string, condition: string) => name + CONDITIONS[condition]), text];
}

/** A length without a base, which is register 0. */
const LENGTH_ALONE = /\((\d+)\)/g;
/** Names of conditions of comparing branches that capstone chooses otherwise. */
const COMPARE = /^(cl?g?[ir][jb])(lh|le|he)$/;
const CONDITIONS: Readonly<Record<string, string>> = { lh: 'ne', le: 'nh', he: 'nl' };
/** Rotate then insert: bit 0 of the fourth operand says that the other bits become zero. */
const ZERO = 128;
const ZEROING = /^risbgn? (%r\d+,%r\d+,\d+,)(1[3-9]\d|12[89]|2\d\d)(,\d+)$/;

/** Bytes of an instruction, by the first two bits. Source: SA22-7832, "Instruction Formats". */
export function s390Length(first: number): number {
  if (first < 0x40) return 2;
  return first < 0xc0 ? 4 : 6;
}

/** What stands for bytes that are no instruction. */
export function s390Undefined(bytes: Uint8Array): string {
  const hex = [...bytes].map((b) => b.toString(16).padStart(2, '0'));
  if (bytes.length === 4) return `.long 0x${hex.join('')}`;
  return bytes.length === 2 ? `.short 0x${hex.join('')}` : `.byte ${hex.map((h) => `0x${h}`).join(',')}`;
}

function number(n: string): bigint {
  return n.startsWith('-') ? -BigInt(n.slice(1)) : BigInt(n);
}

/** Capstone sorts these instructions into groups for compilers, which lack calls and returns: their names tell. */
export function s390Flow(
  mnemonic: string,
  operands: string,
): { readonly flow: InstructionFlow; readonly direct: boolean } | undefined {
  const direct = TO_ADDRESS.test(mnemonic);
  if (CALL.test(mnemonic)) return { flow: 'call', direct };
  if (mnemonic === 'br' && operands === '%r14') return { flow: 'return', direct: false };
  return JUMP.test(mnemonic) ? { flow: 'jump', direct } : { flow: 'next', direct: false };
}
