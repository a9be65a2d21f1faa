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

/** The first `count` bytes as a string in quotes, as gdb writes it where the locale is C: what is not ASCII in octal. */
export function quotedText(bytes: Uint8Array, count: number): string {
  let text = '"';
  for (let i = 0; i < count; i++) text += quotedByte(bytes[i] as number, '"');
  return `${text}"`;
}

/** The bytes of a char array as gdb prints it: without the NUL that ends it, at most `max` characters. */
export function charArrayText(bytes: Uint8Array, max: number): string {
  const { length } = bytes;
  if (length > max) return `${quotedText(bytes, max)}...`;
  return quotedText(bytes, length > 0 && bytes[length - 1] === 0 ? length - 1 : length);
}
