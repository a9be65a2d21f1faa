import type { Phrase } from '../base/phrase.ts';
import type { Case } from '../diagnosis/case.ts';
import { type MainHolder, mainHolder } from '../diagnosis/main-holder.ts';
import {
  holderEvidence,
  percent,
  processEvidence,
  share,
  sizeOf,
  watermarkEvidence,
} from '../diagnosis/memory-pressure.ts';
import { moduleCaller } from '../diagnosis/module-caller.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { oomLog } from '../kernel/oom-log.ts';
import type { OomReport } from '../oops/oom-report.ts';
import type { Evidence, Finding } from '../report/finding.ts';
import { memoryJudgement } from '../report/memory-judgement-data.ts';
import { swapSentence } from '../report/memory-sentences.ts';
import type { FrameData } from '../report/stack-data.ts';

/** The kernel stopped because no memory was left. */
export const oomPanic: Rule = {
  id: 'memory.oom-panic',
  title: 'Out of memory, and the kernel stopped instead of killing a process',
  source:
    'check_panic_on_oom() and out_of_memory() in mm/oom_kill.c; Documentation/admin-guide/sysctl/vm.rst, panic_on_oom',
  *check(of: Case): Iterable<Finding> {
    const report = oomLog(of.prog).find((r) => r.panic !== undefined);
    if (report?.panic !== undefined) yield finding(of, report, report.panic);
  },
};

function finding(of: Case, report: OomReport, panic: string): Finding {
  const memory = memoryJudgement(of.prog);
  const top = memory.processes.processes.find((p) => p.exempt === undefined);
  const policy = /panic_on_oom/.test(panic);
  const group = report.group === undefined || report.constraint !== 'CONSTRAINT_MEMCG' ? undefined : report.group;
  const pages = top ? top.rss + top.swap : 0;
  const held = top
    ? `${sizeOf(memory, pages)} (${sizeOf(memory, top.rss)} of it in memory, ${percent(share(memory, top.rss))} of the machine)`
    : '?';
  const heldZh = top
    ? `${sizeOf(memory, pages)}（其中 ${sizeOf(memory, top.rss)} 在内存中，占全部内存的 ${percent(share(memory, top.rss))}）`
    : '?';
  const name = top ? `${top.comm} (pid ${top.pid})` : '?';
  const main = group === undefined ? mainHolder(of.prog, memory, top?.rss ?? 0) : undefined;
  const asked = moduleCaller(of);
  const swap = swapSentence(memory);
  const endEn = policy
    ? 'vm.panic_on_oom makes the kernel stop instead of killing a process'
    : 'there was no process left that could be killed';
  const endZh = policy ? 'vm.panic_on_oom 使内核停机而不是杀死进程' : '已没有可以杀死的进程';
  return {
    severity: 'cause',
    confidence: 'certain',
    title: { en: 'Out of memory: the kernel stopped', zh: '内存耗尽：内核停机' },
    sentence: {
      en: `${group === undefined ? 'The machine' : `Control group ${group}`} ran out of memory, and ${endEn}; ${main ? notProcesses(main, asked).en : `${name} holds the most: ${held}`}. ${swap.en}`,
      zh: `${group === undefined ? '系统' : `控制组 ${group} `}内存耗尽，${endZh}；${main ? notProcesses(main, asked).zh : `占用最多的是 ${name}：${heldZh}`}。${swap.zh}`,
    },
    subject: { function: 'out_of_memory', ...(main ? main.subject : top && { pid: top.pid }) },
    evidence: [
      logEvidence({ en: 'the panic', zh: 'panic 信息' }, panic),
      logEvidence({ en: 'whose allocation failed', zh: '申请内存失败的任务' }, `${report.comm} invoked oom-killer`),
      ...(main?.evidence ?? []),
      ...processEvidence(memory, main ? 1 : 3),
      ...watermarkEvidence(memory),
      ...holderEvidence(memory, 3),
    ],
    settle: [
      main?.settle ?? {
        en: `Watch the memory of ${top?.comm ?? 'the largest process'} over time: a leak grows without end, a load that is too large for the machine reaches a limit.`,
        zh: `持续观察 ${top?.comm ?? '最大的进程'} 的内存：泄漏会无休止地增长，而过大的负载会到达一个上限。`,
      },
    ],
  };
}

/** Who holds the memory where no process does, and whose code asked for more of it in the end. */
function notProcesses(main: MainHolder, asked: FrameData | undefined): Phrase {
  const caller = asked?.module ? ` The allocation that failed was asked for by ${asked.symbol} [${asked.module}]` : '';
  const callerZh = asked?.module ? `最后失败的申请来自 ${asked.symbol} [${asked.module}]` : '';
  return {
    en: `no process holds it: ${main.words.en} hold ${main.size}, which the end of no process gives back${caller && `.${caller}`}`,
    zh: `占用内存的不是进程：${main.words.zh}占用 ${main.size}，杀死任何进程都不能收回${callerZh && `。${callerZh}`}`,
  };
}

function logEvidence(what: Evidence['what'], value: string): Evidence {
  return { what, value, command: 'log' };
}
