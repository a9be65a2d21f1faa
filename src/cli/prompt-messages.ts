import type { Alias } from '../report/session-port.ts';
import type { Settings } from '../report/settings.ts';
import type { DumpRequest } from './arguments.ts';

/** The argument that starts this program as the worker of a prompt. */
export const WORKER_ARGUMENT = '--prompt-worker';
/** The argument that starts it as the worker of a run with limits. */
export const LIMITED_ARGUMENT = '--limited-worker';

/** What of a session outlives its worker: a command that is stopped takes the worker with it. */
export interface SessionState {
  readonly task: bigint | undefined;
  readonly settings: Settings;
  readonly aliases: readonly Alias[];
  readonly extensions: readonly string[];
  readonly history: readonly string[];
}

/** What the worker is started with. */
export interface WorkerStart {
  readonly request: DumpRequest;
  /** Absent the first time: then the start-up files are run and the dump is introduced. */
  readonly state?: SessionState;
}

/** From the prompt to its worker. */
export type ToWorker =
  | { readonly kind: 'line'; readonly line: string }
  | { readonly kind: 'complete'; readonly line: string };

/** From the worker to the prompt. */
export type FromWorker =
  /** A line is done, or the dump is open. */
  | { readonly kind: 'done'; readonly state: SessionState; readonly ended: boolean }
  | { readonly kind: 'completion'; readonly result: [string[], string] }
  /** A program of the user's has the terminal, or no longer. */
  | { readonly kind: 'child'; readonly running: boolean }
  /** Nothing works without the dump. */
  | { readonly kind: 'failed'; readonly message: string; readonly status: number };
