import { AnalysisError } from '../base/errors.ts';
import type { Problem } from '../program/ports.ts';

/** Keeps why something could not be had; anything but an AnalysisError is a bug and is thrown on. */
export function noteProblem(problems: Problem[], what: string, error: unknown): void {
  if (!(error instanceof AnalysisError)) throw error;
  problems.push({ what, why: error.message });
}

/** What `read` returns, or undefined with the reason kept. */
export function attempt<T>(problems: Problem[], what: string, read: () => T): T | undefined {
  try {
    return read();
  } catch (e) {
    noteProblem(problems, what, e);
    return undefined;
  }
}
