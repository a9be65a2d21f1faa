import { parentPort, workerData } from 'node:worker_threads';
import { AnalysisError } from '../base/errors.ts';
import type { Outcome } from '../session/json.ts';
import type { LimitedRequest } from './arguments.ts';
import { errorMessage, INTERNAL, isExpected } from './message.ts';
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
  | { readonly kind: 'child'; readonly running: boolean }
  | { readonly kind: 'finished'; readonly status: number }
  | { readonly kind: 'failed'; readonly message: string; readonly status: number };

function send(message: FromLimited): void {
  parentPort?.postMessage(message);
}

/** The thread that works while another one watches its time and memory; it writes the answers itself. */
export async function limitedWorker(): Promise<void> {
  try {
    send({ kind: 'finished', status: await work(workerData as LimitedStart) });
  } catch (e) {
    if (e instanceof OutputClosed) send({ kind: 'finished', status: 0 });
    else send({ kind: 'failed', message: errorMessage(e), status: isExpected(e) ? 2 : INTERNAL });
  }
}

async function work({ request, after, state }: LimitedStart): Promise<number> {
  if (request.kind !== 'commands') return runVerb(request);
  return (await import('./run-commands.ts')).runCommands(request, {
    after,
    ...(state && { state }),
    begin: (line) => send({ kind: 'begin', line }),
    end: (outcomes, left) => send({ kind: 'end', outcomes: outcomes.map((o) => sent(o, request.json)), state: left }),
    child: (running) => send({ kind: 'child', running }),
  });
}

function sent(outcome: Outcome, withData: boolean): SentOutcome {
  const { line } = outcome;
  if ('data' in outcome) return withData ? { line, data: outcome.data } : { line };
  const { error } = outcome;
  const message = error instanceof Error ? error.message : String(error);
  return { line, error: { code: error instanceof AnalysisError ? error.code : 'internal', message } };
}
