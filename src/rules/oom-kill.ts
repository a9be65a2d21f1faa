import type { Case } from '../diagnosis/case.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { oomLog } from '../kernel/oom-log.ts';
import type { OomReport } from '../oops/oom-report.ts';
import type { Finding } from '../report/finding.ts';

/** Processes that the OOM killer killed before the end. */
export const oomKill: Rule = {
  id: 'memory.oom-kill',
  title: 'The OOM killer killed processes before the crash',
  source: 'oom_kill_process() in mm/oom_kill.c',
  *check(of: Case): Iterable<Finding> {
    const kills = oomLog(of.prog).filter((r) => r.panic === undefined);
    const last = kills.at(-1);
    if (last) yield finding(kills, last);
  },
};

function finding(kills: readonly OomReport[], last: OomReport): Finding {
  const inGroup = last.constraint === 'CONSTRAINT_MEMCG' || last.group !== undefined;
  const where = inGroup ? `the limit of control group ${last.group ?? '?'}` : 'the memory of the machine';
  const whereZh = inGroup ? `控制组 ${last.group ?? '?'} 的上限` : '整机内存';
  const victim = last.victim ? `${last.victim.comm} (pid ${last.victim.pid})` : '?';
  const times = kills.length === 1 ? 'Once' : `${kills.length} times`;
  return {
    severity: 'context',
    confidence: 'certain',
    title: { en: 'The OOM killer ran before the crash', zh: '崩溃之前 OOM killer 曾运行' },
    sentence: {
      en: `${times} before the crash ${where} was exhausted; the last process to be killed was ${victim}.`,
      zh: `崩溃之前${whereZh}耗尽过 ${kills.length} 次；最后被杀死的进程是 ${victim}。`,
    },
    ...(last.victim && { subject: { pid: last.victim.pid } }),
    evidence: [
      {
        what: { en: 'whose allocation failed last', zh: '最后一次申请内存失败的任务' },
        value: `${last.comm} invoked oom-killer`,
        command: 'log',
      },
      ...(last.victim
        ? [
            {
              what: { en: 'the process that was killed', zh: '被杀死的进程' },
              value: last.victim.comm,
              command: 'log',
            },
          ]
        : []),
    ],
  };
}
