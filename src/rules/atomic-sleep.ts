import { attempt } from '../base/attempt.ts';
import { hex } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import { bareName } from '../diagnosis/allocator-calls.ts';
import { frameName, frameSubject } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { logEvidence, stackCommand } from '../diagnosis/evidence.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { heldLocks } from '../fault/held-locks.ts';
import { isSleepFunction, plainName, waitCaller, waitSite } from '../kernel/wait-function.ts';
import { kindWords } from '../oops/kind-words.ts';
import type { Evidence, FindingSubject } from '../report/finding.ts';
import type { StackFrame } from '../unwind/stack.ts';

const SCHEDULING = /^BUG: scheduling while atomic: .*\/(0x[0-9a-f]+)$/;
/** kernel/rcu/tree_plugin.h, rcu_note_context_switch(). */
const READER = /^Voluntary context switch within RCU read-side critical section!/;
const SLEEPING = /^BUG: sleeping function called from invalid context at /;
/** The functions that notice it themselves. */
const NOTICES = /^(?:__schedule_bug|___?might_(?:sleep|resched)|rcu_note_context_switch)$/;
/** Where the kernel notices it: kernel/sched/core.c. */
const NOTICED =
  /^(?:__schedule_bug|rcu_note_context_switch|schedule_debug|___?might_(?:sleep|resched)|__cant_\w+|dump_stack\w*|show_stack|panic|vpanic|check_panic_on_warn)$/;

/** A task slept, or was about to, where it must not. */
export const atomicSleep: Rule = {
  id: 'sleep.atomic',
  title: 'A task slept where it must not',
  source: 'kernel/sched/core.c, __schedule_bug() and __might_resched()',
  *check(of) {
    const line = saidLine(of);
    if (line === undefined) return;
    const found = sleeper(of);
    const reader = READER.test(line);
    const count = Number(SCHEDULING.exec(line)?.[1] ?? 0);
    const why = count === 0 ? { en: '', zh: '' } : countWords(count);
    const who = found?.who ?? '?';
    const how = found?.sleeps ? { en: ` in ${found.sleeps}`, zh: `（在 ${found.sleeps} 中）` } : { en: '', zh: '' };
    const reason = reader ? IN_READER : (contextReason(count) ?? returnedReason(of, count) ?? ANY_REASON);
    yield {
      severity: 'cause',
      confidence: found ? 'certain' : 'likely',
      title: reader
        ? { en: `Sleep inside of an RCU read section in ${who}`, zh: `${who} 在 RCU 读临界区中睡眠` }
        : { en: `Sleep in atomic context in ${who}`, zh: `${who} 在原子上下文中睡眠` },
      sentence: {
        en: `${who} slept${how.en} where it must not${why.en}: ${reason.en}.`,
        zh: `${who} 在不允许之处睡眠${how.zh}${why.zh}：${reason.zh}。`,
      },
      subject: found?.subject ?? {},
      evidence: [logEvidence(line), ...(found?.evidence ?? [])],
      explains: ['death.exception', 'death.warning', 'panic.policy'],
    };
  },
};

/** Lines before the report of a warning in which the kernel says what it is about. */
const BEFORE = 4;

function saidLine(of: Case): string | undefined {
  const index = of.fatal?.index ?? of.log.length;
  const before = of.log.slice(Math.max(0, index - BEFORE), index).flatMap((r) => r.text.split('\n'));
  const own = of.fatalLines.find((l) => SCHEDULING.test(l) || SLEEPING.test(l) || READER.test(l));
  return own ?? (of.fatal?.kind === kindWords.warning ? before.find((l) => READER.test(l)) : undefined);
}

const ANY_REASON: Phrase = {
  en: 'with a spinlock held, preemption or interrupts off, or in an interrupt',
  zh: '持有自旋锁、关闭了抢占或中断，或处于中断中',
};
const IN_READER: Phrase = {
  en: 'between rcu_read_lock() and rcu_read_unlock(), where a reader may not give up the CPU by itself',
  zh: '处于 rcu_read_lock() 与 rcu_read_unlock() 之间，读者不得主动让出 CPU',
};

/** Interrupts of either kind are in the count. */
function contextReason(count: number): Phrase | undefined {
  if ((count & 0xf0000) !== 0) return { en: 'in an interrupt', zh: '处于硬中断中' };
  if ((count & 0x100) !== 0) {
    return { en: 'in a softirq (a timer, a tasklet, the network)', zh: '处于软中断（定时器、tasklet、网络）中' };
  }
  if ((count & 0xff00) !== 0)
    return {
      en: 'with softirqs off (local_bh_disable() or a _bh lock)',
      zh: '软中断被关闭（local_bh_disable() 或 _bh 锁）',
    };
  return undefined;
}

/** No function of the stack has a spinlock: one that is gone from it left it locked. */
function returnedReason(of: Case, count: number): Phrase | undefined {
  const { prog, unwound, panic } = of;
  if (count === 0 || !unwound || !prog.disassembler || !unwound.complete) return undefined;
  const held = attempt(() => heldLocks(prog, unwound, { cpu: panic.cpu, task: panic.task }));
  const noticed = unwound.frames.findIndex((f) => NOTICES.test(nameOf(f)));
  if (held === undefined || noticed < 0) return undefined;
  const first = held.find((h) => h.index > noticed && !isSleepFunction(plainName(h.function)));
  if (first) {
    const where = `${first.function}${first.module === undefined ? '' : ` [${first.module}]`}`;
    return {
      en: `with the spinlock at ${hex(first.lock)} held, which ${where} has taken`,
      zh: `持有 ${where} 取得的自旋锁 ${hex(first.lock)}`,
    };
  }
  return {
    en: 'preemption is off, and by their code none of the functions on its stack holds a spinlock: one that has returned may have left it locked, on a way out where the unlock is missing',
    zh: '抢占已关闭，而按代码看栈上没有函数持有自旋锁：可能是某个已返回的函数在某条出口上遗漏了解锁',
  };
}

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
  const noticed = frames.findIndex((f) => NOTICES.test(nameOf(f)));
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
