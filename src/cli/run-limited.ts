import { realpathSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { AnalysisError, UsageError } from '../base/errors.ts';
import { jsonText } from '../base/json-text.ts';
import { jsonDocument, type Outcome } from '../session/json.ts';
import type { Limits } from './arguments.ts';
import type { FromLimited, LimitedStart, SentOutcome } from './limited-worker.ts';
import { errorMessage } from './message.ts';
import { writeAll } from './output.ts';
import { LIMITED_ARGUMENT, type SessionState } from './prompt-messages.ts';
import { exitStatus } from './run-commands.ts';

/** Exit status when an answer was cut by a limit. */
const CUT = 3;
/** Milliseconds between two looks at the clock and the memory. */
const EVERY = 25;

type LimitedRequest = LimitedStart['request'];

/** How one thread ended. */
type End =
  | { readonly kind: 'finished'; readonly status: number }
  | { readonly kind: 'failed'; readonly message: string; readonly status: number }
  | { readonly kind: 'limit'; readonly why: string };

/**
 * Runs commands or the report in a thread that is ended when one of them takes too much; the commands behind it are run
 * all the same, in a thread that opens the dump again. Returns the exit status.
 */
export async function runLimited(request: LimitedRequest, limits: Limits): Promise<number> {
  const run = new LimitedRun(request, limits);
  for (;;) {
    const end = await run.next();
    if (end.kind === 'failed') {
      writeAll(2, end.message);
      return end.status;
    }
    if (end.kind === 'limit') {
      const error = new AnalysisError('limit', `${run.what} was stopped: ${end.why}`);
      writeAll(2, errorMessage(error));
      if (request.kind === 'report') return CUT;
      run.outcomes.push({ line: run.line ?? '', error });
      run.after++;
      if (run.line !== undefined) continue;
    } else if (request.kind === 'report') return end.status;
    if (request.json) writeAll(1, `${jsonText(jsonDocument(run.outcomes))}\n`);
    const isCut = run.outcomes.some((o) => 'error' in o && (o.error as AnalysisError).code === 'limit');
    return isCut ? CUT : exitStatus(run.outcomes);
  }
}

class LimitedRun {
  readonly #request: LimitedRequest;
  readonly #limits: Limits;
  readonly outcomes: Outcome[] = [];
  after = 0;
  #state: SessionState | undefined;
  /** The command that runs. */
  line: string | undefined;

  constructor(request: LimitedRequest, limits: Limits) {
    this.#request = request;
    this.#limits = limits;
  }

  get what(): string {
    if (this.#request.kind === 'report') return 'the report';
    return this.line === undefined ? 'opening the dump' : `'${this.line}'`;
  }

  /** Starts a thread and waits for its end, or for the first command that exceeds a limit. */
  async next(): Promise<End> {
    this.line = undefined;
    const worker = this.#start();
    let busySince = Date.now();
    let child = false;
    const end = await new Promise<End>((resolve) => {
      const timer = setInterval(() => {
        const why = child ? undefined : this.#exceeded(Date.now() - busySince);
        if (why !== undefined) settle({ kind: 'limit', why });
      }, EVERY);
      const settle = (how: End): void => {
        clearInterval(timer);
        resolve(how);
      };
      worker.on('message', (m: FromLimited) => {
        if (m.kind === 'finished' || m.kind === 'failed') settle(m);
        else if (m.kind === 'child') {
          child = m.running;
          busySince = Date.now(); // the user's own program is not ours to stop
        } else {
          if (m.kind === 'end') this.#take(m.outcomes, m.state);
          this.line = m.kind === 'begin' ? m.line : undefined;
          busySince = Date.now();
        }
      });
      worker.on('error', (e) => settle(this.#broken(e)));
      worker.on('exit', () =>
        settle({ kind: 'failed', message: 'inquest: its thread ended unexpectedly\n', status: 70 }),
      );
    });
    worker.removeAllListeners();
    worker.on('error', () => {});
    await worker.terminate();
    return end;
  }

  #start(): Worker {
    const start: LimitedStart = {
      request: this.#request,
      after: this.after,
      ...(this.#state && { state: this.#state }),
    };
    const { mebibytes } = this.#limits;
    return new Worker(realpathSync(process.argv[1] as string), {
      argv: [LIMITED_ARGUMENT],
      workerData: start,
      ...(mebibytes !== undefined && { resourceLimits: { maxOldGenerationSizeMb: Math.ceil(mebibytes) } }),
    });
  }

  /** Which limit is exceeded. */
  #exceeded(ms: number): string | undefined {
    const { seconds, mebibytes } = this.#limits;
    if (seconds !== undefined && ms > seconds * 1000) return `it took more than ${seconds} s (--timeout)`;
    const taken = mebibytes === undefined ? 0 : process.memoryUsage.rss() / 2 ** 20;
    return mebibytes !== undefined && taken > mebibytes ? memoryText(mebibytes) : undefined;
  }

  #broken(error: unknown): End {
    const { mebibytes } = this.#limits;
    if ((error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY') {
      return { kind: 'limit', why: memoryText(mebibytes ?? 0) };
    }
    return { kind: 'failed', message: errorMessage(error), status: 70 };
  }

  #take(outcomes: readonly SentOutcome[], state: SessionState): void {
    this.#state = state;
    this.after++;
    for (const { line, data, error } of outcomes) {
      if (!error) this.outcomes.push({ line, data: data ?? {} });
      else this.outcomes.push({ line, error: rebuilt(error) });
    }
  }
}

function memoryText(mebibytes: number): string {
  return `the program took more than ${mebibytes} MiB (--memory)`;
}

/** An error of another thread. */
function rebuilt({ code, message }: { code: string; message: string }): Error {
  if (code === 'usage') return new UsageError(message);
  return code === 'internal' ? new Error(message) : new AnalysisError(code, message);
}
