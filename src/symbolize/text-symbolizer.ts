import { printableLine } from '../base/text.ts';
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
/**
 * What stands before an address where execution was, on one CPU or another; all others are return addresses. (KASAN and
 * KMSAN name a return address too: that of the check.) Sources: `show_regs`, `__show_regs` and `__die` of arch/: x86
 * `RIP: 0010:`, `EIP is at`, `IP: [<...>]`; arm `PC is at`; arm64 `pc :`; riscv, mips `epc :`; powerpc `NIP [...]`,
 * `--- interrupt: 300 at`; s390 `Krnl PSW :`; loongarch `ERA:`.
 */
const PC = /(?:\b(?:[RE]?IP|pc|PC|epc|NIP|PSW|ERA|era)\b\s*(?:is at\b|:|\[)|^\W*--- \w+: \w+ at )/;
const EXACT = new RegExp(`${PC.source}|\\b(?:WARNING|BUG):.* at\\b`);
/** The same of the register with the return address, which may be told behind the other one in a line. */
const RETURN = /\b(?:lr|LR|ra)\b\s*(?:is at\b|:|=|\[)/;
/** s390 tells in the next line where the last branch came from. */
const BRANCH = /Last Breaking-Event-Address:\s*$/;
/** Of `Comm: x Not tainted 6.1.0 #1 <build-id>`: CONFIG_STACKTRACE_BUILD_ID. */
const KERNEL_ID = /\bComm: .* ([0-9a-f]{40})$/;
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
  #afterBranch = false;
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
      out += text.slice(done, at.end) + this.#answer(at.place, this.#isExact(text, at, done) ? 0 : 1);
      done = at.end;
    }
    this.#afterEntry = ENTRY.test(places[0]?.place.function ?? '');
    this.#afterBranch = false;
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
    this.#afterBranch = BRANCH.test(text);
    const buildId = text.includes('Comm: ') ? KERNEL_ID.exec(text.trimEnd())?.[1] : undefined;
    if (buildId !== undefined) this.#compareKernel(buildId);
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

  /** The log says which build of the kernel it is of. */
  #compareKernel(buildId: string): void {
    const kernel = this.#objectOf(undefined, undefined);
    if ('why' in kernel || kernel.buildId === undefined || kernel.buildId === buildId) return;
    this.#note(`the log is of the kernel with build-id ${buildId}, but ${kernel.name} has ${kernel.buildId}`);
  }

  /** @param from where in the line what belongs to this place begins */
  #isExact(text: string, at: PlaceInText, from: number): boolean {
    const said = text.slice(at.start, at.end);
    const before = text.slice(from, at.start);
    if (EXACT.test(before)) {
      this.#exactPlace = said;
      if (PC.test(before)) this.#trapped = at.place;
      return true;
    }
    // Traces of some CPUs begin with the place itself that the registers above named, or name what was interrupted.
    return this.#afterEntry || this.#afterBranch || (said === this.#exactPlace && !RETURN.test(before));
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
    return texts.length === 0 ? '' : ` (${texts.map(printableLine).join(' | ')})`;
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
