import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CaseResult } from './case-result.ts';
import type { FuzzCase } from './plan.ts';

/** CPU time of one case; the wall clock of a busy machine says nothing. */
const LIMIT_CPU_MS = 20_000;
/** A process that sleeps for so long waits for something that does not come. */
const LIMIT_WALL_MS = 600_000;
/** Limit of the memory of one process while it works on one case. */
export const LIMIT_MIB = 512;
/** Cases after which a process is made anew. */
const CASES_A_PROCESS = 200;
const KILL_MIB = 2048;

/** A result with what the process that made it took; or how it ended. */
export interface Watched {
  readonly one: FuzzCase;
  readonly result?: CaseResult;
  /** Resident memory: the most while it ran, and what the process had before. */
  readonly peakMiB: number;
  readonly beforeMiB?: number;
  /** The peak in a process that other cases had run in, when it was over the limit; `peakMiB` is then of one of its own. */
  readonly warmMiB?: number;
  readonly end?: 'hung' | 'died';
  readonly message?: string;
}

/** Runs cases in processes of their own, several at a time. @param cases lists whose cases are best run in one process */
export async function runCases(
  cases: Iterator<readonly FuzzCase[]>,
  workers: number,
  onResult: (watched: Watched) => void,
): Promise<void> {
  await Promise.all(Array.from({ length: workers }, () => runSome(cases, onResult)));
}

async function runSome(cases: Iterator<readonly FuzzCase[]>, onResult: (watched: Watched) => void): Promise<void> {
  let child: CaseProcess | undefined;
  for (let next = cases.next(); !next.done; next = cases.next()) {
    for (const one of next.value) {
      child ??= await CaseProcess.start();
      let watched = await child.run(one);
      const over = watched.end === 'died' || watched.peakMiB > LIMIT_MIB;
      if (watched.end || over || child.ran >= CASES_A_PROCESS) {
        child.close();
        child = undefined;
      }
      // Whether it needs the memory, or earlier cases had left it, shows a process of its own.
      if (over) watched = { ...(await runAlone(one)), warmMiB: watched.peakMiB };
      onResult(watched);
    }
  }
  child?.close();
}

async function runAlone(one: FuzzCase): Promise<Watched> {
  const child = await CaseProcess.start(true);
  const watched = await child.run(one);
  child.close();
  return watched;
}

class CaseProcess {
  readonly #child: ChildProcess;
  ran = 0;
  #stderr = '';

  /** @param alone for one case only: with the heap that Node gives by itself */
  private constructor(alone: boolean) {
    const flags = ['--expose-gc', ...(alone ? [] : ['--max-old-space-size=384'])];
    this.#child = fork(join(import.meta.dirname, 'worker.ts'), [], {
      execArgv: flags,
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-2000);
    });
  }

  static start(alone = false): Promise<CaseProcess> {
    const process = new CaseProcess(alone);
    return new Promise((resolve, reject) => {
      process.#child.once('message', () => resolve(process));
      process.#child.once('exit', () => reject(new Error(`worker: ${process.#stderr}`)));
    });
  }

  run(one: FuzzCase): Promise<Watched> {
    this.ran++;
    const child = this.#child;
    return new Promise((resolve) => {
      let cpu = 0;
      let wall = Date.now();
      const end = (watched: Omit<Watched, 'one'>): void => {
        clearInterval(timer);
        child.removeAllListeners('message');
        child.removeAllListeners('exit');
        resolve({ one, ...watched });
      };
      const timer = setInterval(() => {
        const now = processState(child.pid ?? 0);
        const hung = (cpu > 0 && now.cpuMs - cpu > LIMIT_CPU_MS) || Date.now() - wall > LIMIT_WALL_MS;
        if (hung || now.rssMiB > KILL_MIB) {
          child.kill('SIGKILL');
          end({ end: hung ? 'hung' : 'died', peakMiB: now.rssMiB, message: hung ? 'time' : 'memory' });
        }
      }, 500);
      child.on(
        'message',
        ({ kind, ...told }: { kind: string; result: CaseResult; peakMiB: number; beforeMiB: number }) => {
          if (kind === 'started') {
            cpu = processState(child.pid ?? 0).cpuMs;
            wall = Date.now();
          } else if (kind === 'done') end(told);
        },
      );
      child.on('exit', (code, signal) =>
        end({ end: 'died', peakMiB: 0, message: `${signal ?? code}: ${this.#stderr}` }),
      );
      child.send(one);
    });
  }

  close(): void {
    this.#child.removeAllListeners();
    this.#child.kill('SIGKILL');
  }
}

/** CPU time and memory of a process. */
function processState(pid: number): { cpuMs: number; rssMiB: number } {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /, '')
      .split(' ');
    return { cpuMs: (Number(fields[11]) + Number(fields[12])) * 10, rssMiB: (Number(fields[21]) * 4096) / 2 ** 20 };
  } catch {
    return { cpuMs: 0, rssMiB: 0 };
  }
}
