import type { InstructionFlow } from '../program/instruction.ts';

/** Branches whose last operand is an address in the code. */
const TO_ADDRESS = /^b(?!\w*(?:ctr|lr|tar)l?[+-]?$)/;
const BRANCH = /^b(?:l|a|la|(?:c|eq|ne|lt|gt|le|ge|so|ns|un|nu|dn?z[tf]?)?(?:lr|ctr|tar)?l?a?)?[+-]?$/;
const OTHER_NAMES: Readonly<Record<string, string>> = { sync: 'hwsync', waitimpl: 'pause_short' };

/**
 * Power as the GNU tools print it (binutils, opcodes/ppc-dis.c, by its output), from capstone's spelling: numbers in
 * decimal, addresses hexadecimal, nothing behind a comma, and shorter names of some rotations.
 */
export function ppcText(mnemonic: string, operands: string): readonly [string, string] {
  const target = TO_ADDRESS.test(mnemonic) ? /(?:^|, )(0x[0-9a-f]+|\d+)$/.exec(operands)?.[1] : undefined;
  const before = target === undefined ? operands : operands.slice(0, operands.length - target.length);
  const text = before
    .replaceAll(', ', ',')
    .replace(/\b0x[0-9a-f]+\b/g, (n) => `${BigInt(n)}`)
    .replace(/\bcr([0-7])(lt|gt|eq|so|un)\b/g, '4*cr$1+$2');
  if (target !== undefined) return [mnemonic, `${text}0x${BigInt(target).toString(16)}`];
  return shorter(mnemonic, text) ?? [text === '' ? (OTHER_NAMES[mnemonic] ?? mnemonic) : mnemonic, text];
}

/** Extended mnemonics. Source: Power ISA 3.0B, book I, appendix C. */
function shorter(mnemonic: string, operands: string): readonly [string, string] | undefined {
  const [to, from, third, fourth, fifth] = operands.split(',');
  const dot = mnemonic.endsWith('.') ? '.' : '';
  const two = (name: string): readonly [string, string] => [`${name}${dot}`, `${to},${from}`];
  const three = (name: string, n: number): readonly [string, string] => [`${name}${dot}`, `${to},${from},${n}`];
  switch (mnemonic.replace(/\.$/, '')) {
    case 'or':
      return from === third ? two('mr') : undefined;
    case 'nor':
      return from === third ? two('not') : undefined;
    case 'rldicl':
      return Number(third) > 0 && Number(third) + Number(fourth) === 64 ? three('srdi', Number(fourth)) : undefined;
    case 'rldicr':
      return third === '0' ? three('clrrdi', 63 - Number(fourth)) : undefined;
    case 'rlwinm':
      return third === '0' && fourth === '0' ? three('clrrwi', 31 - Number(fifth)) : undefined;
    default:
      return undefined;
  }
}

/** Capstone sorts Power's instructions into no groups: their names tell. A call sets the link register (`bl`, `bctrl`). */
export function ppcFlow(mnemonic: string): { readonly flow: InstructionFlow; readonly direct: boolean } | undefined {
  if (!BRANCH.test(mnemonic)) return undefined;
  if (mnemonic === 'blr') return { flow: 'return', direct: false };
  const call = /^b(?:l|la|\w*(?:ctr|lr|tar)l|clr?l)$/.test(mnemonic);
  return { flow: call ? 'call' : 'jump', direct: TO_ADDRESS.test(mnemonic) };
}

/** What stands for a word that is no instruction. */
export function ppcUndefined(bytes: Uint8Array): string {
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  return `.long 0x${(((d << 24) | (c << 16) | (b << 8) | a) >>> 0).toString(16)}`;
}
