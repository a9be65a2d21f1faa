import type { FrameData } from '../report/stack-data.ts';

/** A function in a trace of the log. */
export interface LogFrame extends Pick<FrameData, 'symbol' | 'module'> {
  /** The line of the log. */
  readonly line: string;
}

/** Lines in which the trace of one report begins. */
const REACH = 60;
const FRAME = /^\s*(\? )?([A-Za-z_][\w.]*)\+0x[0-9a-f]+\/0x[0-9a-f]+(?: \[(\w+)[^\]]*\])?/;

/** The innermost function of the trace that follows in a log, but for those that `skip` matches. Doubtful entries do not count. */
export function firstCaller(lines: readonly string[], skip: RegExp): LogFrame | undefined {
  const near = lines.slice(0, REACH);
  const start = near.findIndex((line) => /^Call [Tt]race:/.test(line));
  if (start < 0) return undefined;
  for (const line of near.slice(start + 1)) {
    const frame = FRAME.exec(line);
    if (!frame || frame[1] !== undefined) continue;
    const symbol = frame[2] ?? '';
    if (!skip.test(symbol)) return { symbol, module: frame[3] ?? null, line };
  }
  return undefined;
}
