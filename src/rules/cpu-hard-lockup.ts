import { lockupFinding, settingEvidence } from '../diagnosis/lockup-finding.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { stuckCpu } from '../diagnosis/stuck-cpu.ts';

/** In the NMI of the CPU itself, or told by its neighbour (the buddy detector, v6.5). */
const LINE = /[Ww]atchdog(?::| detected) (?:Watchdog detected )?hard LOCKUP on cpu (\d+)/;

/** A CPU did not even take timer interrupts for the watchdog's threshold. */
export const cpuHardLockup: Rule = {
  id: 'cpu.hard-lockup',
  title: 'Hard lockup',
  source: 'kernel/watchdog.c, watchdog_hardlockup_check(); Documentation/admin-guide/lockup-watchdogs.rst',
  *check(of) {
    if (of.fatal?.kind !== 'hard lockup') return;
    const line = of.fatalLines.find((l) => LINE.test(l));
    const match = line === undefined ? null : LINE.exec(line);
    const cpu = match ? Number(match[1]) : of.panic.cpu;
    const told = line ?? of.fatalLines[0];
    if (cpu === undefined || told === undefined) return;
    const finding = lockupFinding(of, { line: told, cpu }, stuckCpu(of, cpu), { en: 'Hard lockup', zh: '硬死锁' });
    yield { ...finding, evidence: [...finding.evidence, ...settingEvidence(of, 'kernel.hardlockup_panic')] };
  },
};
