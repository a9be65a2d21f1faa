import {
  CLOSE,
  DOT,
  decimalValue,
  hasText,
  isDigit,
  numberAt,
  OPEN,
  SPACE,
  skipBlanks,
  skipDecimal,
  skipDigits,
} from './byte-scan.ts';
import type { LineFields } from './line-fields.ts';
import { longDate, monthAt } from './wall-clock.ts';

const LESS = 0x3c;
const GREATER = 0x3e;
const PLUS = 0x2b;
/** Blanks before a stamp: a log that was pasted into other text is indented. */
const MAX_INDENT = 16;

/**
 * Behind what the kernel itself puts before a message (print_prefix of kernel/printk/printk.c: `<4>[   12.345678][  T151] `)
 * or dmesg in its place (`-T`, `-H`, `-d`) or vendors after it; `from` where there is none.
 */
export function printkPrefix(bytes: Uint8Array, from: number, to: number, fields: LineFields): number {
  const first = bytes[from];
  if (first !== OPEN && first !== LESS && first !== SPACE && first !== 0x09) return from;
  const start = skipBlanks(bytes, from, to, MAX_INDENT);
  const level = levelTag(bytes, start, to, fields);
  const at = level === start ? start : skipBlanks(bytes, level, to, MAX_INDENT);
  const end = stamp(bytes, at, to, fields);
  if (end < 0) return level === start ? from : level;
  return message(bytes, vendorTags(bytes, callerTag(bytes, end, to, fields), to, fields), to);
}

/** Behind `<4>`; facility and level in one number, of which the level is the low three bits (RFC 5424, 6.2.1). */
export function levelTag(bytes: Uint8Array, from: number, to: number, fields: LineFields): number {
  if (bytes[from] !== LESS) return from;
  const end = skipDigits(bytes, from + 1, Math.min(to, from + 4));
  if (bytes[end] !== GREATER || end >= to) return from;
  if (end > from + 1) {
    fields.level = numberAt(bytes, from + 1, end) & 7;
    return end + 1;
  }
  return from;
}

/** Behind `[   12.345678]` and its variants; -1 where there is none. */
function stamp(bytes: Uint8Array, from: number, to: number, fields: LineFields): number {
  if (bytes[from] !== OPEN || from >= to) return -1;
  const at = skipBlanks(bytes, from + 1, to, MAX_INDENT);
  const end = skipDecimal(bytes, at, to);
  if (end > 0) {
    const close = closing(bytes, end, to);
    if (close < 0) return -1;
    fields.seconds = decimalValue(bytes, at, end);
    return close + 1;
  }
  return isDigit(bytes[at]) ? -1 : dmesgStamp(bytes, at, to, fields);
}

/** At the `]` of a stamp, over what may stand before it: `@0` and `,0` (a CPU), ` <  0.000012>` (dmesg -d). */
function closing(bytes: Uint8Array, from: number, to: number): number {
  if (bytes[from] === CLOSE) return from;
  const end = Math.min(to, from + 24);
  for (let at = from; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === CLOSE) return at;
    const fits = isDigit(byte) || byte === SPACE || byte === DOT || byte === LESS || byte === GREATER;
    if (!fits && byte !== 0x40 && byte !== 0x2c) return -1;
  }
  return -1;
}

/** `[Tue Nov 28 17:58:12 2023]` of dmesg -T; `[Nov28 17:58]` and `[  +0.000012]` of dmesg -H; `[<  0.000012>]` of -d. */
function dmesgStamp(bytes: Uint8Array, at: number, to: number, fields: LineFields): number {
  let end = longDate(bytes, at, to, fields);
  if (end < 0 && (bytes[at] === PLUS || bytes[at] === LESS)) {
    end = skipDecimal(bytes, skipBlanks(bytes, at + 1, to, MAX_INDENT), to);
    if (end > 0 && bytes[end] === GREATER) end++;
  }
  if (end < 0 && monthAt(bytes, at, to) > 0 && bytes[at + 8] === 0x3a) {
    end = at + 11;
    fields.wallFrom = at;
    fields.wallTo = end;
  }
  return end > 0 && end < to && bytes[end] === CLOSE ? end + 1 : -1;
}

/** Behind `[  T151]` or `[   C1]`, with a space before it or without. */
function callerTag(bytes: Uint8Array, from: number, to: number, fields: LineFields): number {
  const open = bytes[from] === SPACE ? from + 1 : from;
  if (bytes[open] !== OPEN) return from;
  const at = skipBlanks(bytes, open + 1, to, MAX_INDENT);
  if (bytes[at] !== 0x54 && bytes[at] !== 0x43) return from;
  const end = skipDigits(bytes, at + 1, to);
  if (end === at + 1 || end >= to || bytes[end] !== CLOSE) return from;
  fields.callerFrom = at;
  fields.callerTo = end;
  return end + 1;
}

/** Tags of vendors' kernels: `[0:swapper/0:0]`, `(2)[123:comm]`, `[cpuid: 2]`. */
function vendorTags(bytes: Uint8Array, from: number, to: number, fields: LineFields): number {
  const at = skipBlanks(bytes, from, to, 2);
  if (bytes[at] === 0x28 && isDigit(bytes[at + 1])) {
    const close = skipDigits(bytes, at + 1, to);
    if (bytes[close] === 0x29 && bytes[close + 1] === OPEN) return taskTag(bytes, close + 1, to, fields, from);
    return from;
  }
  if (bytes[at] !== OPEN) return from;
  if (hasText(bytes, at, to, '[cpuid: ')) {
    const close = skipDigits(bytes, at + 8, to);
    return bytes[close] === CLOSE ? close + 1 : from;
  }
  return isDigit(bytes[skipBlanks(bytes, at + 1, to, 3)]) ? taskTag(bytes, at, to, fields, from) : from;
}

/** Behind `[123:comm]` or `[0:comm:123]`; `otherwise` where there is none. */
function taskTag(bytes: Uint8Array, open: number, to: number, _fields: LineFields, otherwise: number): number {
  const colon = skipDigits(bytes, skipBlanks(bytes, open + 1, to, 3), to);
  if (bytes[colon] !== 0x3a) return otherwise;
  const end = Math.min(to, colon + 32);
  for (let at = colon + 1; at < end; at++) if (bytes[at] === CLOSE) return at + 1;
  return otherwise;
}

/** The kernel puts one space between prefix and message; further ones are the message's own. */
function message(bytes: Uint8Array, from: number, to: number): number {
  return from < to && bytes[from] === SPACE ? from + 1 : from;
}
