import type { FaultReason } from '../base/errors.ts';

/** Why something could not be had, kept beside what could. */
export interface Problem {
  /** What was being done, for example `types from BTF`. */
  readonly what: string;
  readonly why: string;
  readonly fault?: FaultReason;
}
