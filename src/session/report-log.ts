import { hex64 } from '../base/hex.ts';
import type { LogRecord } from '../kernel/printk.ts';
import type { CrashReport } from '../report/crash-report.ts';
import { logTimeline } from '../report/log-timeline.ts';

/** Records of the log before the first fatal one, and from it on, that the report shows. */
const BEFORE = 3;
const FROM = 60;

type Records = readonly LogRecord[];

/** Lines from the first fatal record on, as far as the report shows them. */
export function fatalTexts(records: Records, fatal: number | undefined): string[] {
  return fatal === undefined ? [] : records.slice(fatal, fatal + FROM).flatMap((r) => r.text.split('\n'));
}

/** Around the first fatal record; the end of the log when there is none. */
export function logPart(records: Records, fatal: number | undefined): CrashReport['log'] {
  const start = Math.max(0, fatal === undefined ? records.length - FROM : fatal - BEFORE);
  const end = Math.min(records.length, fatal === undefined ? records.length : fatal + FROM);
  const timeline = logTimeline(records, fatal);
  return {
    records: records
      .slice(start, end)
      .map((r) => ({ timestampNs: hex64(r.timestampNs), level: r.level, text: r.text })),
    before: start,
    after: records.length - end,
    ...(timeline && { timeline }),
  };
}
