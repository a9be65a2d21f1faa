import type { Phrase } from '../base/phrase.ts';
import type { Limits } from './arguments.ts';

/** Milliseconds between two looks at the clock and the memory. */
export const LOOK_EVERY = 25;
/** Exit status when an answer was cut by a limit. */
export const CUT = 3;

/** A limit that was exceeded, and what gives more. */
export interface Exceeded {
  readonly why: Phrase;
  readonly remedy: Phrase;
}

/** Which limit is exceeded after so many milliseconds of work. */
export function limitExceeded({ seconds, mebibytes }: Limits, ms: number): Exceeded | undefined {
  if (seconds !== undefined && ms > seconds * 1000) {
    const why = { en: `it took more than ${seconds} s (--timeout)`, zh: `用时超过 ${seconds} 秒（--timeout）` };
    return { why, remedy: { en: 'a longer --timeout', zh: '请增大 --timeout' } };
  }
  if (mebibytes === undefined || process.memoryUsage.rss() / 2 ** 20 <= mebibytes) return undefined;
  return memoryExceeded(mebibytes);
}

export function memoryExceeded(mebibytes: number): Exceeded {
  const why = {
    en: `the program took more than ${mebibytes} MiB (--memory)`,
    zh: `程序占用内存超过 ${mebibytes} MiB（--memory）`,
  };
  return { why, remedy: { en: 'a larger --memory', zh: '请增大 --memory' } };
}
