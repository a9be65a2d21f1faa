import { realpathSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { AnalysisError, UsageError } from '../base/errors.ts';
import { jsonText } from '../base/json-text.ts';
import type { Phrase } from '../base/phrase.ts';
import type { CrashReport } from '../report/crash-report.ts';
import { cutReport, type ReportDraft } from '../report/report-draft.ts';
import { jsonDocument, type Outcome } from '../session/json.ts';
import type { LimitedRequest, Limits } from './arguments.ts';
import { INTERRUPTED, Interrupted } from './interrupt.ts';
import { CUT, type Exceeded, LOOK_EVERY, limitExceeded, memoryExceeded } from './limit-check.ts';
import type { FromLimited, LimitedStart, SentOutcome } from './limited-worker.ts';
import { errorMessage } from './message.ts';
import { writeAll } from './output.ts';
import { LIMITED_ARGUMENT, type SessionState } from './prompt-messages.ts';
import { exitStatus, stepLines } from './run-commands.ts';

/** What is stopped, where it is no command. */
const WHOLE: Readonly<Record<Exclude<LimitedRequest['kind'], 'commands'>, string>> = {
  report: 'the report',
  compare: 'the comparison',
  fixes: 'the search for fixes',
  oops: 'reading the log',
};

/** How one thread ended. */
type End =
  | { readonly kind: 'finished'; readonly status: number }
  | { readonly kind: 'failed'; readonly message: string; readonly status: number }
  | ({ readonly kind: 'limit' } & Exceeded)
  | { readonly kind: 'interrupted' };

/**
 * Runs commands or the report in a thread that is ended when one of them takes too much; the commands behind it are run
 * all the same, in a thread that opens the dump again. Returns the exit status.
 */
export async function runLimited(asked: LimitedRequest, limits: Limits): Promise<number> {
  let request = asked;
  try {
    // Here, since standard input can be read once, and a thread that waits for it could not be ended.
    if (asked.kind === 'commands') request = { ...asked, steps: stepLines(asked.steps).map((line) => ({ line })) };
  } catch (e) {
    writeAll(2, errorMessage(e));
    return 1;
  }
  const run = new LimitedRun(request, limits);
  for (;;) {
    const end = await run.next();
    if (end.kind === 'failed') {
      writeAll(2, end.message);
      return end.status;
    }
    if (end.kind === 'interrupted') {
      const error = new Interrupted(run.line === undefined ? `in ${run.what}` : `in '${run.line}'`);
      await run.writeReport(INTERRUPTED);
      run.outcomes.push({ line: run.line ?? '', error: new AnalysisError('interrupted', error.message) });
      if (request.kind === 'commands' && request.json) writeAll(1, `${jsonText(jsonDocument(run.outcomes))}\n`);
      throw error;
    }
    if (end.kind === 'limit') {
      const error = new AnalysisError('limit', `${run.what} was stopped: ${end.why.en}`);
      writeAll(2, errorMessage(error));
      await run.writeReport(end.why, end.remedy);
      if (request.kind !== 'commands') return CUT;
      run.outcomes.push({ line: run.line ?? '', error });
      run.after++;
      if (run.line !== undefined && run.isRepeatable) continue;
    } else if (request.kind !== 'commands') {
      await run.writeReport();
      return end.status;
    }
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
  #draft: ReportDraft | undefined;
  #report: CrashReport | undefined;
  /** The command that runs. */
  line: string | undefined;

  constructor(request: LimitedRequest, limits: Limits) {
    this.#request = request;
    this.#limits = limits;
  }

  get what(): string {
    if (this.#request.kind !== 'commands') return WHOLE[this.#request.kind];
    return this.line === undefined ? 'opening the dump' : `'${this.line}'`;
  }

  /** Whether the dump can be opened again for the commands behind a stopped one. */
  get isRepeatable(): boolean {
    if (!this.#request.files.includes('-')) return true;
    const error = new AnalysisError('limit', 'standard input cannot be read again: the commands behind are not run');
    writeAll(2, errorMessage(error));
    return false;
  }

  /** Writes the report, or what there is of it. @param why it was stopped @param remedy what would give the rest */
  async writeReport(why?: Phrase, remedy?: Phrase): Promise<void> {
    const report = this.#report ?? (why && this.#draft && cutReport(this.#draft, why, remedy));
    if (!report || this.#request.kind !== 'report') return;
    await (await import('./run-report.ts')).writeCrashReport(this.#request, report);
  }

  /** Starts a thread and waits for its end, or for the first command that exceeds a limit. */
  async next(): Promise<End> {
    this.line = undefined;
    const worker = this.#start();
    let busySince = Date.now();
    let child = false;
    const end = await new Promise<End>((resolve) => {
      const timer = setInterval(() => {
        const exceeded = child ? undefined : limitExceeded(this.#limits, Date.now() - busySince);
        if (exceeded) settle({ kind: 'limit', ...exceeded });
      }, LOOK_EVERY);
      const interrupt = (): void => settle({ kind: 'interrupted' });
      process.once('SIGINT', interrupt);
      const settle = (how: End): void => {
        clearInterval(timer);
        process.off('SIGINT', interrupt);
        resolve(how);
      };
      worker.on('message', (m: FromLimited) => {
        if (m.kind === 'finished' || m.kind === 'failed') settle(m);
        else if (m.kind === 'child') {
          child = m.running;
          busySince = Date.now(); // the user's own program is not ours to stop
        } else if (m.kind === 'draft') this.#draft = m.draft;
        else if (m.kind === 'report') {
          this.#report = m.report;
          settle({ kind: 'finished', status: 0 });
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
    if (this.#readsStdin) process.stdin.destroy(); // else the program would wait for its end
    if (end.kind !== 'interrupted') await worker.terminate();
    return end;
  }

  #start(): Worker {
    const start: LimitedStart = {
      request: this.#request,
      after: this.after,
      ...(this.#state && { state: this.#state }),
    };
    const { mebibytes } = this.#limits;
    const worker = new Worker(realpathSync(process.argv[1] as string), {
      argv: [LIMITED_ARGUMENT],
      workerData: start,
      stdin: this.#readsStdin,
      ...(mebibytes !== undefined && { resourceLimits: { maxOldGenerationSizeMb: Math.ceil(mebibytes) } }),
    });
    if (this.#readsStdin && worker.stdin) process.stdin.pipe(worker.stdin).on('error', () => {});
    return worker;
  }

  /** A log from standard input comes as a stream; a dump is read from the descriptor. */
  get #readsStdin(): boolean {
    return this.#request.kind === 'oops' && this.#request.files.includes('-');
  }

  #broken(error: unknown): End {
    const { mebibytes } = this.#limits;
    if ((error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY') {
      return { kind: 'limit', ...memoryExceeded(mebibytes ?? 0) };
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

/** An error of another thread. */
function rebuilt({ code, message }: { code: string; message: string }): Error {
  if (code === 'usage') return new UsageError(message);
  return code === 'internal' ? new Error(message) : new AnalysisError(code, message);
}
