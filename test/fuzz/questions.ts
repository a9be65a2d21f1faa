import { AnalysisError } from '../../src/base/errors.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this finds
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** Asks questions about something damaged: whatever goes wrong is noted, nothing is thrown. */
export class Questions {
  readonly errors: string[] = [];
  readonly #start = process.cpuUsage();
  #slowest = { what: '', ms: 0 };

  ask<T>(what: string, question: () => T): T | undefined {
    const from = process.cpuUsage();
    try {
      return question();
    } catch (e) {
      this.#note(what, e);
      return undefined;
    } finally {
      this.#took(what, from);
    }
  }

  async wait<T>(what: string, question: () => Promise<T>): Promise<T | undefined> {
    const from = process.cpuUsage();
    try {
      return await question();
    } catch (e) {
      this.#note(what, e);
      return undefined;
    } finally {
      this.#took(what, from);
    }
  }

  /** An answer may hold nothing that steers a terminal. */
  check(what: string, text: string): void {
    const at = text.search(UNSAFE);
    if (at >= 0) this.errors.push(`${what}: unescaped ${JSON.stringify(text.slice(Math.max(0, at - 40), at + 20))}`);
  }

  get cpuMs(): number {
    return cpuMs(this.#start);
  }

  get slowest(): string {
    return `${this.#slowest.what} ${this.#slowest.ms.toFixed(0)} ms`;
  }

  #note(what: string, e: unknown): void {
    if (!(e instanceof AnalysisError)) this.errors.push(`${what}: ${e instanceof Error ? e.stack : String(e)}`);
  }

  #took(what: string, from: NodeJS.CpuUsage): void {
    const ms = cpuMs(from);
    if (ms > this.#slowest.ms) this.#slowest = { what, ms };
  }
}

function cpuMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

/** Which share of the sound answers is still given. */
export function shareOf(whole: ReadonlySet<string>, now: ReadonlySet<string>): number {
  return whole.size === 0 ? 1 : [...whole].filter((x) => now.has(x)).length / whole.size;
}
