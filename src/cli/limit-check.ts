import type { Limits } from './arguments.ts';

/** Milliseconds between two looks at the clock and the memory. */
export const LOOK_EVERY = 25;
/** Exit status when an answer was cut by a limit. */
export const CUT = 3;

/** Which limit is exceeded after so many milliseconds of work. */
export function limitExceeded({ seconds, mebibytes }: Limits, ms: number): string | undefined {
  if (seconds !== undefined && ms > seconds * 1000) return `it took more than ${seconds} s (--timeout)`;
  if (mebibytes === undefined || process.memoryUsage.rss() / 2 ** 20 <= mebibytes) return undefined;
  return memoryText(mebibytes);
}

export function memoryText(mebibytes: number): string {
  return `the program took more than ${mebibytes} MiB (--memory)`;
}
