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
import { type OomStop, oomStop } from '../diagnosis/oom-stop.ts';
import { alikeProcesses, lockedPages } from '../diagnosis/process-memory.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { isOfGroup } from '../oops/oom-report.ts';
import type { Evidence, Finding } from '../report/finding.ts';
import { memoryJudgement } from '../report/memory-judgement-data.ts';
import type { MemoryJudgement } from '../report/memory-judgement-schema.ts';
import { swapSentence } from '../report/memory-sentences.ts';
import type { FrameData } from '../report/stack-data.ts';

/** The kernel stopped because no memory was left. */
export const oomPanic: Rule = {
  id: 'memory.oom-panic',
  title: 'Out of memory, and the kernel stopped instead of killing a process',
  source:
    'check_panic_on_oom() and out_of_memory() in mm/oom_kill.c; Documentation/admin-guide/sysctl/vm.rst, panic_on_oom',
  *check(of: Case): Iterable<Finding> {
    const report = oomStop(of);
    if (report && !isOfGroup(report)) yield finding(of, report);
  },
};

function finding(of: Case, report: OomStop): Finding {
  const { panic } = report;
  const memory = memoryJudgement(of.prog);
  const policy = /panic_on_oom/.test(panic);
  const top = policy ? memory.processes.processes.find((p) => p.exempt === undefined) : largest(memory);
  const main = mainHolder(of.prog, memory, top?.rss ?? 0);
  const swap = swapSentence(memory);
  const end = policy ? POLICY : noneLeft(memory);
  const who = main ? notProcesses(main, moduleCaller(of)) : holds(of, memory, top);
  const balloon = balloonWords(memory);
  return {
    severity: 'cause',
    confidence: 'certain',
    title: { en: 'Out of memory: the kernel stopped', zh: '内存耗尽：内核停机' },
    sentence: {
      en: `The machine ran out of memory, and ${end.en}; ${who.en}.${balloon.en} ${swap.en}`,
      zh: `系统内存耗尽，${end.zh}；${who.zh}。${balloon.zh}${swap.zh}`,
    },
    subject: { function: 'out_of_memory', ...(main ? main.subject : top && { pid: top.pid }) },
    evidence: [
      logEvidence({ en: 'the panic', zh: 'panic 信息' }, panic),
      ...invoked(report),
      ...(main?.evidence ?? []),
      ...processEvidence(policy ? memory : everybody(memory), main ? 1 : 3),
      ...watermarkEvidence(memory),
      ...holderEvidence(memory, 3),
    ],
    ...(main?.ofProcess && { explains: ['memory.unaccounted', 'memory.slab-growth'] }),
    settle: [main?.settle ?? (policy ? watch(top) : PROTECTED), ...(balloon.en === '' ? [] : [HOST])],
  };
}

/** The line may have been overwritten in the log. */
function invoked({ comm, gfp }: OomStop): Evidence[] {
  const what = { en: 'whose allocation failed', zh: '申请内存失败的任务' };
  return gfp === '' ? [] : [logEvidence(what, `${comm} invoked oom-killer`)];
}

type Process = MemoryJudgement['processes']['processes'][number];

const POLICY: Phrase = {
  en: 'vm.panic_on_oom makes the kernel stop instead of killing a process',
  zh: 'vm.panic_on_oom 使内核停机而不是杀死进程',
};
const PROTECTED: Phrase = {
  en: 'Who set oom_score_adj to -1000, and for which processes: it is meant for very few (OOMScoreAdjust= of a systemd unit, the agent of a container).',
  zh: '是谁、对哪些进程把 oom_score_adj 设为 -1000：这只应用于极少数进程（systemd 单元的 OOMScoreAdjust=、容器代理）。',
};

function watch(top: Process | undefined): Phrase {
  return {
    en: `Watch the memory of ${top?.comm ?? 'the largest process'} over time: a leak grows without end, a load that is too large for the machine reaches a limit.`,
    zh: `持续观察 ${top?.comm ?? '最大的进程'} 的内存：泄漏会无休止地增长，而过大的负载会到达一个上限。`,
  };
}

/** By what its end would give back, though it cannot be killed. */
function largest({ processes: { processes } }: MemoryJudgement): Process | undefined {
  const size = (p: Process | undefined): number => (p ? p.rss + p.swap + p.pageTables : -1);
  return processes.reduce<Process | undefined>((most, p) => (size(p) > size(most) ? p : most), undefined);
}

/** With those that cannot be killed among the others, the largest first. */
function everybody(memory: MemoryJudgement): MemoryJudgement {
  const processes = memory.processes.processes.map(({ exempt: _, ...p }) => p);
  processes.sort((a, b) => b.rss + b.swap + b.pageTables - (a.rss + a.swap + a.pageTables));
  return { ...memory, processes: { ...memory.processes, processes } };
}

