import { attempt } from '../base/attempt.ts';
import { hex, hexPad } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import type { Addr } from '../base/units.ts';
import { bareName } from '../diagnosis/allocator-calls.ts';
import { frameName } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { chainEvidence } from '../diagnosis/chain-evidence.ts';
import { interruptedEvidence } from '../diagnosis/context-evidence.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { addressIdentity } from '../kernel/address-identity.ts';
import type { TaskRecord } from '../kernel/task.ts';
import { taskStack } from '../kernel/task-stack.ts';
import type { Evidence, Finding } from '../report/finding.ts';
import type { FrameData } from '../report/stack-data.ts';
import { taskStackData } from '../report/task-stack.ts';

/** Something that was linked from elsewhere lay on a kernel stack, and its function has returned: other calls wrote over it. */
export const stackObjectGone: Rule = {
  id: 'stack.object-gone',
  title: 'An object on a stack was used after its function had returned',
  source:
    'include/linux/timer.h, destroy_timer_on_stack(); include/linux/completion.h, DECLARE_COMPLETION_ONSTACK(); kernel/sched/wait.c, finish_wait()',
  *check(of) {
    const found = onOtherStack(of);
    if (found) yield finding(of, found);
  },
};

interface OnStack {
  readonly at: Addr;
  readonly task: TaskRecord;
  /** The frame that has that part of the stack now; undefined below all of them. */
  readonly frame?: FrameData;
  /** The innermost function of a module on that stack, from there on. */
  readonly module?: FrameData;
  readonly type?: string;
}

/** The memory that gave the bad value, when it is on the kernel stack of a task that is not the one that died in it. */
function onOtherStack(of: Case): OnStack | undefined {
  const { chain, prog } = of;
  if (chain?.kind !== 'access' && chain?.kind !== 'jump') return undefined;
  const steps = chain.strands[0]?.steps ?? [];
  const index = steps.findIndex((s) => s.readFrom !== undefined);
  const at = steps[index]?.readFrom?.address;
  const task = at === undefined ? undefined : attempt(() => addressIdentity(prog, at).task);
  if (at === undefined || task?.part !== 'stack' || isOwn(of, task.record, at)) return undefined;
  const { frames } = attempt(() => taskStackData(prog, task.record, taskStack(prog, task.record))) ?? { frames: [] };
  const above = frames.filter((f) => f.stack !== 'user');
  const here = above.findIndex((f, i) => BigInt(f.sp) <= at && at < BigInt(above[i + 1]?.sp ?? 0));
  const frame = here < 0 ? undefined : above[here];
  const module = above.slice(Math.max(0, here)).find((f) => f.module !== null);
  const type = steps.slice(index + 1).find((s) => s.value !== undefined && s.type?.endsWith('*'))?.type;
  return {
    at,
    task: task.record,
    ...(frame && { frame }),
    ...(module && { module }),
    ...(type !== undefined && { type: type.replace(/^struct | \*$/g, '') }),
  };
}

/** The task that died in it reads its own stack all the time; an interrupt on top of it does not. */
function isOwn({ crashed, place }: Case, task: TaskRecord, at: Addr): boolean {
  if (crashed?.address !== task.address) return false;
  return place?.context === 'process' || at === 0n;
}

function finding(of: Case, { at, task, frame, module, type }: OnStack): Finding {
  const where = frameName(of.site?.symbol === null ? of.stack?.frames[(of.place?.index ?? 0) + 1] : of.site);
  const who = `${task.comm} (pid ${task.pid})`;
  const what = type === undefined ? { en: 'what it used', zh: '它使用的内容' } : { en: `the ${type}`, zh: `${type} ` };
  const now: Phrase = frame
    ? { en: `where ${frameName(frame)} has its variables now`, zh: `该处现为 ${frameName(frame)} 的栈帧` }
    : { en: 'in a part that no function has now', zh: '该处现在不属于任何函数' };
  const line = of.fault?.line ?? of.fatalLines[0];
  return {
    severity: 'cause',
    confidence: 'likely',
    title: {
      en: `Object on a stack used after its function returned, in ${where}`,
      zh: `${where} 使用了栈上的对象，而其函数已返回`,
    },
    sentence: {
      en: `${where} took a bad value from ${hex(at)}, which is on the kernel stack of ${who}, ${now.en}: ${what.en} was put there by a function that returned without taking it back, and other calls wrote over it.${module && module !== frame ? ` ${frameName(module)} is the nearest function of a module on that stack.` : ''}`,
      zh: `${where} 从 ${hex(at)} 取得了错误的值，那是 ${who} 的内核栈，${now.zh}：放置${what.zh}的函数未将其撤下就已返回，其后的调用覆盖了它。${module && module !== frame ? `该栈上最近的模块函数是 ${frameName(module)}。` : ''}`,
    },
    subject: {
      address: hex(at),
      ...(type !== undefined && { type }),
      ...(module?.symbol && { function: bareName(module.symbol) }),
      ...(module?.module && { module: module.module }),
    },
    evidence: [
      ...(line === undefined ? [] : [logEvidence(line)]),
      ...stackEvidence(task, at, frame),
      ...chainEvidence(of),
      ...interruptedEvidence(of),
    ],
    explains: ['death.exception', 'pointer.bad', 'pointer.null', 'call.bad', 'pointer.permission'],
  };
}

function stackEvidence(task: TaskRecord, at: Addr, frame: FrameData | undefined): Evidence[] {
  const found: Evidence[] = [
    {
      what: { en: `the stack of ${task.comm} is where it was read from`, zh: `读取处位于 ${task.comm} 的栈上` },
      value: task.comm,
      command: `kmem ${hexPad(at)}`,
    },
  ];
  if (frame?.symbol) {
    const what = { en: 'the function that has this part of it now', zh: '现在占用该处的函数' };
    found.push({ what, value: frame.symbol, command: `bt ${task.pid}` });
  }
  return found;
}
