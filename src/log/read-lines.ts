import type { LogLine } from './log-line.ts';
import { LogReader } from './log-reader.ts';

/** All lines of a kernel log that is in memory, in whatever form it is. */
export function readLines(bytes: Uint8Array): LogLine[] {
  const lines: LogLine[] = [];
  const reader = new LogReader({ push: (line) => lines.push(line) });
  reader.push(bytes);
  reader.end();
  return lines;
}
