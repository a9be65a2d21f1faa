import { hex64 } from '../base/hex.ts';
import type { PreemptCount } from '../kernel/preempt-count.ts';
import type { TaskRecord } from '../kernel/task.ts';
import type { CrashReport } from '../report/crash-report.ts';
import type { FrameData, TaskStack } from '../report/stack-data.ts';
import type { ContextKind, CrashSite } from './crash-site.ts';

const WORDS: Readonly<Record<ContextKind, string>> = {
  process: 'process context',
  softirq: 'softirq',
  hardirq: 'hard interrupt',
  nmi: 'NMI',
  unknown: 'context unknown',
};

/**
 * In what context the crash happened: the stack shows what was entered, the preempt count what the kernel had noted.
 * The stack goes first, since panicking itself changes the count.
 */
export function crashContext(
  task: TaskRecord | undefined,
  cpu: number | undefined,
  stack: TaskStack | undefined,
  site: CrashSite | undefined,
  count: PreemptCount | undefined,
): Pick<CrashReport['crash'], 'context' | 'contextText' | 'preemptCount'> {
  const context = contextOf(stack, site, count);
  const parts = [WORDS[context]];
  const on = cpu ?? task?.cpu;
  if (on !== undefined) parts.push(`on CPU ${on}`);
  const frame = site && stack?.frames[site.index];
  if (frame && frame.stack !== 'task' && frame.stack !== 'unknown') parts.push(`(${frame.stack} stack)`);
  const text = parts.join(' ');
  return {
    context,
    contextText: task ? `${text}, ${taskText(task, context, site?.interrupted)}` : text,
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

function taskText(task: TaskRecord, context: ContextKind, interrupted: FrameData | undefined): string {
  const name = `${task.comm} (pid ${task.pid})`;
  if (context === 'process') return task.idle ? `idle task ${name}` : name;
  if (!interrupted) return `${name} was current`;
  const where = interrupted.stack === 'user' ? 'user mode' : (interrupted.symbol ?? 'unknown code');
  return `having interrupted ${name} in ${where}`;
}
