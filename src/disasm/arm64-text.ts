/** Mnemonics whose last operand is an address in the code. */
const TO_ADDRESS = /^(?:b|bl|b\.\w+|bc\.\w+|cbn?z|tbn?z|adrp?)$/;
/** Mnemonics whose immediates are bit numbers and widths, which are written in decimal. */
const BITS = /^(?:[us]?bfx|[us]?bfiz|bfi|bfc|bfxil|[us]?bfm|lsl|lsr|asr|ror|extr|tbn?z|udf)$/;
const CONDITIONS: Readonly<Record<string, string>> = { lo: 'cc', hs: 'cs' };

/**
 * A64 as the GNU tools print it (binutils, opcodes/aarch64-opc.c, by its output), from capstone's spelling: offsets,
 * shift amounts and bit numbers in decimal, other immediates hexadecimal, addresses without `#`.
 */
export function arm64Text(mnemonic: string, operands: string): readonly [string, string] {
  const name = mnemonic.replace(/\.(lo|hs)$/, (_, c: string) => `.${CONDITIONS[c]}`);
  let text = operands.replace(/, (lo|hs)$/, (_, c: string) => `, ${CONDITIONS[c]}`);
  if (TO_ADDRESS.test(name))
    text = text.replace(/#(0x[0-9a-f]+|\d+)$/, (_, n: string) => `0x${BigInt(n).toString(16)}`);
  const bits = BITS.test(name);
  const memory = text.indexOf('[');
  const wide = /^x|^sp/.test(text);
  text = text.replace(
    /(\w+ )?#(-?(?:0x[0-9a-f]+|\d+))(?![.\w])/g,
    (_, before: string | undefined, n: string, at: number) => {
      const shift = before !== undefined && /^(?:[lar]s[lr]|ror|msl|[us]xt[bhwx]) $/.test(before);
      const decimal = bits || shift || (memory >= 0 && at > memory);
      return `${before ?? ''}#${decimal ? signed(n) : unsigned(n, wide)}`;
    },
  );
  return [name, text];
}

function numberOf(n: string): bigint {
  return n.startsWith('-') ? -BigInt(n.slice(1)) : BigInt(n);
}

function signed(n: string): string {
  return `${BigInt.asIntN(64, numberOf(n))}`;
}

function unsigned(n: string, wide: boolean): string {
  const value = numberOf(n);
  return `0x${(value < 0n ? BigInt.asUintN(wide ? 64 : 32, value) : value).toString(16)}`;
}
