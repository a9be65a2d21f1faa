import type { SourceFrame } from '../program/ports.ts';
import { type CodePlace, codePlaces, type PlaceInText } from './code-place.ts';
import { type CodeAt, type CodeReader, codeText } from './code-text.ts';
import type { LineObject } from './line-object.ts';
import { type Located, type Location, locate } from './locate.ts';
import { treePath, treePrefixes } from './source-path.ts';

/** The file with the debug information of the kernel or a module, or why there is none. */
export type ObjectOf = (
  module: string | undefined,
  buildId: string | undefined,
) => LineObject | { readonly why: string };

/** Places whose answer is kept: the log of a machine that keeps dying repeats itself. */
const MAX_KEPT = 20_000;
/** The same of `Code:` lines. */
const MAX_KEPT_CODE = 500;
/** What names an address where execution was; the others are return addresses. */
const EXACT =
  /(?:\b(?:[RE]?IP|pc|PC|epc|NIP|PSW|era)\b\s*(?:is at|:)|(?:WARNING|BUG|KASAN|UBSAN|KCSAN|KMSAN):.* (?:at|in)\b)/;
const PC = /\b(?:[RE]?IP|pc|PC|epc|NIP|PSW|era)\s*:/;
/** Entries from an exception: what they interrupted, not what they return to, stands below them (arm64's trace lines). */
const ENTRY = /^el1[a-z]*_(?:64_)?(?:irq|sync|fiq|error|abort|da|dbg)$/;

/** Adds file, line and inlined callers to every place in the kernel's code that a text names; keeps all else as it is. */
export class TextSymbolizer {
  readonly #objectOf: ObjectOf;
  readonly #kept = new Map<string, string>();
  readonly #keptCode = new Map<string, readonly string[]>();
  readonly #notes = new Map<string, number>();
  #prefixes: readonly string[] | undefined;
  readonly #code: CodeReader | undefined;
  #exactPlace = '';
  #afterEntry = false;
  /** What the pc was last said to be. */
  #trapped: CodePlace | undefined;

  /** @param code absent: `Code:` lines stay as they are */
  constructor(objectOf: ObjectOf, code?: CodeReader) {
    this.#objectOf = objectOf;
    this.#code = code;
  }

  /** One line of text without its newline; a `Code:` line becomes several. */
  line(text: string): string {
    const places = codePlaces(text);
    if (places.length === 0) return this.#other(text);
    let out = '';
    let done = 0;
    for (const at of places) {
      out += text.slice(done, at.end) + this.#answer(at.place, this.#isExact(text, at) ? 0 : 1);
      done = at.end;
    }
    this.#afterEntry = ENTRY.test(places[0]?.place.function ?? '');
    return out + text.slice(done);
  }

  /** What could not be found or is doubtful, with how many places it concerns. */
  notes(): readonly { readonly text: string; readonly count: number }[] {
    return [...this.#notes].map(([text, count]) => ({ text, count }));
  }

  #other(text: string): string {
    if (text.includes('Code:')) {
      const lines = this.#codeLines(text);
      if (lines.length === 0) return text;
      const lead = text.slice(0, text.indexOf('Code:'));
      return [text, ...lines.map((line) => lead + line)].join('\n');
    }
    // A pc that is in no function: of user space, or of wild code.
    if (PC.test(text)) this.#trapped = undefined;
    return text;
  }

  #codeLines(text: string): readonly string[] {
    if (!this.#code) return [];
    const code = text.slice(text.indexOf('Code:')).trimEnd(); // serial consoles leave carriage returns
    const key = `${this.#trapped?.function}+${this.#trapped?.offset} ${this.#trapped?.module} ${code}`;
    let lines = this.#keptCode.get(key);
    if (!lines) {
      lines = codeText(code, this.#code, this.#codeAt());
      if (this.#keptCode.size >= MAX_KEPT_CODE) this.#keptCode.clear();
      this.#keptCode.set(key, lines);
    }
    return lines;
  }

  #codeAt(): CodeAt | undefined {
    if (!this.#trapped) return undefined;
    const object = this.#objectOf(this.#trapped.module, this.#trapped.buildId);
    if ('why' in object) return undefined;
    const { found } = locate(object, this.#trapped, 0);
    return found.length === 1 ? { object, address: (found[0] as Located).address } : undefined;
  }

  #isExact(text: string, at: PlaceInText): boolean {
    const said = text.slice(at.start, at.end);
    const before = text.slice(0, at.start);
    if (EXACT.test(before)) {
      this.#exactPlace = said;
      if (PC.test(before)) this.#trapped = at.place;
      return true;
    }
    // Traces of some CPUs begin with the place itself that the registers above named, or name what was interrupted.
    return this.#afterEntry || (said === this.#exactPlace && !/\blr\s*:/.test(before));
  }

  #answer(place: CodePlace, back: 0 | 1): string {
    const key = `${place.function}+${place.offset}/${place.size} ${place.module} ${place.buildId} ${back}`;
    let answer = this.#kept.get(key);
    if (answer === undefined) {
      answer = this.#look(place, back);
      if (this.#kept.size >= MAX_KEPT) this.#kept.clear();
      this.#kept.set(key, answer);
    }
    return answer;
  }

  #look(place: CodePlace, back: 0 | 1): string {
    const object = this.#objectOf(place.module, place.buildId);
    if ('why' in object) {
      this.#note(object.why);
      return '';
    }
    const location: Location = locate(object, place, back);
    if (location.note !== undefined) this.#note(location.note);
    const found = location.found.map((f) => framesText(f.frames, this.#prefixesOf(object)));
    const texts = found.filter((text, i) => text !== '' && found.indexOf(text) === i);
    return texts.length === 0 ? '' : ` (${texts.join(' | ')})`;
  }

  #prefixesOf(object: LineObject): readonly string[] {
    if (this.#prefixes === undefined) {
      const kernel = this.#objectOf(undefined, undefined);
      this.#prefixes = treePrefixes('why' in kernel ? object : kernel);
    }
    return this.#prefixes;
  }

  #note(text: string): void {
    this.#notes.set(text, (this.#notes.get(text) ?? 0) + 1);
  }
}

/** `mm/slub.c:419 in set_freepointer < mm/slub.c:3644`: innermost first, the function itself last and unnamed. */
function framesText(frames: readonly SourceFrame[], prefixes: readonly string[]): string {
  return frames
    .filter((f) => f.file !== '')
    .map((f) => `${treePath(f.file, prefixes)}:${f.line === 0 ? '?' : f.line}${f.inlined ? ` in ${f.name}` : ''}`)
    .join(' < ');
}
