/** Steps over bytes of a line: each takes a position and returns the one behind what it is about, or -1. */

export const SPACE = 0x20;
export const COLON = 0x3a;
export const OPEN = 0x5b;
export const CLOSE = 0x5d;
export const DOT = 0x2e;

export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** Behind blanks (space and tab), which need not be there; at most `limit` of them. */
export function skipBlanks(bytes: Uint8Array, from: number, to: number, limit = to - from): number {
  const end = Math.min(to, from + limit);
  let at = from;
  while (at < end && (bytes[at] === SPACE || bytes[at] === 0x09)) at++;
  return at;
}

/** Behind digits, which need not be there. */
export function skipDigits(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && isDigit(bytes[at])) at++;
  return at;
}

/** Behind the next blank-separated word: at the blank or the end. */
export function skipWord(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && bytes[at] !== SPACE && bytes[at] !== 0x09) at++;
  return at;
}

/** The value of decimal digits; what is no digit counts as 0, so that ` 5` is 5. */
export function numberAt(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) {
    const digit = (bytes[i] as number) - 0x30;
    value = value * 10 + (digit >= 0 && digit <= 9 ? digit : 0);
  }
  return value;
}

/** Whether the ASCII text stands at a place. */
export function hasText(bytes: Uint8Array, from: number, to: number, text: string): boolean {
  if (to - from < text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** Whether as many digits stand at a place. */
export function hasDigits(bytes: Uint8Array, from: number, to: number, count: number): boolean {
  return to - from >= count && skipDigits(bytes, from, from + count) === from + count;
}

/** Behind `12.345678`; -1 where the fraction or the number is missing. Its value is told by `decimalValue`. */
export function skipDecimal(bytes: Uint8Array, from: number, to: number): number {
  const dot = skipDigits(bytes, from, to);
  if (dot === from || dot - from > 10 || dot >= to || bytes[dot] !== DOT) return -1;
  const end = skipDigits(bytes, dot + 1, to);
  return end === dot + 1 || end - dot > 10 ? -1 : end;
}

/** The value of `12.345678`. */
export function decimalValue(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  let scale = 0;
  for (let i = from; i < to; i++) {
    const byte = bytes[i] as number;
    if (byte === DOT) scale = 1;
    else {
      value = value * 10 + (byte - 0x30);
      scale *= 10;
    }
  }
  return scale > 1 ? value / scale : value;
}