/** Why there is none: what passes each of them over. */
function noneLeft({ processes: { processes, count } }: MemoryJudgement): Phrase {
  const safe = processes.filter((p) => p.exempt === 'oom_score_adj -1000').length;
  const all = safe > 0 && processes.every((p) => p.exempt !== undefined);
  const largest = count > processes.length ? 'of the largest ' : '';
  const why = all
    ? {
        en: `: ${largest}${safe} of ${processes.length} have oom_score_adj -1000`,
        zh: `：${largest === '' ? '' : '最大的 '}${processes.length} 个进程中有 ${safe} 个的 oom_score_adj 为 -1000`,
      }
    : { en: '', zh: '' };
  return {
    en: `there was no process left that could be killed${why.en}`,
    zh: `已没有可以杀死的进程${why.zh}`,
  };
}

/** The process that holds the most, and its like. */
function holds(of: Case, memory: MemoryJudgement, top: Process | undefined): Phrase {
  if (!top) return { en: 'the dump does not tell who holds the most', zh: '转储中看不出谁占用最多' };
  const inMemory = top.rss + top.pageTables;
  const size = sizeOf(memory, inMemory + top.swap);
  const [here, part] = [sizeOf(memory, inMemory), percent(share(memory, inMemory))];
  const notes = processNotes(of, memory, top);
  return {
    en: `${top.comm} (pid ${top.pid}) holds the most: ${size} (${here} of it in memory, ${part} of the machine${notes.en})`,
    zh: `占用最多的是 ${top.comm}（pid ${top.pid}）：${size}（其中 ${here} 在内存中，占全部内存的 ${part}${notes.zh}）`,
  };
}

function processNotes(of: Case, memory: MemoryJudgement, top: Process): Phrase {
  const locked = lockedPages(of.prog, BigInt(top.task));
  const alike = alikeProcesses(of.prog, top.comm);
  const en = [];
  const zh = [];
  // it counts what was asked for: more than was ever there
  if (locked >= top.rss && locked > 0) {
    en.push('locked by mlock(), so that it could not be swapped out');
    zh.push('由 mlock() 锁定，无法换出');
  } else if (locked * 2 > top.rss) {
    en.push(`up to ${sizeOf(memory, locked)} of it locked by mlock()`);
    zh.push(`其中至多 ${sizeOf(memory, locked)} 由 mlock() 锁定`);
  }
  if (alike.count > 9 && alike.pages > 2 * top.rss) {
    const [size, part] = [sizeOf(memory, alike.pages), percent(share(memory, alike.pages))];
    en.push(`the ${alike.count} processes of this name together ${size}, ${part}`);
    zh.push(`同名的 ${alike.count} 个进程共 ${size}，${part}`);
  }
  return { en: en.map((e) => `; ${e}`).join(''), zh: zh.map((z) => `；${z}`).join('') };
}

/** What a balloon took away before: it is not in the memory of the machine any more. */
function balloonWords(memory: MemoryJudgement): Phrase {
  const { balloon = 0, total } = memory.balance;
  if (total === null || balloon < (total + balloon) * BALLOON) return { en: '', zh: '' };
  const size = sizeOf(memory, balloon);
  return {
    en: ` The balloon of the virtual machine has given ${size} back to the host; ${sizeOf(memory, total)} were left to it.`,
    zh: `虚拟机的气球驱动已把 ${size} 归还宿主机，只剩 ${sizeOf(memory, total)}。`,
  };
}

const BALLOON = 0.1;
const HOST: Phrase = {
  en: 'the target of the balloon on the hypervisor (virsh dommemstat), and why it was lowered that far',
  zh: '虚拟机管理器上气球的目标值（virsh dommemstat），以及为何调得这么低',
};

/** Who holds the memory where no process does, and whose code asked for more of it in the end. */
function notProcesses(main: MainHolder, asked: FrameData | undefined): Phrase {
  const caller = asked?.module ? `. The allocation that failed was asked for by ${asked.symbol} [${asked.module}]` : '';
  const callerZh = asked?.module ? `。最后失败的申请来自 ${asked.symbol} [${asked.module}]` : '';
  const where = main.ofProcess
    ? { en: 'it is not in the pages of processes', zh: '占用内存的不是进程自身的页' }
    : { en: 'no process holds it', zh: '占用内存的不是进程' };
  return {
    en: `${where.en}: ${main.words.en} hold ${main.size}, ${main.ends.en}${caller}`,
    zh: `${where.zh}：${main.words.zh}占用 ${main.size.replace('about ', '约 ')}，${main.ends.zh}${callerZh}`,
  };
}

function logEvidence(what: Evidence['what'], value: string): Evidence {
  return { what, value, command: 'log' };
}
