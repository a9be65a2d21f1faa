import { hex64 } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import type { PreemptCount } from '../kernel/preempt-count.ts';
import type { TaskRecord } from '../kernel/task.ts';
import type { CrashReport } from '../report/crash-report.ts';
import type { FrameData, TaskStack } from '../report/stack-data.ts';
import type { ContextKind, CrashSite } from './crash-site.ts';

type Owner = Pick<TaskRecord, 'comm' | 'pid' | 'cpu' | 'idle'>;

const WORDS: Readonly<Record<ContextKind, Phrase>> = {
  process: { en: 'process context', zh: '进程上下文' },
  softirq: { en: 'softirq', zh: '软中断' },
  hardirq: { en: 'hard interrupt', zh: '硬中断' },
  nmi: { en: 'NMI', zh: 'NMI' },
  unknown: { en: 'context unknown', zh: '上下文未知' },
};

/**
 * In what context the crash happened: the stack shows what was entered, the preempt count what the kernel had noted.
 * The stack goes first, since panicking itself changes the count.
 */
export function crashContext(
  task: Owner | undefined,
  cpu: number | undefined,
  stack: TaskStack | undefined,
  site: CrashSite | undefined,
  count: PreemptCount | undefined,
): Pick<CrashReport['crash'], 'context' | 'contextText' | 'contextPhrase' | 'preemptCount'> {
  const context = contextOf(stack, site, count);
  const on = cpu ?? task?.cpu;
  const frame = site && stack?.frames[site.index];
  const own = frame && frame.stack !== 'task' && frame.stack !== 'unknown' ? frame.stack : undefined;
  const where: Phrase = {
    en: `${WORDS[context].en}${on === undefined ? '' : ` on CPU ${on}`}${own === undefined ? '' : ` (${own} stack)`}`,
    zh: `${WORDS[context].zh}${on === undefined ? '' : `，CPU ${on}`}${own === undefined ? '' : `（${own} 栈）`}`,
  };
  const whose = task && taskPhrase(task, context, site?.interrupted);
  const phrase = whose ? { en: `${where.en}, ${whose.en}`, zh: `${where.zh}，${whose.zh}` } : where;
  return {
    context,
    contextText: phrase.en,
    contextPhrase: phrase,
    preemptCount: count === undefined ? null : hex64(BigInt(count.value)),
  };
}

function contextOf(
  stack: TaskStack | undefined,
  site: CrashSite | undefined,
  count: PreemptCount | undefined,
): ContextKind {
  // What a stack that was followed to its end does not show was not there.
  if (site && (site.context !== 'process' || stack?.stopped === undefined)) return site.context;
  if (!count) return site ? site.context : 'unknown';
  if (count.nmi > 0) return 'nmi';
  if (count.hardirq > 0) return 'hardirq';
  return count.softirq ? 'softirq' : 'process';
}

function taskPhrase(task: Owner, context: ContextKind, interrupted: FrameData | undefined): Phrase {
  const name = `${task.comm} (pid ${task.pid})`;
  if (context === 'process')
    return task.idle ? { en: `idle task ${name}`, zh: `空闲任务 ${name}` } : { en: name, zh: name };
  if (!interrupted) return { en: `${name} was current`, zh: `当前任务 ${name}` };
  const where = interrupted.stack === 'user' ? { en: 'user mode', zh: '用户态' } : codePhrase(interrupted.symbol);
  return { en: `having interrupted ${name} in ${where.en}`, zh: `打断了 ${name}，当时在 ${where.zh}` };
}

function codePhrase(symbol: string | null): Phrase {
  return symbol === null ? { en: 'unknown code', zh: '未知代码' } : { en: symbol, zh: symbol };
}
