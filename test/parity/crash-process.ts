import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { dirname } from 'node:path';

/** What a question to crash came to. */
export interface CrashAnswer {
  /** `died`: crash ended while it answered; `hung`: nothing came for a long time and it was ended. */
  readonly how: 'answered' | 'died' | 'hung';
  readonly lines: readonly string[];
}

/** No sign of life for so long is a hang. */
const PATIENCE = 180_000;
/** More text than this is cut: nobody compares it line by line. */
const TEXT_LIMIT = 64 * 1024 * 1024;

/**
 * One crash process that is asked line by line; it is started again when it died. crash runs a shell's echo behind each
 * command line, which tells where the answer ends.
 */
export class CrashProcess {
  readonly #command: readonly string[];
  #child: ChildProcessWithoutNullStreams | undefined;
  #text = '';
  #asked = 0;
  #wake: () => void = () => {};
  #silent = true;
  /** What crash said when it could not open the dump. */
  #refusal: string | undefined;
  /** It said nothing for too long: another try may do. */
  hung = false;

  /** @param command program and arguments: the dump and its vmlinux */
  constructor(command: readonly string[]) {
    this.#command = command;
  }

  /** Undefined when crash cannot open the dump; then `refusal` says why. */
  async ask(line: string): Promise<CrashAnswer | undefined> {
    if (!(await this.#start())) return undefined;
    return this.#exchange(line);
  }

  get refusal(): string | undefined {
    return this.#refusal;
  }

  close(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  async #start(): Promise<boolean> {
    if (this.#refusal !== undefined) return false;
    if (this.#child) return true;
    const [program, ...args] = this.#command as [string, ...string[]];
    const env = { ...process.env, TERM: 'dumb', HOME: '/nonexistent', TZ: 'UTC', LC_ALL: 'C' };
    const child = spawn(program, args, { env, cwd: dirname(args[1] ?? '.') });
    this.#child = child;
    const take = (chunk: string): void => {
      if (this.#text.length < TEXT_LIMIT || chunk.includes('@@')) this.#text += chunk;
      this.#silent = false;
      this.#wake();
    };
    child.stdout.setEncoding('latin1').on('data', take);
    child.stderr.setEncoding('latin1').on('data', take);
    child.stdin.on('error', () => {});
    child.on('close', () => {
      if (this.#child === child) this.#child = undefined;
      this.#wake();
    });
    const first = await this.#exchange('set scroll off');
    if (first.how === 'answered') return true;
    this.hung = first.how === 'hung';
    this.#refusal =
      first.lines
        .filter((l) => l.trim() !== '')
        .slice(-3)
        .join(' | ') || `crash ${first.how}`;
    return false;
  }

  async #exchange(line: string): Promise<CrashAnswer> {
    const child = this.#child as ChildProcessWithoutNullStreams;
    const mark = `@@${++this.#asked}@@`;
    this.#text = '';
    child.stdin.write(`${line}\n!echo ${mark}\n`);
    for (;;) {
      const end = this.#text.lastIndexOf(mark);
      if (end >= 0) return { how: 'answered', lines: linesOf(this.#text.slice(0, end)) };
      if (this.#child !== child) return { how: 'died', lines: linesOf(this.#text) };
      this.#silent = true;
      await this.#sleep();
      if (this.#silent && this.#child === child) {
        this.close();
        return { how: 'hung', lines: linesOf(this.#text) };
      }
    }
  }

  #sleep(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, PATIENCE);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
