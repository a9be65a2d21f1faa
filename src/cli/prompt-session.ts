import { realpathSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { printableLine } from '../base/text.ts';
import type { DumpRequest, Limits } from './arguments.ts';
import { Interrupted } from './interrupt.ts';
import { CUT, LOOK_EVERY, limitExceeded } from './limit-check.ts';
import { writeAll } from './output.ts';
import {
  type FromWorker,
  type SessionState,
  type ToWorker,
  WORKER_ARGUMENT,
  type WorkerStart,
} from './prompt-messages.ts';

/** So long a command may go on after Ctrl-C before its thread is ended. */
const GRACE = 50;
/** A dump that is opened again so long is not worth waiting for: Ctrl-C leaves then. */
const IMPATIENCE = 1000;

/** Why there is no session: what was said, and the exit status. */
export class SessionFailed extends Error {
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/**
 * The session of a prompt, in a thread of its own. A command that is stopped takes the thread with it; the next one opens the
 * dump again, which takes a moment, and continues with the same task, settings and aliases.
 */
export class PromptSession {
  readonly #request: DumpRequest;
  #worker: Worker;
  #state: SessionState | undefined;
  #child = false;
  #settle: ((ended: boolean) => void) | undefined;
  #fail: (error: Error) => void = () => {};
  /** Since when the dump is being opened; 0 when it is open. */
  #openingSince = 0;
  #line: string | undefined;
  readonly #watch: NodeJS.Timeout | undefined;
  #busySince = 0;
  #completed: ((result: [string[], string]) => void) | undefined;

  constructor(request: DumpRequest) {
    this.#request = request;
    this.#worker = this.#start();
    const { limits } = request;
    if (limits) this.#watch = setInterval(() => this.#look(limits), LOOK_EVERY);
  }

  /** When the dump is open. @throws SessionFailed */
  ready(): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#fail = reject;
    });
  }

  /** Runs a line; whether the session is over. @throws SessionFailed */
  run(line: string): Promise<boolean> {
    const done = this.ready();
    this.#line = line;
    this.#busySince = Date.now();
    this.#send({ kind: 'line', line });
    return done;
  }

  complete(line: string): Promise<[string[], string]> {
    return new Promise((resolve) => {
      this.#completed = resolve;
      this.#send({ kind: 'complete', line });
    });
  }

  /** Stops the command that runs. A program of the user's gets the signal itself and is waited for. */
  async interrupt(): Promise<void> {
    if (this.#child || !this.#settle) return;
    await new Promise((resolve) => setTimeout(resolve, GRACE));
    if (this.#child || !this.#settle) return;
    const opening = this.#openingSince > 0 ? Date.now() - this.#openingSince : 0;
    if (opening > (this.#state ? IMPATIENCE : 0)) this.#fail(new Interrupted('while opening the dump'));
    else await this.#restart('stopped');
  }

  async #restart(message: string): Promise<void> {
    const worker = this.#worker;
    worker.removeAllListeners();
    worker.on('error', () => {});
    this.#line = undefined;
    this.#openingSince = Date.now();
    await worker.terminate();
    writeAll(2, `\r\u001b[Kinquest: ${printableLine(message)}\n`);
    this.#worker = this.#start();
  }

  /** Stops a command, or opening the dump, that takes more than it may. */
  #look(limits: Limits): void {
    if (!this.#settle || this.#child) {
      this.#busySince = Date.now();
      return;
    }
    const why = limitExceeded(limits, Date.now() - this.#busySince)?.why.en;
    if (why === undefined) return;
    if (this.#openingSince === 0) void this.#restart(`'${this.#line}' was stopped: ${why}`);
    else this.#fail(new SessionFailed(`inquest: opening the dump was stopped: ${why}\n`, CUT));
  }

  async close(): Promise<void> {
    clearInterval(this.#watch);
    this.#worker.removeAllListeners();
    await this.#worker.terminate();
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #start(): Worker {
    this.#openingSince = Date.now();
    this.#busySince = Date.now();
    const start: WorkerStart = { request: this.#request, ...(this.#state && { state: this.#state }) };
    const program = realpathSync(process.argv[1] as string);
    const worker = new Worker(program, { argv: [WORKER_ARGUMENT], workerData: start });
    worker.on('message', (message: FromWorker) => this.#take(message));
    worker.on('error', (error) => this.#fail(error));
    worker.on('exit', () => this.#fail(new SessionFailed('inquest: the session ended unexpectedly\n', 70)));
    return worker;
  }

  #take(message: FromWorker): void {
    switch (message.kind) {
      case 'done': {
        this.#state = message.state;
        this.#openingSince = 0;
        const settle = this.#settle;
        this.#settle = undefined;
        settle?.(message.ended);
        return;
      }
      case 'completion':
        this.#completed?.(message.result);
        return;
      case 'child':
        this.#child = message.running;
        return;
      case 'failed':
        this.#fail(new SessionFailed(message.message, message.status));
    }
  }
}
