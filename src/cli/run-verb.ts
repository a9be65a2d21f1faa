import type { LimitedRequest } from './arguments.ts';
import { optimisedLater } from './optimise-later.ts';

/** A verb that runs alike in the main thread and, with limits, in one of its own. */
export type VerbRequest = Exclude<LimitedRequest, { kind: 'commands' }>;

/** @returns the exit status */
export async function runVerb(request: VerbRequest): Promise<number> {
  switch (request.kind) {
    case 'report':
      return optimisedLater(async () => (await import('./run-report.ts')).runReport(request));
    case 'compare':
      return (await import('./run-compare.ts')).runCompare(request);
    case 'fixes':
      return (await import('./run-fixes.ts')).runFixes(request);
    case 'oops':
      return (await import('./run-oops.ts')).runOops(request);
  }
}
