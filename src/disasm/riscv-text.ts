/** Branches, whose last operand capstone gives as a distance. */
const BRANCH = /^(?:c\.)?(?:b(?:eq|ne|lt|ge|gt|le)(?:u|z)?|j|jal)$/;
/** Operands of which the first is written too: `c.addi sp, 16` is `addi sp,sp,16`. */
const TWICE = /^c\.(?:addi|addiw|slli|srli|srai|andi|sub|xor|or|and|subw|addw|add|addi16sp)$/;
/** What the short forms with a base of their own are the short form of. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  ...{ ldsp: 'ld', sdsp: 'sd', lwsp: 'lw', swsp: 'sw', fldsp: 'fld', fsdsp: 'fsd' },
  ...{ addi4spn: 'addi', addi16sp: 'addi' },
};
/** By a number of bits, which is written in hexadecimal. */
const SHIFT = /^s(?:ll|rl|ra)iw?$/;
const ROUNDING = /,(?:rne|rtz|rdn|rup|rmm|dyn)$/;

/**
 * RISC-V as the GNU tools print it (binutils, opcodes/riscv-dis.c, by its output), from capstone's spelling: short
 * instructions by the names of the long ones, pseudo-instructions, decimal numbers, nothing behind a comma.
 */
export function riscvText(mnemonic: string, operands: string): readonly [string, string] {
  const plain = operands.replaceAll(', ', ',').replace(/-?\b0x[0-9a-f]+\b/g, (n) => decimal(n));
  const short = mnemonic.startsWith('c.') ? mnemonic.slice(2) : mnemonic;
  const name = OTHER_NAMES[short] ?? short;
  const all = TWICE.test(mnemonic) ? plain.replace(/^(\w+),/, '$1,$1,') : plain;
  if (name === 'lui' || name === 'auipc') return [name, all.replace(/,(-?\d+)$/, (_, n: string) => `,${upper(n)}`)];
  if (SHIFT.test(name)) return [name, all.replace(/,(\d+)$/, (_, n: string) => `,0x${BigInt(n).toString(16)}`)];
  return pseudo(name, all);
}

function decimal(n: string): string {
  return n.startsWith('-') ? `-${BigInt(n.slice(1))}` : `${BigInt(n)}`;
}

/** The upper 20 bits, which a short form states as a signed number. */
function upper(n: string): string {
  return `0x${BigInt.asUintN(20, BigInt(n)).toString(16)}`;
}

/** Pseudo-instructions: RISC-V Assembly Programmer's Manual. */
function pseudo(name: string, operands: string): readonly [string, string] {
  const parts = operands.split(',');
  const [a = '', b = '', c = ''] = parts;
  switch (name) {
    case 'addi':
      if (b === 'zero') return ['li', `${a},${c}`];
      return c === '0' ? ['mv', `${a},${b}`] : [name, operands];
    case 'addiw':
      return c === '0' ? ['sext.w', `${a},${b}`] : [name, operands];
    case 'andi':
      return c === '255' ? ['zext.b', `${a},${b}`] : [name, operands];
    case 'xori':
      return c === '-1' ? ['not', `${a},${b}`] : [name, operands];
    case 'sub':
    case 'subw':
      return b === 'zero' ? [name.replace('sub', 'neg'), `${a},${c}`] : [name, operands];
    case 'sltiu':
      return c === '1' ? ['seqz', `${a},${b}`] : [name, operands];
    case 'sltu':
      return b === 'zero' ? ['snez', `${a},${c}`] : [name, operands];
    case 'jr':
      return a === 'ra' ? ['ret', ''] : [name, operands];
    case 'jalr':
      return jalr(parts, operands);
    case 'jal':
      return parts.length === 2 && a === 'zero' ? ['j', b] : parts.length === 1 ? [name, `ra,${a}`] : [name, operands];
    default:
      return withZero(name, parts) ?? [name, operands.replace(ROUNDING, '')];
  }
}

function jalr([a = '', b = '', c]: readonly string[], operands: string): readonly [string, string] {
  if (c === undefined) return ['jalr', operands];
  const place = c === '0' ? b : `${c}(${b})`;
  if (a === 'zero') return b === 'ra' && c === '0' ? ['ret', ''] : ['jr', place];
  return ['jalr', a === 'ra' ? place : `${a},${place}`];
}

/** Comparisons with zero. */
function withZero(name: string, [a = '', b = '', c = '']: readonly string[]): readonly [string, string] | undefined {
  if (!/^b(?:eq|ne|lt|ge)$/.test(name)) return undefined;
  if (b === 'zero') return [`${name}z`, `${a},${c}`];
  if (a !== 'zero') return undefined;
  if (name === 'blt') return ['bgtz', `${b},${c}`];
  return name === 'bge' ? ['blez', `${b},${c}`] : undefined;
}

export const isRiscvBranch = (mnemonic: string): boolean => BRANCH.test(mnemonic);
