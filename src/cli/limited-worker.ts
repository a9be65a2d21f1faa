import { parentPort, workerData } from 'node:worker_threads';
import { AnalysisError } from '../base/errors.ts';
import type { CrashReport } from '../report/crash-report.ts';
import type { ReportDraft } from '../report/report-draft.ts';
import type { Outcome } from '../session/json.ts';
import type { LimitedRequest } from './arguments.ts';
import { errorMessage, INTERNAL, isExpected } from './message.ts';
import { optimisedLater } from './optimise-later.ts';
import { OutputClosed } from './output.ts';
import type { SessionState } from './prompt-messages.ts';
import { runVerb } from './run-verb.ts';

/** What the thread is started with. */
export interface LimitedStart {
  readonly request: LimitedRequest;
  /** Commands that were run already, or were stopped. */
  readonly after: number;
  readonly state?: SessionState;
}

/** An outcome that may pass from one thread to another; data only where it is wanted. */
export interface SentOutcome {
  readonly line: string;
  readonly data?: object;
  readonly error?: { readonly code: string; readonly message: string };
}

export type FromLimited =
  | { readonly kind: 'begin'; readonly line: string }
  | { readonly kind: 'end'; readonly outcomes: readonly SentOutcome[]; readonly state: SessionState }
  | { readonly kind: 'draft'; readonly draft: ReportDraft }
  | { readonly kind: 'report'; readonly report: CrashReport }
  | { readonly kind: 'child'; readonly running: boolean }
  | { readonly kind: 'finished'; readonly status: number }
  | { readonly kind: 'failed'; readonly message: string; readonly status: number };

function send(message: FromLimited): void {
  parentPort?.postMessage(message);
}

/** The thread that works while another one watches its time and memory; it writes the answers itself, but for a report. */
export async function limitedWorker(): Promise<void> {
  try {
    send({ kind: 'finished', status: await work(workerData as LimitedStart) });
  } catch (e) {
    if (e instanceof OutputClosed) send({ kind: 'finished', status: 0 });
    else send({ kind: 'failed', message: errorMessage(e), status: isExpected(e) ? 2 : INTERNAL });
  }
}

async function work({ request, after, state }: LimitedStart): Promise<number> {
  if (request.kind === 'report') return report(request);
  if (request.kind !== 'commands') return runVerb(request);
  return (await import('./run-commands.ts')).runCommands(request, {
    after,
    ...(state && { state }),
    begin: (line) => send({ kind: 'begin', line }),
    end: (outcomes, left) => send({ kind: 'end', outcomes: outcomes.map((o) => sent(o, request.json)), state: left }),
    child: (running) => send({ kind: 'child', running }),
  });
}

/** The main thread writes it, since it also writes what there is of one that is stopped. */
async function report(request: Extract<LimitedRequest, { kind: 'report' }>): Promise<number> {
  const options = {
    locals: request.format === 'html',
    onDraft: (draft: ReportDraft) => send({ kind: 'draft', draft }),
  };
  const { obtainReport } = await import('./obtain-report.ts');
  send({ kind: 'report', report: await optimisedLater(() => obtainReport(request, options)) });
  return 0;
}

function sent(outcome: Outcome, withData: boolean): SentOutcome {
  const { line } = outcome;
  if ('data' in outcome) return withData ? { line, data: outcome.data } : { line };
  const { error } = outcome;
  const message = error instanceof Error ? error.message : String(error);
  return { line, error: { code: error instanceof AnalysisError ? error.code : 'internal', message } };
}
