/** Lines that are long enough to be wrapped by any terminal, and what the rest of one looks like. */
const LONG: readonly { readonly lead: RegExp; readonly rest: RegExp }[] = [
  {
    lead: /^\s*Modules linked in:/,
    rest: /^ ?(?:[\w-]+(?:\([A-Z+-]+\))?(?:\s+|$))*(?:\[last unloaded: [^\]]*\]?)?(?: ?[\w-]+\]?)?$/,
  },
  { lead: /^\s*Code: /, rest: /^ ?(?:[<(]?(?:[0-9a-f]{2}|[0-9a-f]{4}|[0-9a-f]{8})[)>]?(?: |$))+$/ },
];
/** Columns at which mail programs and serial terminals wrap. */
const NARROW = 80;
const MAIL = 72;
const MAX_JOINED = 0x4000;
/** Lines after which a log without a wide one is taken for one that was wrapped. */
const EVIDENCE = 20;

/** A line and how it stood in the input. */
export interface Standing {
  readonly text: string;
  /** Characters of the line with its prefix. */
  readonly width: number;
  /** A time, a level or a caller stood before it. */
  readonly stamped: boolean;
  /** It stands in the quotation of a mail. */
  readonly quoted: boolean;
}

/** Puts lines together again that a terminal or a mail program wrapped. */
export class WrappedLines {
  #widest = 0;
  #stamped = 0;
  /** Width at which the line that is put together was wrapped. */
  #wrap = 0;

  /** A line that is no rest of another. */
  note(line: Standing): void {
    if (line.stamped) {
      this.#stamped++;
      this.#widest = Math.max(this.#widest, line.width);
    }
    this.#wrap = 0;
  }

  /** The two as one when the second is the rest of the first; undefined otherwise. */
  join(first: Standing, second: Standing): string | undefined {
    if (second.stamped || second.text === '' || first.text.length > MAX_JOINED) return undefined;
    const long = LONG.find(({ lead, rest }) => lead.test(first.text) && rest.test(second.text));
    if (long ? first.width < MAIL - 12 : !this.#isNarrow(first, second)) return undefined;
    const hard = this.#isHard(first, second);
    this.#wrap ||= first.width;
    return first.text + (hard || first.text.endsWith(' ') || second.text.startsWith(' ') ? '' : ' ') + second.text;
  }

  /** A log in which no line is wider than a mail: a line without a stamp whose first word had no room belongs before. */
  #isNarrow(first: Standing, second: Standing): boolean {
    if (!first.stamped || this.#widest > NARROW || first.width > NARROW || first.width < MAIL - 24) return false;
    if (first.width === NARROW) return true;
    if (!second.quoted && this.#stamped < EVIDENCE) return false;
    if (/^\s+.*\+0x/.test(second.text)) return false; // a frame: old kernels stamp the first line of a message alone
    const word = /^\s*\S+/.exec(second.text)?.[0].length ?? 0;
    return word > 0 && first.width + 1 + word > MAIL;
  }

  /** Cut at a column, not between words: at 80, or where the rest is as wide as the first, or far too wide for a mail. */
  #isHard(first: Standing, second: Standing): boolean {
    if (this.#wrap > 0) return first.text.length > 0 && second.width <= this.#wrap && this.#wrap >= NARROW;
    return first.width === NARROW || first.width > 100 || second.width === first.width;
  }
}
