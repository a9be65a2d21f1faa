import { plainFunction } from './function-name.ts';
import type { PrintedFrame } from './trace-frame.ts';

/** What two accounts of one stack do not share. Names are without compiler suffixes, innermost first. */
export interface StackDifference {
  readonly onlyInLog: readonly string[];
  readonly onlyInMemory: readonly string[];
}

/** Frames that are compared. */
const MAX_FRAMES = 200;

/**
 * Aligns two stacks by their functions: the longest common sequence is shared. A frame in memory that the log marks `?` is
 * no difference.
 */
export function reconcileStacks(log: readonly PrintedFrame[], memory: readonly PrintedFrame[]): StackDifference {
  const told = log.slice(0, MAX_FRAMES);
  const a = told.filter((f) => !f.guess).map((f) => plainFunction(f.function));
  const b = memory.slice(0, MAX_FRAMES).map((f) => plainFunction(f.function));
  const guessed = new Set(told.filter((f) => f.guess).map((f) => plainFunction(f.function)));
  const common = commonLengths(a, b);
  const onlyInLog: string[] = [];
  const onlyInMemory: string[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      i++;
      j++;
    } else if ((common[i + 1]?.[j] ?? 0) >= (common[i]?.[j + 1] ?? 0)) onlyInLog.push(a[i++] as string);
    else onlyInMemory.push(b[j++] as string);
  }
  onlyInLog.push(...a.slice(i));
  onlyInMemory.push(...b.slice(j));
  return { onlyInLog, onlyInMemory: onlyInMemory.filter((name) => !guessed.has(name)) };
}

/** Length of the longest common sequence of the tails from each pair of places on. */
function commonLengths(a: readonly string[], b: readonly string[]): Uint16Array[] {
  const rows = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    const row = rows[i] as Uint16Array;
    const below = rows[i + 1] as Uint16Array;
    for (let j = b.length - 1; j >= 0; j--) {
      row[j] = a[i] === b[j] ? (below[j + 1] as number) + 1 : Math.max(below[j] as number, row[j + 1] as number);
    }
  }
  return rows;
}
