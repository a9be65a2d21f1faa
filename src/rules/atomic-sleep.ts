import type { Phrase } from '../base/phrase.ts';
import { bareName } from '../diagnosis/allocator-calls.ts';
import { frameName, frameSubject } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { logEvidence, stackCommand } from '../diagnosis/evidence.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { waitCaller, waitSite } from '../kernel/wait-function.ts';
import type { Evidence, FindingSubject } from '../report/finding.ts';
import type { StackFrame } from '../unwind/stack.ts';

const SCHEDULING = /^BUG: scheduling while atomic: .*\/(0x[0-9a-f]+)$/;
const SLEEPING = /^BUG: sleeping function called from invalid context at /;
/** Where the kernel notices it: kernel/sched/core.c. */
const NOTICED =
  /^(?:__schedule_bug|schedule_debug|___?might_(?:sleep|resched)|__cant_\w+|dump_stack\w*|show_stack|panic|vpanic|check_panic_on_warn)$/;

/** A task slept, or was about to, where it must not. */
export const atomicSleep: Rule = {
  id: 'sleep.atomic',
  title: 'A task slept where it must not',
  source: 'kernel/sched/core.c, __schedule_bug() and __might_resched()',
  *check(of) {
    const line = of.fatalLines.find((l) => SCHEDULING.test(l) || SLEEPING.test(l));
    if (line === undefined) return;
    const found = sleeper(of);
    const count = SCHEDULING.exec(line)?.[1];
    const why = count === undefined ? { en: '', zh: '' } : countWords(Number(count));
    const who = found?.who ?? '?';
    const how = found?.sleeps ? { en: ` in ${found.sleeps}`, zh: `（在 ${found.sleeps} 中）` } : { en: '', zh: '' };
    yield {
      severity: 'cause',
      confidence: found ? 'certain' : 'likely',
      title: { en: `Sleep in atomic context in ${who}`, zh: `${who} 在原子上下文中睡眠` },
      sentence: {
        en: `${who} slept${how.en} where it must not${why.en}: with a spinlock held, preemption or interrupts off, or in an interrupt.`,
        zh: `${who} 在不允许之处睡眠${how.zh}${why.zh}：持有自旋锁、关闭了抢占或中断，或处于中断中。`,
      },
      subject: found?.subject ?? {},
      evidence: [logEvidence(line), ...(found?.evidence ?? [])],
      explains: ['death.exception', 'death.warning', 'panic.policy'],
    };
  },
};

/** `preempt_count()`: include/linux/preempt.h. */
function countWords(count: number): Phrase {
  const parts: string[] = [];
  const preempt = count & 0xff;
  // __schedule() itself switches preemption off once
  if (preempt > 1) parts.push(`preemption off ${preempt - 1}`);
  if ((count & 0xff00) !== 0) parts.push('softirq');
  if ((count & 0xf0000) !== 0) parts.push('hardirq');
  const text = parts.length === 0 ? '' : `, ${parts.join(', ')}`;
  return {
    en: ` (preempt_count 0x${count.toString(16)}${text})`,
    zh: `（preempt_count 0x${count.toString(16)}${text}）`,
  };
}

interface Sleeper {
  readonly who: string;
  readonly sleeps?: string;
  readonly subject: FindingSubject;
  readonly evidence: Evidence[];
}

/** Who slept, by the stack: the first function beyond those that notice it and those that put a task to sleep. */
function sleeper(of: Case): Sleeper | undefined {
  const frames = of.unwound?.frames ?? [];
  const noticed = frames.findIndex((f) => /^(?:__schedule_bug|___?might_(?:sleep|resched))$/.test(nameOf(f)));
  if (noticed < 0) return undefined;
  let from = noticed;
  while (NOTICED.test(nameOf(frames[from]))) from++;
  const site = waitSite(frames, from);
  const sleeps = site && site.kind !== 'unknown' ? site : undefined;
  const frame = sleeps ? waitCaller(frames, sleeps) : frames[site?.index ?? from];
  const data = frame && of.stack?.frames[frames.indexOf(frame)];
  if (!data?.symbol) return undefined;
  const command = stackCommand(of);
  const evidence: Evidence[] = [
    { what: { en: 'who slept', zh: '睡眠者' }, value: data.symbol, command },
    ...(sleeps ? [{ what: { en: 'in this function', zh: '所在函数' }, value: sleeps.function, command }] : []),
  ];
  return { who: frameName(data), ...(sleeps && { sleeps: sleeps.function }), subject: frameSubject(data), evidence };
}

function nameOf(frame: StackFrame | undefined): string {
  return bareName(frame?.symbol?.name ?? '');
}
