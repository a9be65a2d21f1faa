import { logForms } from './forms/index.ts';
import { type LineFields, NOT_MINE } from './line-fields.ts';
import type { LogForm } from './log-form.ts';

/** Prefixes that one line may have, one in another: a quoted syslog line with the kernel's stamp. */
const MAX_NESTED = 3;

/** Finds the form of each line of one stream; a stream may mix forms. */
export class FormFinder {
  readonly #forms: readonly LogForm[] = logForms.map((make) => make());
  readonly #byFirst: readonly (readonly LogForm[])[];
  readonly #counts: Map<LogForm, number>;
  #open: LogForm | undefined;
  #lines = 0;

  constructor() {
    this.#byFirst = Array.from({ length: 256 }, (_, byte) =>
      this.#forms.filter((form) => form.starts.includes(String.fromCharCode(byte))),
    );
    this.#counts = new Map(this.#forms.map((form) => [form, 0]));
  }

  /** Takes the prefixes off; where the message begins, or NOTHING. */
  strip(bytes: Uint8Array, from: number, to: number, fields: LineFields): number {
    let at = from;
    this.#lines++;
    for (let depth = 0; depth < MAX_NESTED; depth++) {
      const next = this.#one(bytes, at, to, fields);
      if (next === NOT_MINE) break;
      if (next < 0 || fields.text !== undefined) return next;
      at = next;
    }
    return at;
  }

  /** Names of the forms that at least a twentieth of the lines had, most frequent first. */
  names(): string[] {
    const seen = [...this.#counts].filter(([, count]) => count > 0 && count * 20 >= this.#lines);
    return seen.sort(([, x], [, y]) => y - x).map(([form]) => form.name);
  }

  #one(bytes: Uint8Array, from: number, to: number, fields: LineFields): number {
    if (this.#open) {
      const at = this.#ask(this.#open, bytes, from, to, fields);
      if (at !== NOT_MINE) return at;
    }
    if (from >= to) return NOT_MINE;
    for (const form of this.#byFirst[bytes[from] as number] as readonly LogForm[]) {
      const at = this.#ask(form, bytes, from, to, fields);
      if (at !== NOT_MINE) return at;
    }
    return NOT_MINE;
  }

  #ask(form: LogForm, bytes: Uint8Array, from: number, to: number, fields: LineFields): number {
    const { seconds, clock, level } = fields;
    const at = form.strip(bytes, from, to, fields);
    this.#open = form.open === true ? form : this.#open === form ? undefined : this.#open;
    if (at === NOT_MINE) {
      fields.seconds = seconds;
      fields.clock = clock;
      fields.level = level;
    } else this.#counts.set(form, (this.#counts.get(form) ?? 0) + 1);
    return at;
  }
}
