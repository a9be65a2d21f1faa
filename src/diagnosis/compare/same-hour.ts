import { formatDate } from '../../report/format-time.ts';
import type { CommonRule } from './common-findings.ts';

const DAY = 86_400;
/** Seconds around the same time of day. */
const WINDOW = 1800;

/** All died at the same time of day, on different days: a job that runs then. */
export const sameHour: CommonRule = (deaths) => {
  const times = deaths.map((d) => d.report.system.dateSeconds);
  const known = times.filter((t): t is number => t !== null);
  if (known.length < deaths.length || deaths.length < 3) return undefined;
  const days = new Set(known.map((t) => Math.floor(t / DAY)));
  const first = (known[0] as number) % DAY;
  // Around midnight the difference goes the short way.
  const near = known.every(
    (t) => Math.abs((((((t % DAY) - first + 1.5 * DAY) % DAY) + DAY) % DAY) - DAY / 2) <= WINDOW,
  );
  if (days.size < 3 || !near) return undefined;
  const count = deaths.length;
  return {
    rule: 'compare.same-hour',
    severity: 'suspect',
    confidence: 'possible',
    title: { en: `All ${count} died at the same time of day`, zh: `全部 ${count} 次都在一天的同一时刻` },
    sentence: {
      en: `The ${count} deaths, on ${days.size} days, are within half an hour of the same time of day: look for a job that runs then.`,
      zh: `这 ${count} 次崩溃分布在 ${days.size} 天，都在同一时刻前后半小时内：请查找那时运行的任务。`,
    },
    evidence: deaths.map((d) => ({
      what: { en: `${d.name}: date`, zh: `${d.name}：日期` },
      value: formatDate(d.report.system.dateSeconds ?? 0),
      command: 'sys',
    })),
  };
};
