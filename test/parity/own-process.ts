import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { LabDump } from './lab-dumps.ts';

/** What a command line came to here. */
export interface OwnAnswer {
  readonly lines: readonly string[];
  readonly error?: string;
}

/** No answer for so long is a hang. */
const PATIENCE = 60_000;

/** Our session about one dump, in a process of its own, so that a hang or a crash of it is an answer too. */
export class OwnProcess {
  readonly #dump: LabDump;
  #child: ChildProcess | undefined;

  constructor(dump: LabDump) {
    this.#dump = dump;
  }

  ask(line: string): Promise<OwnAnswer> {
    const child = this.#child ?? this.#start();
    return new Promise((resolve) => {
      const finish = (answer: OwnAnswer): void => {
        clearTimeout(timer);
        child.removeAllListeners();
        resolve(answer);
      };
      const timer = setTimeout(() => {
        this.close();
        finish({ lines: [], error: `no answer in ${PATIENCE / 1000} s` });
      }, PATIENCE);
      child.on('message', (answer: OwnAnswer) => finish(answer));
      child.on('exit', (code, signal) => {
        this.#child = undefined;
        finish({ lines: [], error: `the process ended with ${signal ?? code}` });
      });
      child.send({ line });
    });
  }

  close(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  #start(): ChildProcess {
    const { files, vmlinux, modules } = this.#dump;
    const child = fork(join(import.meta.dirname, 'own-session.ts'), [[vmlinux, ...modules].join('\n'), ...files], {
      env: { ...process.env, TZ: 'UTC' },
    });
    this.#child = child;
    return child;
  }
}
