const ESC = 0x1b;
const BEL = 0x07;
const BACKSPACE = 0x08;
const TAB = 0x09;

/**
 * A line without what only steers a terminal: colours, cursor movements, titles, backspaced characters, NULs and other control characters, and the
 * kernel's own level marks (`\x01` and a digit, include/linux/kern_levels.h) where they were left in.
 */
export function cleanLine(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const out = new Uint8Array(to - from);
  let size = 0;
  for (let at = from; at < to; ) {
    const byte = bytes[at] as number;
    if (byte === ESC) at = skipEscape(bytes, at, to);
    else if (byte === BACKSPACE) {
      size = Math.max(0, size - 1);
      at++;
    } else if (byte === 0x01) at += isLevel(bytes[at + 1]) ? 2 : 1;
    else {
      if (byte >= 0x20 || byte === TAB) out[size++] = byte;
      at++;
    }
  }
  return out.subarray(0, size);
}

/** Behind an escape sequence (ECMA-48, 5.3 to 5.5): CSI, the strings, or ESC with its intermediate and final byte. */
function skipEscape(bytes: Uint8Array, from: number, to: number): number {
  const kind = bytes[from + 1];
  if (kind === 0x5b) {
    let at = from + 2;
    while (at < to && (bytes[at] as number) >= 0x20 && (bytes[at] as number) < 0x40) at++;
    const final = bytes[at];
    return at < to && final !== undefined && final >= 0x40 && final < 0x7f ? at + 1 : Math.min(at, to);
  }
  if (kind === 0x5d || kind === 0x50 || kind === 0x5e || kind === 0x5f) return skipString(bytes, from + 2, to);
  let at = from + 1;
  while (at < to && (bytes[at] as number) >= 0x20 && (bytes[at] as number) < 0x30) at++;
  return Math.min(to, at + 1);
}

/** A control string ends with BEL or ESC \; one that does not is damage, of which only the mark goes. */
function skipString(bytes: Uint8Array, from: number, to: number): number {
  const limit = Math.min(to, from + 256);
  for (let at = from; at < limit; at++) {
    if (bytes[at] === BEL) return at + 1;
    if (bytes[at] === ESC && bytes[at + 1] === 0x5c) return at + 2;
  }
  return from;
}

function isLevel(byte: number | undefined): boolean {
  return byte !== undefined && ((byte >= 0x30 && byte <= 0x37) || byte === 0x63 || byte === 0x64);
}
