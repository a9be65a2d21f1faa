import type { FunctionCode } from './function-code.ts';

/** The instructions that may come before one, at any distance. @param stop is not passed */
function backwards(code: FunctionCode, start: number, stop = -1): Set<number> {
  const seen = new Set<number>();
  const waiting = [start];
  for (let i = waiting.pop(); i !== undefined; i = waiting.pop()) {
    for (const from of code.before[i] ?? []) {
      if (seen.has(from)) continue;
      seen.add(from);
      if (from !== stop) waiting.push(from);
    }
  }
  return seen;
}

/** Whether an instruction is in a loop. */
export function repeats(code: FunctionCode, index: number): boolean {
  return backwards(code, index).has(index);
}

/** Whether a way leads backwards from `end` over `over` to `from`, without meeting `from` before. */
export function passes(code: FunctionCode, end: number, from: number, over: number): boolean {
  return backwards(code, end, from).has(over) && backwards(code, over, from).has(from);
}
