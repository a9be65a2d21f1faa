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
  const target = TO_ADDRESS.test(mnemonic) ? /(?:^|, )(0x[0-9a-f]+|\d+)$/.exec(operands)?.[1] : undefined;
  const before = target === undefined ? operands : operands.slice(0, operands.length - target.length);
  let text = before.replaceAll(', ', ',').replace(/-?\b0x[0-9a-f]+\b/g, decimal);
  if (target !== undefined) text += `0x${BigInt(target).toString(16)}`;
  const never = text.startsWith('0,') ? NEVER[mnemonic] : undefined;
  return never === undefined ? [mnemonic, text] : [never, text.slice(2)];
}

function decimal(n: string): string {
  return n.startsWith('-') ? `-${BigInt(n.slice(1))}` : `${BigInt(n)}`;
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
