import { CLOSE, isDigit, OPEN, skipBlanks, skipDecimal } from './byte-scan.ts';

const GREATER = 0x3e;
const LESS = 0x3c;

/**
 * Where a second message begins in a line in which a newline was lost: at a stamp `[   12.345678]`, or its `<4>`; -1 where
 * there is none. A stamp has six digits after the point and a space, a caller or nothing behind it.
 */
export function embeddedStamp(bytes: Uint8Array, from: number, to: number): number {
  for (let open = from; open < to; open++) {
    if (bytes[open] !== OPEN) continue;
    const at = skipBlanks(bytes, open + 1, to, 12);
    if (!isDigit(bytes[at])) continue;
    const end = skipDecimal(bytes, at, to);
    if (end < 0 || bytes[end] !== CLOSE || bytes[end - 7] !== 0x2e) continue;
    const next = end + 1 < to ? bytes[end + 1] : 0x20;
    if (next !== 0x20 && next !== OPEN) continue;
    return levelBefore(bytes, from, open);
  }
  return -1;
}

function levelBefore(bytes: Uint8Array, from: number, open: number): number {
  if (bytes[open - 1] !== GREATER) return open;
  for (let at = open - 2; at >= from && at >= open - 5; at--) {
    if (bytes[at] === LESS) return at;
    if (!isDigit(bytes[at])) break;
  }
  return open;
}
