import { AnalysisError } from './errors.ts';

/** The result, or undefined when the dump does not hold it. Bugs of ours still surface. */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (e) {
    if (e instanceof AnalysisError) return undefined;
    throw e;
  }
}
