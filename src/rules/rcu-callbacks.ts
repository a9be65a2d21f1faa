import { attempt } from '../base/attempt.ts';
import type { Phrase } from '../base/phrase.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Case } from '../diagnosis/case.ts';
import { present, wordEvidence } from '../diagnosis/evidence.ts';
import { percent, share, sizeOf } from '../diagnosis/memory-pressure.ts';
import { delayEvidence, delayWords, rcuDelays } from '../diagnosis/rcu-delays.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { oomLog } from '../kernel/oom-log.ts';
import { type RcuQueue, rcuCallbacks } from '../kernel/rcu-callbacks.ts';
import { gracePeriod } from '../kernel/rcu-grace-period.ts';
import { findSlabCache } from '../kernel/slab-cache.ts';
import { slabCacheOf } from '../kernel/slab-cache-of.ts';
import type { Program } from '../program/program.ts';
import type { Evidence, Finding } from '../report/finding.ts';
import { memoryJudgement } from '../report/memory-judgement-data.ts';

/** Fewer than this wait on busy machines that are well: qhimark is 10000 for each CPU (kernel/rcu/tree.c). */
const MANY = 50_000;
/** Part of the memory from which on what waits to be freed matters. */
const MUCH = 0.1;
/** From this part on it is what the memory went to. */
const MOST = 0.3;

/** Memory cannot be freed because callbacks of RCU wait for a grace period that does not end. */
export const rcuCallbackFlood: Rule = {
  id: 'memory.rcu-callbacks',
  title: 'Memory waits for RCU',
  source: 'Documentation/RCU/checklist.rst on call_rcu() without limits; kernel/rcu/tree.c, rcu_data.cblist',
  *check(of) {
    const queues = attempt(() => rcuCallbacks(of.prog)) ?? [];
    const count = queues.reduce((sum, q) => sum + q.length, 0);
    if (count < MANY) return;
    const main = mainCallback(of.prog, queues);
    const memory = memoryJudgement(of.prog);
    const pages = (count * (main?.part ?? 0) * (main?.size ?? 0)) / of.prog.pageSize;
    const part = share(memory, pages);
    const panicked = oomLog(of.prog).some((r) => r.panic !== undefined);
    if (part < MUCH && !panicked) return;
    const size = main?.cache && pages > 0 ? `${sizeOf(memory, pages)} (${percent(part)})` : undefined;
    yield finding(of, queues, { count, main, size, kills: panicked && part >= MOST });
  },
};

/** The function that most callbacks are to call. */
interface MainCallback {
  readonly func: Addr;
  readonly function: string;
  readonly module?: string;
  /** Of all that were looked at, 0 to 1. */
  readonly part: number;
  /** One of them: `struct callback_head *` */
  readonly head: Addr;
  /** The slab cache of the objects that these are in, and bytes that each takes. */
  readonly cache?: string;
  readonly size?: number;
}

function mainCallback(prog: Program, queues: readonly RcuQueue[]): MainCallback | undefined {
  // the queues are sampled alike, but count by what waits in them
  const weights = new Map<Addr, { weight: number; head: Addr }>();
  let total = 0;
  for (const { length, sample } of queues) {
    const each = sample.length === 0 ? 0 : length / sample.length;
    total += each * sample.length;
    for (const { func, head } of sample) {
      const known = weights.get(func);
      weights.set(func, { weight: (known?.weight ?? 0) + each, head });
    }
  }
  const [top] = [...weights].sort((a, b) => b[1].weight - a[1].weight);
  const symbol = top && prog.symbolAt(top[0]);
  if (!top || symbol?.address !== top[0]) return undefined;
  const [func, { weight, head }] = top;
  const cache = attempt(() => slabCacheOf(prog, head));
  const size = cache === undefined ? undefined : attempt(() => findSlabCache(prog, cache)?.size);
  const { name, module } = symbol;
  return {
    ...{ func, function: name, ...(module !== undefined && { module }), part: weight / total, head },
    ...(cache !== undefined && { cache }),
    ...(size !== undefined && { size }),
  };
}

interface Flood {
  readonly count: number;
  readonly main: MainCallback | undefined;
  /** What the objects of the main callback take. */
  readonly size: string | undefined;
  readonly kills: boolean;
}

function finding(of: Case, queues: readonly RcuQueue[], { count, main, size, kills }: Flood): Finding {
  const grace = attempt(() => gracePeriod(of.prog));
  const held = grace?.running ? rcuDelays(of, grace) : [];
  const words = held.map(delayWords);
  const name = main && (main.module === undefined ? main.function : `${main.function} [${main.module}]`);
  const most = main && {
    en: `, of those looked at ${share100(main.part).en} to ${name}`,
    zh: `，所查看的中${share100(main.part).zh}是 ${name}`,
  };
  const takes = size !== undefined && {
    en: `, for objects of ${main?.cache} of ${size}`,
    zh: `，对应 ${main?.cache} 的对象，共 ${size}`,
  };
  const ends: Phrase = grace?.running
    ? {
        en: `The grace period that they wait for is held up by ${words.map((w) => w.en).join(', ') || 'nobody that is known'}`,
        zh: `它们等待的宽限期被${words.map((w) => w.zh).join('、') || '未知对象'}阻塞`,
      }
    : {
        en: 'No grace period is held up: more is given to RCU than it calls back',
        zh: '没有宽限期被阻塞：提交给 RCU 的多于它能回调的',
      };
  return {
    severity: kills ? 'cause' : 'suspect',
    confidence: held.length > 0 ? 'certain' : 'likely',
    title: {
      en: `Memory waits for callbacks of RCU${name === undefined ? '' : `: ${name}`}`,
      zh: `内存在等待 RCU 回调${name === undefined ? '' : `：${name}`}`,
    },
    sentence: {
      en: `${count} callbacks of RCU have not been called${most?.en ?? ''}${takes ? takes.en : ''}. ${ends.en}.`,
      zh: `${count} 个 RCU 回调尚未执行${most?.zh ?? ''}${takes ? takes.zh : ''}。${ends.zh}。`,
    },
    subject: {
      ...(main && { function: main.function, ...(main.module !== undefined && { module: main.module }) }),
      ...(main?.cache !== undefined && { cache: main.cache }),
    },
    evidence: [...queueEvidence(of.prog, queues, main), ...held.flatMap(delayEvidence)],
    explains: ['memory.oom-panic', 'memory.oom-kill', 'memory.slab-growth', 'memory.exhausted', 'rcu.stall'],
  };
}

function share100(part: number): Phrase {
  if (part === 1) return { en: 'all', zh: '全部' };
  return part > 0.995 ? { en: 'nearly all', zh: '几乎全部' } : { en: percent(part), zh: percent(part) };
}

function queueEvidence(prog: Program, queues: readonly RcuQueue[], main: MainCallback | undefined): Evidence[] {
  const longest = [...queues].sort((a, b) => b.length - a.length).slice(0, 4);
  const lengths = longest.map(({ cpu, length, lengthAt }) => {
    const what = {
      en: `rcu_data.cblist.len of CPU ${cpu}: ${length} callbacks wait`,
      zh: `CPU ${cpu} 的 rcu_data.cblist.len：${length} 个回调在等待`,
    };
    return wordEvidence(prog, what, lengthAt);
  });
  if (!main) return present(...lengths);
  const func = addrAdd(main.head, prog.offset('callback_head', 'func'));
  const what = { en: 'what one of them is to call', zh: '其中一个要调用的函数' };
  return [...present(...lengths), { what, value: main.function, command: `rd -s ${func.toString(16)}` }];
}
