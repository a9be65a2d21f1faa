import { attempt } from '../base/attempt.ts';
import { hexPad } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import type { Addr } from '../base/units.ts';
import { presentCpus } from '../kernel/percpu.ts';
import { preemptCount } from '../kernel/preempt-count.ts';
import { currentTask } from '../kernel/sched.ts';
import { findTask } from '../kernel/task.ts';
import { taskStack } from '../kernel/task-stack.ts';
import type { Evidence } from '../report/finding.ts';
import { taskStackData } from '../report/task-stack.ts';
import { bareName } from './allocator-calls.ts';
import type { Case } from './case.ts';
import { findCrashSite } from './crash-site.ts';
import { logEvidence } from './evidence.ts';
import { type SpinHolder, spinHolders } from './spin-holders.ts';
import type { StuckCpu } from './stuck-cpu.ts';
import { taskWords } from './wait-evidence.ts';

/** What is known of who has the lock that a CPU spins on. */
export interface SpinStory {
  readonly words: Phrase;
  readonly evidence: readonly Evidence[];
  readonly settle?: Phrase;
}

/** __schedule_bug(), kernel/sched/core.c: what a task counts when it sleeps or ends with preemption switched off. */
const ATOMIC = /BUG: scheduling while atomic: (.*)\/(\d+)\/0x[0-9a-f]{8}/;
const IDLE = /idle|halt|mwait/;

/** Who holds the lock that a CPU spins on, by the code of all CPUs; or that nobody can. */
export function spinStory(of: Case, { spins, task, cpu }: StuckCpu): SpinStory | undefined {
  const [holder] = spins ? spinHolders(of.prog, spins) : [];
  if (holder) return heldStory(holder, holder.task.address === task.address);
  if (spins?.resource?.kind !== 'spinlock' || (spins.resource.holders.length ?? 0) > 0) return undefined;
  const own = spinlocksCounted(of, task.address, cpu);
  if (own !== undefined && own > 1) return undefined; // it has another one: maybe this, taken by a function that has returned
  const counts = own === 1;
  const others = presentCpus(of.prog).filter((c) => c !== cpu);
  const places = others.map((c) => harmlessPlace(of, c, counts));
  return places.every((p) => p !== undefined) ? leftStory(of, others, places) : undefined;
}

/** The function that took it, with its module. */
export function takerWords({ function: name, module }: SpinHolder): string {
  return module === undefined ? name : `${name} [${module}]`;
}

/** The call by which a function took a lock. */
export function takenEvidence(held: SpinHolder): Evidence {
  const who = takerWords(held);
  return {
    what: { en: `the call in ${who} that took the lock`, zh: `${who} 中取得该锁的调用` },
    value: held.takenBy,
    command: `dis ${hexPad(held.call)} 1`,
  };
}

function heldStory(held: SpinHolder, own: boolean): SpinStory {
  const taken = held.sure ? { en: 'has taken', zh: '已取得' } : { en: 'may have taken', zh: '可能已取得' };
  const who = holderWords(held);
  const taker = takerWords(held);
  return {
    words: own
      ? {
          en: `, which it ${taken.en} itself in ${taker} and not given back`,
          zh: `，它自己在 ${taker} 中${taken.zh}该锁且未释放`,
        }
      : {
          en: `, which ${who.en} ${taken.en} in ${taker} and not given back`,
          zh: `，${who.zh}在 ${taker} 中${taken.zh}该锁且未释放`,
        },
    evidence: [takenEvidence(held)],
  };
}

function holderWords({ task, cpu }: SpinHolder): Phrase {
  return { en: `${taskWords(task)} on CPU ${cpu}`, zh: `CPU ${cpu} 上的 ${taskWords(task)} ` };
}

/**
 * How often preemption is switched off on a CPU, as each spinlock does that is taken or waited for; 0 in kernels without
 * CONFIG_PREEMPT_COUNT. panic() switches it off once more (kernel/panic.c).
 */
function spinlocksCounted(of: Case, task: Addr, cpu: number): number | undefined {
  const count = attempt(() => preemptCount(of.prog, task, cpu))?.preempt;
  return count === undefined ? undefined : count - (cpu === of.panic.cpu ? 1 : 0);
}

type Harmless = keyof typeof PLACES;

/**
 * Why a CPU can have no spinlock; undefined when it may have one. @param counts the kernel counts them
 */
function harmlessPlace(of: Case, cpu: number, counts: boolean): Harmless | undefined {
  const address = attempt(() => currentTask(of.prog, cpu));
  const found = address === undefined ? undefined : findTask(of.prog, address);
  if (!found) return undefined;
  const task = { ...found, cpu, active: true };
  const stack = taskStackData(of.prog, task, taskStack(of.prog, task));
  const site = findCrashSite(stack, true);
  const frame = site && stack.frames[site.index];
  if (!site || !frame) return undefined;
  // what came to stop it came to user space
  if (frame.stack === 'user' || (!frame.interrupted && site.interrupted?.stack === 'user')) return 'user';
  const names = stack.frames.slice(site.index).map((f) => bareName(f.symbol ?? ''));
  const idle = task.pid === 0 && frame.interrupted && IDLE.test(names[0] ?? '') && names.includes('do_idle');
  if (idle && site.context === 'process') return 'idle';
  return counts && spinlocksCounted(of, task.address, cpu) === 0 ? 'uncounted' : undefined;
}

const PLACES = {
  user: { en: 'in user space', zh: '处于用户态' },
  idle: { en: 'idle', zh: '空闲' },
  uncounted: { en: 'in code with no spinlock by its preempt count', zh: '所运行的代码按抢占计数未持有自旋锁' },
} as const;

function leftStory(of: Case, cpus: readonly number[], places: readonly (Harmless | undefined)[]): SpinStory {
  const kinds = [...new Set(places)].flatMap((p) => (p ? [PLACES[p]] : []));
  const [only] = cpus;
  const rest =
    only === undefined
      ? { en: 'there is no other CPU', zh: '没有其他 CPU' }
      : cpus.length === 1
        ? { en: `CPU ${only} was ${kinds[0]?.en}`, zh: `CPU ${only} ${kinds[0]?.zh}` }
        : {
            en: `the other CPUs were ${kinds.map((k) => k.en).join(' or ')}`,
            zh: `其他 CPU ${kinds.map((k) => k.zh).join('或')}`,
          };
  const line = of.log.map((r) => r.text.split('\n')[0] ?? '').findLast((l) => ATOMIC.test(l));
  const [, comm = '', pid = ''] = (line && ATOMIC.exec(line)) || [];
  const before =
    line === undefined
      ? { en: '', zh: '' }
      : {
          en: `; ${taskWords({ pid: Number(pid), comm })} slept or ended before with preemption off, as one that still has a spinlock does`,
          zh: `；此前 ${taskWords({ pid: Number(pid), comm })} 在抢占关闭时睡眠或结束，正如仍持有自旋锁的任务`,
        };
  return {
    words: {
      en: `, which no running code has: ${rest.en}, so whoever took it has left without giving it back${before.en}`,
      zh: `，而没有正在运行的代码持有它：${rest.zh}，取得它的代码已离开而未释放${before.zh}`,
    },
    evidence: line === undefined ? [] : [logEvidence(line)],
    settle: {
      en: 'which function returns with the lock taken: a kernel with CONFIG_PROVE_LOCKING reports it when it ends or sleeps',
      zh: '哪个函数在未释放该锁的情况下返回：启用 CONFIG_PROVE_LOCKING 的内核会在其结束或睡眠时报告',
    },
  };
}
