const SPECIAL: Readonly<Record<number, string>> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
};

/** A byte as gdb writes it inside quotes; what is not ASCII in octal. */
export function quotedByte(byte: number, quote: string): string {
  const special = SPECIAL[byte];
  if (special !== undefined) return special;
  if (byte < 0x20 || byte >= 0x7f) return `\\${byte.toString(8).padStart(3, '0')}`;
  const c = String.fromCharCode(byte);
  return c === quote || c === '\\' ? `\\${c}` : c;
}

function quotedBytes(bytes: Uint8Array, count: number): string {
  let text = '"';
  for (let i = 0; i < count; i++) text += quotedByte(bytes[i] as number, '"');
  return `${text}"`;
}

/** The first `count` bytes as a string in quotes; the beginning of a UTF-8 character at the end stands behind it. */
export function quotedText(bytes: Uint8Array, count: number): string {
  const cut = incompleteBytes(bytes, count);
  if (cut === 0) return quotedBytes(bytes, count);
  let rest = '<incomplete sequence ';
  for (let i = count - cut; i < count; i++) rest += quotedByte(bytes[i] as number, '"');
  return cut === count ? `${rest}>` : `${quotedBytes(bytes, count - cut)}, ${rest}>`;
}

/** How many bytes at the end begin a character of UTF-8 that is not all there. */
function incompleteBytes(bytes: Uint8Array, count: number): number {
  for (let back = 1; back <= 3 && back <= count; back++) {
    const byte = bytes[count - back] as number;
    if (byte >= 0x80 && byte < 0xc0) continue;
    const length =
      byte >= 0xc2 && byte < 0xe0 ? 2 : byte >= 0xe0 && byte < 0xf0 ? 3 : byte >= 0xf0 && byte < 0xf5 ? 4 : 1;
    if (length <= back) return 0;
    return back === 1 || isSecond(byte, bytes[count - back + 1] as number) ? back : 0;
  }
  return 0;
}

/** Whether a byte may follow a first byte: neither overlong nor beyond Unicode. */
function isSecond(first: number, second: number): boolean {
  if (first === 0xe0) return second >= 0xa0;
  return first !== 0xf0 || second >= 0x90;
}

/** The bytes of a char array as gdb prints it: without the NUL that ends it, at most `max` characters. */
export function charArrayText(bytes: Uint8Array, max: number): string {
  const { length } = bytes;
  if (length > max) return `${quotedBytes(bytes, max)}...`;
  return quotedText(bytes, length > 0 && bytes[length - 1] === 0 ? length - 1 : length);
}
