import { DebugSearch } from '../node/debug-search.ts';
import { LineFiles } from '../node/line-files.ts';
import type { OopsReport } from '../oops/oops-report.ts';
import type { SourceOfFrame } from '../report/logged-report.ts';
import { codePlaces } from '../symbolize/code-place.ts';
import { TextSymbolizer } from '../symbolize/text-symbolizer.ts';
import type { DebugRequest } from './arguments.ts';

/** Reports whose lines are looked up. */
const MAX_REPORTS = 200;

/**
 * Source lines for the frames of reports: from the files that were named, else from the vmlinux of the report's kernel
 * release where distributions put it.
 */
export class OopsLines {
  readonly #debug: DebugRequest;
  readonly #files = new LineFiles();
  readonly #symbolizers = new Map<string, TextSymbolizer | undefined>();
  #reports = 0;

  constructor(debug: DebugRequest) {
    this.#debug = debug;
  }

  async prepare(): Promise<void> {
    await this.#files.prepare();
  }

  /** What debug information adds to each frame of a report; the report's own lines say which are return addresses. */
  sourceOf(report: OopsReport): SourceOfFrame {
    const symbolizer = this.#reports++ < MAX_REPORTS ? this.#symbolizer(report.reporter.release) : undefined;
    if (!symbolizer) return () => undefined;
    const added = new Map<string, string>();
    for (const line of report.lines) {
      const [place, more] = codePlaces(line);
      const out = symbolizer.line(line);
      if (!place || more || out.includes('\n')) continue;
      const text = / \((.*)\)$/s.exec(out.slice(place.end, out.length - (line.length - place.end)))?.[1];
      const key = `${place.place.function}+${place.place.offset}/${place.place.size}`;
      // The place itself, named with the registers, comes before the same one among return addresses.
      if (text !== undefined && !added.has(key)) added.set(key, text);
    }
    return (frame) => added.get(`${frame.function}+${frame.offset}/${frame.size}`);
  }

  /** What could not be found or is doubtful. */
  notes(): string[] {
    const all = [...this.#symbolizers.values()].flatMap((s) => s?.notes() ?? []);
    return all.map(({ text, count }) => `${text}${count > 1 ? ` (${count} times)` : ''}`);
  }

  close(): void {
    this.#files.close();
  }

  #symbolizer(release: string | undefined): TextSymbolizer | undefined {
    const key = release ?? '';
    if (!this.#symbolizers.has(key)) this.#symbolizers.set(key, this.#open(release));
    return this.#symbolizers.get(key);
  }

  #open(release: string | undefined): TextSymbolizer | undefined {
    const { given, noSearch, force } = this.#debug;
    const usual = noSearch !== true && release !== undefined;
    if (!usual && (given ?? []).length === 0) return undefined;
    const search = new DebugSearch({
      given: given ?? [],
      usual,
      codecs: this.#files.codecs,
      ...(force && { force: true }),
    });
    const wanted = release === undefined ? {} : { release };
    if (!search.explicit && !search.kernel(wanted)) return undefined;
    return new TextSymbolizer(this.#files.objects(search, wanted));
  }
}
