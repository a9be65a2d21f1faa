/** What a byte is in a template: part of a word, or one of the two that stand between words. */
const DIGIT = 1;
const HEX_LETTER = 2;
const LETTER = 3;
/** Steers a terminal, or is damage; tested by `kind & WORD`, as everything between words is. */
const CONTROL = 4;
const WORD = 3;
const KIND = new Uint8Array(256);
for (let i = 0; i < 256; i++) {
  const c = String.fromCharCode(i);
  if (/[0-9]/.test(c)) KIND[i] = DIGIT;
  else if (/[a-fA-F]/.test(c)) KIND[i] = HEX_LETTER;
  else if (/[g-zG-Z_]/.test(c) || i >= 0x80) KIND[i] = LETTER;
  else if (i < 0x20 && c !== '\t') KIND[i] = CONTROL;
}
const SPACE = 0x20;
const NUMBER = 0x23;
const FNV_START = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;
const SECOND_START = 0x2f0b4c47;
const SECOND_FACTOR = 0x5bd1e995;
/** Letters alone are taken for a hexadecimal number when they are that many. */
const LONG_HEX = 8;
/** Characters of a message that are kept as a sample of its template. */
export const MAX_SAMPLE = 200;
/** Bytes of a message that are looked at. */
const MAX_TEMPLATE = 4096;

/**
 * Two 32-bit hashes of a message with its numbers folded: digits, hexadecimal numbers and runs of blanks count once. `a` is
 * FNV-1a over the bytes, `b` a hash over the values that `a` had between words: two templates have the same pair by chance
 * once in 2^64.
 */
export class TemplateHash {
  a = 0;
  b = 0;
  /** There was a control character. */
  control = false;

  of(bytes: Uint8Array, from: number, end: number): void {
    const to = Math.min(end, from + MAX_TEMPLATE);
    let a = FNV_START;
    let b = SECOND_START;
    let before = 0;
    let control = 0;
    for (let at = from; at < to; ) {
      const byte = bytes[at] as number;
      const kind = KIND[byte] as number;
      if ((kind & WORD) === 0) {
        control |= kind;
        if (byte !== SPACE || before !== SPACE) a = Math.imul(a ^ byte, FNV_PRIME);
        before = byte;
        at++;
        continue;
      }
      const marked = byte === 0x30 && bytes[at + 1] === 0x78; // 0x
      at = this.#word(bytes, marked ? at + 2 : at, to, a, marked ? 1 : LONG_HEX);
      a = this.a;
      b = Math.imul(b ^ a, SECOND_FACTOR);
      before = 0;
    }
    this.a = a;
    this.b = Math.imul(b ^ a, SECOND_FACTOR);
    this.control = control !== 0;
  }

  /** Behind a word; its hash goes to `a`. @param long letters that make a hexadecimal number without a digit */
  #word(bytes: Uint8Array, from: number, to: number, before: number, long: number): number {
    let a = before;
    let at = from;
    let kinds = 0;
    while (at < to) {
      const kind = KIND[bytes[at] as number] as number;
      if ((kind & WORD) === 0) break;
      kinds |= 1 << kind;
      if (kind === DIGIT) {
        a = Math.imul(a ^ NUMBER, FNV_PRIME);
        do at++;
        while (at < to && isNumber(KIND[bytes[at] as number] as number));
      } else {
        a = Math.imul(a ^ (bytes[at] as number), FNV_PRIME);
        at++;
      }
    }
    const hex = (kinds & (1 << LETTER)) === 0 && ((kinds & (1 << DIGIT)) !== 0 || at - from >= long);
    this.a = hex ? Math.imul(before ^ NUMBER, FNV_PRIME) : a;
    return at;
  }
}

/** What goes on a number that began with a digit: names such as `veth3fa21bc` differ in no more than that. */
function isNumber(kind: number): boolean {
  return kind === DIGIT || kind === HEX_LETTER;
}

/** The same folding for reading: numbers become `#`. */
export function templateText(message: string): string {
  return message
    .replace(/[\w\u0080-\uffff]+/g, (word) => {
      const digits = word.startsWith('0x') && word.length > 2 ? word.slice(2) : word;
      const folds =
        /^[0-9a-fA-F]+$/.test(digits) && (digits !== word || /\d/.test(digits) || digits.length >= LONG_HEX);
      return folds ? '#' : word.replace(/\d[\da-fA-F]*/g, '#');
    })
    .replace(/ +/g, ' ')
    .trim();
}
