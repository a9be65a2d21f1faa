/** What a byte is in a template: 0 stands for itself, 1 a digit, 2 a letter of hexadecimal numbers, 3 part of a word. */
const KIND = new Uint8Array(256);
for (let i = 0; i < 256; i++) {
  const c = String.fromCharCode(i);
  KIND[i] = /[0-9]/.test(c) ? 1 : /[a-fA-F]/.test(c) ? 2 : /[g-zG-Z_]/.test(c) || i >= 0x80 ? 3 : 0;
}
const SPACE = 0x20;
const NUMBER = 0x23;
/** Letters alone are taken for a hexadecimal number when they are that many. */
const LONG_HEX = 8;
/** Bytes of a message that are looked at. */
export const MAX_TEMPLATE = 4096;

/**
 * Two 32-bit hashes (FNV-1a's step with two primes) of a message with its numbers folded: digits, hexadecimal numbers and
 * runs of blanks count once. A message of another template has the same pair by chance once in 2^64.
 */
export class TemplateHash {
  a = 0;
  b = 0;

  of(bytes: Uint8Array, from: number, end: number): void {
    const to = Math.min(end, from + MAX_TEMPLATE);
    let a = 0x811c9dc5 | 0;
    let b = 0x2f0b4c47 | 0;
    let before = 0;
    for (let at = from; at < to; ) {
      let byte = bytes[at] as number;
      let kind = KIND[byte] as number;
      if (kind === 0) {
        if (byte !== SPACE || before !== SPACE) {
          a = Math.imul(a ^ byte, 0x01000193);
          b = Math.imul(b ^ byte, 0x5bd1e995);
        }
        before = byte;
        at++;
        continue;
      }
      const [savedA, savedB] = [a, b];
      const start = at;
      let digits = 0;
      let hex = true;
      let inNumber = false;
      if (byte === 0x30 && bytes[at + 1] === 0x78) at += 2;
      while (at < to) {
        byte = bytes[at] as number;
        kind = KIND[byte] as number;
        if (kind === 0) break;
        if (kind === 1) {
          digits++;
          if (!inNumber) {
            a = Math.imul(a ^ NUMBER, 0x01000193);
            b = Math.imul(b ^ NUMBER, 0x5bd1e995);
          }
          inNumber = true;
        } else {
          if (kind === 3) hex = false;
          inNumber = false;
          a = Math.imul(a ^ byte, 0x01000193);
          b = Math.imul(b ^ byte, 0x5bd1e995);
        }
        at++;
      }
      before = 0;
      if (hex && (digits > 0 || at - start >= LONG_HEX)) {
        a = Math.imul(savedA ^ NUMBER, 0x01000193);
        b = Math.imul(savedB ^ NUMBER, 0x5bd1e995);
      }
    }
    this.a = a;
    this.b = b;
  }
}

/** The same folding for reading: numbers become `#`. */
export function templateText(message: string): string {
  return message
    .replace(/[\w\u0080-\uffff]+/g, (word) => {
      const digits = word.startsWith('0x') && word.length > 2 ? word.slice(2) : word;
      const folds = /^[0-9a-fA-F]+$/.test(digits) && (/\d/.test(digits) || digits.length >= LONG_HEX);
      return folds ? '#' : word.replace(/\d+/g, '#');
    })
    .replace(/ +/g, ' ')
    .trim();
}
