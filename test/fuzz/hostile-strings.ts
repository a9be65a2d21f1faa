/** Texts that steer a terminal, a browser or a Markdown reader when they are shown as they are. */
const TEXTS = [
  '\u001b[2J\u001b[1;31m',
  '\u001b]0;title\u0007',
  '\u009b31m',
  '<script>alert(1)',
  '"><img src=x>',
  '](javascript:a)',
  '`|$(id)`',
  '\u202Egnp.exe',
  '\u2066\u2069\u200f',
  'a\r\nb\tc\b\b',
  '%s%n%x',
  '../../etc/x',
  '__proto__',
  'constructor',
  '\u0000\u0000',
  '&lt;&#x0a;',
];

/** As bytes; with some that are no UTF-8. */
export const hostileStrings: readonly Uint8Array[] = [
  ...TEXTS.map((text) => new Uint8Array(Buffer.from(text))),
  Uint8Array.of(0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80, 0x9b, 0x41),
  new Uint8Array(16).fill(0x41),
  new Uint8Array(16).fill(0x9b),
];
