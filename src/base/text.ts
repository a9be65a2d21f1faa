/** The one host global that the core uses; browsers, workers and Node all have it. */
declare class TextDecoder {
  constructor(label?: string);
  decode(bytes?: Uint8Array): string;
}

let utf8: TextDecoder | undefined;

/** Bytes as UTF-8; damaged sequences become U+FFFD. */
export function decodeUtf8(bytes: Uint8Array): string {
  utf8 ??= new TextDecoder('utf-8');
  return utf8.decode(bytes);
}

/** Bytes as Latin-1 (one character a byte); for names that are ASCII by specification. */
export function decodeAscii(bytes: Uint8Array, from = 0, to = bytes.length): string {
  let s = '';
  if (to - from > SHORT) {
    for (let i = from; i < to; i += PIECE) s += charactersOf(bytes.subarray(i, Math.min(i + PIECE, to)));
  } else for (let i = from; i < to; i++) s += String.fromCharCode(bytes[i] as number);
  return s;
}

/** Characters that V8 puts together without a link to each, and arguments of one call. */
const SHORT = 12;
const PIECE = 4096;

/** In one call: adding them one by one takes 296 bytes for 20 characters instead of 48, and longer (Node 20 and 24). */
function charactersOf(bytes: Uint8Array): string {
  return String.fromCharCode.apply(null, bytes as unknown as number[]);
}

/** The NUL-terminated string at `from`, at most up to `to`. */
export function cString(bytes: Uint8Array, from = 0, to = bytes.length): string {
  const nul = bytes.indexOf(0, from);
  const end = nul < 0 || nul > to ? to : nul;
  for (let i = from; i < end; i++) if ((bytes[i] as number) >= 0x80) return decodeUtf8(bytes.subarray(from, end));
  return decodeAscii(bytes, from, end);
}

/** ASCII text to bytes; characters above 0xff are refused by truncation, so give it ASCII only. */
export function asciiBytes(text: string): Uint8Array {
  const out = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i);
  return out;
}

/** First position of `needle` in `bytes` at or after `from`, or -1. */
export function indexOfBytes(bytes: Uint8Array, needle: Uint8Array, from = 0): number {
  const first = needle[0];
  if (first === undefined) return from;
  const last = bytes.length - needle.length;
  for (let at = bytes.indexOf(first, from); at >= 0 && at <= last; at = bytes.indexOf(first, at + 1)) {
    let i = 1;
    while (i < needle.length && bytes[at + i] === needle[i]) i++;
    if (i === needle.length) return at;
  }
  return -1;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this finds
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/**
 * Text from a dump made safe for a terminal: control characters (ESC, C1, DEL, CR ...), line separators and
 * bidirectional controls become `\xNN` or `\uNNNN`; tab and newline stay.
 */
export function printable(text: string): string {
  return text.replace(UNSAFE, (c) => {
    const code = c.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** `printable` for a value that must stay on one line (a comm, a path, a module name): newlines are escaped too. */
export function printableLine(text: string): string {
  return printable(text).replace(/[\n\t]/g, (c) => (c === '\n' ? '\\n' : '\\t'));
}
