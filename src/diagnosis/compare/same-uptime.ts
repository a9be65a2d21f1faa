import { formatDuration } from '../../report/format-time.ts';
import type { CommonRule } from './common-findings.ts';

/** Lifetimes within this share of the shortest are about the same. */
const SPREAD = 0.15;
/** Younger kernels die of what is done at boot. */
const LEAST = 3600;

/** All lived about as long: something that grows or wraps. */
export const sameUptime: CommonRule = (deaths) => {
  const times = deaths.map((d) => d.report.system.uptimeSeconds);
  const known = times.filter((t): t is number => t !== null);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  if (known.length < deaths.length || deaths.length < 3 || least < LEAST || most > least * (1 + SPREAD))
    return undefined;
  const count = deaths.length;
  const [from, to] = [formatDuration(least), formatDuration(most)];
  return {
    rule: 'compare.same-uptime',
    severity: 'suspect',
    confidence: 'possible',
    title: { en: `All ${count} lived about as long`, zh: `全部 ${count} 次存活时间相近` },
    sentence: {
      en: `Each kernel died between ${from} and ${to} after its boot: a leak, a counter that wraps or a job with a fixed period does that.`,
      zh: `每个内核都在启动后 ${from} 到 ${to} 之间死亡：泄漏、计数器回绕或固定周期的任务会如此。`,
    },
    evidence: deaths.map((d) => ({
      what: { en: `${d.name}: uptime`, zh: `${d.name}：运行时间` },
      value: formatDuration(d.report.system.uptimeSeconds ?? 0),
      command: 'sys',
    })),
  };
};
