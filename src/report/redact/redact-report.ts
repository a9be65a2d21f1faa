import { type CrashReport, crashReportSchema } from '../crash-report.ts';
import type { Schema, SecretKind } from '../schema.ts';
import { Aliases } from './aliases.ts';
import { collectNames } from './collect-names.ts';
import { scrubAddresses } from './scrub-addresses.ts';
import { scrubCommandLine } from './scrub-command-line.ts';
import { scrubPath } from './scrub-paths.ts';
import { type KnownNames, scrubText } from './scrub-text.ts';

export interface RedactOptions {
  /** Addresses of the kernel too. */
  readonly all?: boolean;
}

/**
 * The same report without names of hosts and users, network addresses, paths, command lines, UUIDs and serial numbers.
 * Members that a schema marks as secret are replaced whole, every other text is searched.
 */
export function redactReport(report: CrashReport, options: RedactOptions = {}): CrashReport {
  return new Redaction(options).redact(report);
}

/** The same for several reports, in which equal things get equal names. */
export class Redaction {
  readonly #aliases = new Aliases();
  readonly #all: boolean;

  constructor(options: RedactOptions = {}) {
    this.#all = options.all === true;
  }

  redact(report: CrashReport): CrashReport {
    const known = collectNames(report, crashReportSchema);
    return new Redactor(this.#aliases, known, this.#all).value(report, crashReportSchema) as CrashReport;
  }
}

/** Numbers that are written like addresses. */
const NUMBERS: readonly string[] = ['timestampNs', 'startNs', 'endNs', 'preemptCount'];

class Redactor {
  readonly #aliases: Aliases;
  readonly #known: KnownNames;
  readonly #all: boolean;

  constructor(aliases: Aliases, known: KnownNames, all: boolean) {
    this.#aliases = aliases;
    this.#known = known;
    this.#all = all;
  }

  value(value: unknown, schema: Schema | undefined): unknown {
    if (typeof value === 'string') return this.#text(value, schema);
    if (Array.isArray(value)) return value.map((v) => this.value(v, schema?.items));
    if (typeof value !== 'object' || value === null) return value;
    const out: Record<string, unknown> = {};
    for (const [name, member] of Object.entries(value)) {
      const additional = schema?.additionalProperties === false ? undefined : schema?.additionalProperties;
      const inner = schema?.properties?.[name] ?? additional;
      const key = schema?.properties?.[name] ? name : this.#text(name, undefined);
      out[key] = NUMBERS.includes(name) ? member : this.value(member, inner);
    }
    return out;
  }

  #text(text: string, schema: Schema | undefined): string {
    if (text === '' || schema?.enum) return text;
    const out = this.#named(text, schema?.secret);
    return this.#all ? scrubAddresses(out, this.#aliases) : out;
  }

  #named(text: string, secret: SecretKind | undefined): string {
    switch (secret) {
      case undefined:
        return scrubText(text, this.#known, this.#aliases);
      case 'path':
        return scrubText(scrubPath(text, this.#aliases), this.#known, this.#aliases);
      case 'kernel-command-line':
        return scrubText(scrubCommandLine(text, this.#aliases), this.#known, this.#aliases);
      case 'contents':
        return this.#contents(text);
      default:
        return this.#aliases.of(secret, text);
    }
  }

  /** Values of variables: numbers and names of the kernel stay, quoted text was somebody's. */
  #contents(text: string): string {
    const quoted = text.replace(/"(?:[^"\\]|\\.)*"/g, (t) => `"${this.#aliases.of('text', t)}"`);
    return scrubText(quoted, this.#known, this.#aliases);
  }
}
