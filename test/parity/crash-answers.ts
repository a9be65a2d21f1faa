import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CrashAnswer, CrashProcess } from './crash-process.ts';
import type { LabDump } from './lab-dumps.ts';

/** crash's answers about one dump: each is asked once and then kept in the lab's folder. */
export class CrashAnswers {
  readonly #dump: LabDump;
  readonly #dir: string;
  readonly #process: CrashProcess;
  /** Command lines that crash was really asked in this run. */
  asked = 0;

  /** @param cache folder for the answers @param program crash for the dump's CPU */
  constructor(dump: LabDump, cache: string, program: string) {
    this.#dump = dump;
    this.#dir = join(cache, dump.name);
    mkdirSync(this.#dir, { recursive: true });
    this.#process = new CrashProcess([program, '-s', ...dump.files, dump.vmlinux]);
  }

  /** @param after command lines that undo what the line changed. Undefined when crash cannot open the dump. */
  async answer(line: string, after: readonly string[] = []): Promise<CrashAnswer | undefined> {
    const file = join(this.#dir, `${createHash('sha256').update(`${this.#dump.recipe} ${line}`).digest('hex')}.json`);
    if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { answer: CrashAnswer }).answer;
    const refused = join(this.#dir, 'refused.json');
    if (existsSync(refused)) return undefined;
    this.asked++;
    const answer = await this.#process.ask(line);
    if (!answer) {
      if (!this.#process.hung) write(refused, { recipe: this.#dump.recipe, why: this.#process.refusal });
      return undefined;
    }
    if (answer.how === 'answered') for (const undo of after) await this.#process.ask(undo);
    write(file, { line, answer });
    return answer;
  }

  /** Why crash cannot open the dump. */
  get refusal(): string {
    const refused = join(this.#dir, 'refused.json');
    if (!existsSync(refused)) return this.#process.refusal ?? '';
    return (JSON.parse(readFileSync(refused, 'utf8')) as { why: string }).why;
  }

  close(): void {
    this.#process.close();
  }
}

/** Whole or not at all: several runs may share the folder. */
function write(file: string, content: object): void {
  const part = `${file}.${process.pid}`;
  writeFileSync(part, `${JSON.stringify(content)}\n`);
  renameSync(part, file);
}
