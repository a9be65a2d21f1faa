import { attempt } from '../base/attempt.ts';
import { hex } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import { bareName } from '../diagnosis/allocator-calls.ts';
import type { Case } from '../diagnosis/case.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import { examineObject } from '../diagnosis/examine-objects.ts';
import { objectName, objectSubject } from '../diagnosis/object-words.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { stuckCpu } from '../diagnosis/stuck-cpu.ts';
import { callPath } from '../fault/call-path.ts';
import { type FrameArgument, frameArguments } from '../fault/frame-arguments.ts';
import { presentCpus } from '../kernel/percpu.ts';
import { taskStack } from '../kernel/task-stack.ts';
import type { Finding, FindingSubject } from '../report/finding.ts';
import type { Stack } from '../unwind/stack.ts';

/** A timer's function waits for the end of the timer's function. */
export const timerSelf: Rule = {
  id: 'timer.self',
  title: 'A timer waits for itself',
  source:
    'kernel/time/timer.c, timer_delete_sync(): "must not be called from interrupt contexts", nor from the timer itself',
  *check(of) {
    const lockup = of.fatalLines.find((l) => /soft lockup - CPU#|rcu\S*: INFO: rcu\S* (?:self-)?detected/.test(l));
    if (lockup === undefined) return;
    for (const cpu of attempt(() => presentCpus(of.prog)) ?? []) {
      const found = waitsForItself(of, cpu);
      if (found) yield finding(of, lockup, found);
    }
  },
};

/** Functions that wait until the function of a timer has ended, in a timer's function. */
const WAITS = /^(?:(?:__)?timer_delete_sync|del_timer_sync|timer_shutdown_sync)$/;
const CALLS = /^(?:call_timer_fn|expire_timers|__run_timers|run_timer_softirq)$/;

interface SelfWait {
  readonly cpu: number;
  readonly function: string;
  /** What runs timers. */
  readonly runner: string;
  /** `struct timer_list *` */
  readonly timer?: Addr;
  readonly callback?: FindingSubject;
}

function waitsForItself(of: Case, cpu: number): SelfWait | undefined {
  const stuck = attempt(() => stuckCpu(of, cpu));
  if (!stuck || stuck.context === 'process') return undefined;
  const stack = taskStack(of.prog, stuck.task);
  const names = stack.frames.map((f) => bareName(f.symbol?.name ?? ''));
  const wait = names.findIndex((n, i) => i >= stuck.index && WAITS.test(n));
  const calls = wait < 0 ? -1 : names.findIndex((n, i) => i > wait && CALLS.test(n));
  // between them are at most functions of the callback
  if (calls < 0 || calls - wait > 6 || stack.frames.slice(wait, calls).some((f, i) => i > 0 && f.registers))
    return undefined;
  const waited = argument(of, stack, wait, cpu, /^timer$/);
  const run = argument(of, stack, calls, cpu, /^timer$/);
  if (waited !== undefined && run !== undefined && waited !== run) return undefined;
  const path = attempt(() => [...callPath(of.prog, { stack, index: wait, cpu, task: stuck.task.address })]) ?? [];
  const module = path.find((c) => c.module !== undefined);
  const timer = waited ?? run;
  return {
    cpu,
    function: names[wait] as string,
    runner: names[calls] as string,
    ...(timer !== undefined && { timer }),
    ...(module?.module !== undefined && { callback: { function: bareName(module.function), module: module.module } }),
  };
}

function argument(of: Case, stack: Stack, index: number, cpu: number, name: RegExp): bigint | undefined {
  const all = attempt((): readonly FrameArgument[] => frameArguments(of.prog, { stack, index, cpu }));
  return all?.find((a) => name.test(a.name))?.value;
}

function finding(of: Case, line: string, { cpu, function: waits, runner, timer, callback }: SelfWait): Finding {
  const object = timer === undefined ? undefined : attempt(() => examineObject(of.prog, timer, []));
  const name = object && objectName(object);
  const who = callback ? `${callback.function} [${callback.module}]` : undefined;
  const command = `bt -c ${cpu}`;
  return {
    severity: 'cause',
    confidence: timer === undefined ? 'likely' : 'certain',
    title: {
      en: `A timer waits for itself${who ? ` in ${who}` : ''}`,
      zh: `${who ? `${who} 中` : ''}定时器等待自身`,
    },
    sentence: {
      en: `On CPU ${cpu} the function of a timer${who ? `, ${who},` : ''} called ${waits}()${timer === undefined ? '' : ` for the timer at ${hex(timer)}${name ? ` in ${name.en}` : ''}, the one that is running`}: that waits until the function has ended, which it never does.`,
      zh: `在 CPU ${cpu} 上，定时器的回调函数${who ? ` ${who} ` : ''}调用了 ${waits}()${timer === undefined ? '' : `，对象是正在运行的定时器 ${hex(timer)}${name ? `（位于${name.zh}）` : ''}`}：它要等该回调结束，而回调永远不会结束。`,
    },
    subject: { ...callback, ...(object ? objectSubject(object) : timer !== undefined && { address: hex(timer) }) },
    evidence: [
      logEvidence(line),
      { what: { en: 'what waits for the end of the function', zh: '等待回调结束的函数' }, value: waits, command },
      { what: { en: 'what runs the function', zh: '运行回调的函数' }, value: runner, command },
    ],
    explains: ['cpu.soft-lockup', 'rcu.stall', 'cpu.starved', 'wait.hung-task', 'wait.hang'],
  };
}
