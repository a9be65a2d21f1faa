/** What one case came to. */
export interface CaseResult {
  readonly what: string;
  /** How much was damaged. */
  readonly amount: string;
  readonly opened: boolean;
  /** Shares of what the sound one answers, 0 to 1: tasks, log records, frames; of logs the reports. */
  readonly kept: Readonly<Record<string, number>>;
  /** Texts of what should not have happened: exceptions that are bugs, control characters in an answer. */
  readonly errors: readonly string[];
  readonly cpuMs: number;
  readonly slowest: string;
}
