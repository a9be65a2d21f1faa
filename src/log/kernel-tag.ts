import { CLOSE, COLON, hasText, isDigit, OPEN, SPACE, skipBlanks, skipDigits, skipWord } from './byte-scan.ts';
import { NOTHING } from './line-fields.ts';

const TAGS = ['kernel', 'vmunix'];
/** Words before the tag: host, `kern.warn` or a unit. */
const MAX_WORDS = 3;

/**
 * The part of a syslog line behind the date: `host kernel: text`. Other programs' lines are left out, once a line with the
 * kernel's tag was seen: before, a receiver that writes no tags is possible.
 */
export class KernelTag {
  #seen = false;

  /** Where the message begins; NOTHING for a line of another program. */
  strip(bytes: Uint8Array, from: number, to: number): number {
    let at = skipBlanks(bytes, from, to);
    for (let word = 0; word < MAX_WORDS; word++) {
      const end = tagEnd(bytes, at, to);
      if (end >= 0) {
        this.#seen = true;
        return end;
      }
      const next = skipWord(bytes, at, to);
      if (next >= to) break;
      at = skipBlanks(bytes, next, to);
    }
    if (this.#seen) return NOTHING;
    const first = bytes[from] === SPACE ? from + 1 : from;
    const host = skipWord(bytes, first, to);
    // A host is told from a message by the stamp or level that follows.
    const told = host > first && (bytes[host + 1] === OPEN || bytes[host + 1] === 0x3c);
    return told ? host + 1 : first;
  }
}

/** Behind `kernel: ` or `kernel[0]: `; -1 where it does not stand. */
function tagEnd(bytes: Uint8Array, from: number, to: number): number {
  const tag = TAGS.find((name) => hasText(bytes, from, to, name));
  if (tag === undefined) return -1;
  let at = from + tag.length;
  if (bytes[at] === OPEN && isDigit(bytes[at + 1])) {
    at = skipDigits(bytes, at + 1, to);
    if (bytes[at] !== CLOSE) return -1;
    at++;
  }
  if (at >= to || bytes[at] !== COLON) return -1;
  return bytes[at + 1] === SPACE ? at + 2 : at + 1;
}
