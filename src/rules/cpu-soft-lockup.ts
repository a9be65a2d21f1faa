import { lockupFinding, settingEvidence } from '../diagnosis/lockup-finding.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { stuckCpu } from '../diagnosis/stuck-cpu.ts';

const LINE = /watchdog: BUG: soft lockup - CPU#(\d+) stuck for (\d+)s!/;

/** A CPU did not let another task run for twice the watchdog's threshold. */
export const cpuSoftLockup: Rule = {
  id: 'cpu.soft-lockup',
  title: 'Soft lockup',
  source: 'kernel/watchdog.c, watchdog_timer_fn(); Documentation/admin-guide/lockup-watchdogs.rst',
  *check(of) {
    if (of.fatal?.kind !== 'soft lockup') return;
    const line = of.fatalLines.find((l) => LINE.test(l));
    const match = line === undefined ? null : LINE.exec(line);
    if (line === undefined || !match) return;
    const cpu = Number(match[1]);
    const report = { line, cpu, seconds: Number(match[2]) };
    const finding = lockupFinding(of, report, stuckCpu(of, cpu), { en: 'Soft lockup', zh: '软死锁' });
    yield { ...finding, evidence: [...finding.evidence, ...settingEvidence(of, 'kernel.softlockup_panic')] };
  },
};
