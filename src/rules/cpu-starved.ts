import { attempt } from '../base/attempt.ts';
import type { Phrase } from '../base/phrase.ts';
import { addrAdd } from '../base/u64.ts';
import { frameName, frameSubject } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { memberEvidence, present } from '../diagnosis/evidence.ts';
import { longWait } from '../diagnosis/hung-reports.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { ranInUserSpace, stuckCpu } from '../diagnosis/stuck-cpu.ts';
import { canDieOfWaiting, taskWords } from '../diagnosis/wait-evidence.ts';
import { type RunQueue, runQueues } from '../kernel/sched.ts';
import { findTask, type TaskRecord, taskTable } from '../kernel/task.ts';
import { SCHED_POLICIES, schedPolicy } from '../kernel/task-detail.ts';
import type { Evidence, Finding } from '../report/finding.ts';

/** Classes that others do not get the CPU beside: include/uapi/linux/sched.h. */
const REAL_TIME = new Set(['FIFO', 'RR', 'DEADLINE']);
const MOST = 4;

/** A real-time task keeps a CPU, and what else is ready there does not get it. */
export const cpuStarved: Rule = {
  id: 'cpu.starved',
  title: 'A real-time task keeps a CPU from others',
  source:
    'Documentation/scheduler/sched-rt-group.rst, sched_rt_runtime_us; kernel/sched/rt.c, sched_rt_runtime_exceeded()',
  *check(of) {
    for (const queue of runQueues(of.prog).queues) {
      const hog = findTask(of.prog, queue.current);
      const policy = hog && attempt(() => SCHED_POLICIES[schedPolicy(of.prog, hog.address)]);
      if (!hog || policy === undefined || !REAL_TIME.has(policy)) continue;
      const ready = starved(of, queue, hog);
      if (ready.length > 0) yield finding(of, { ...hog, cpu: queue.cpu }, policy, ready);
    }
  },
};

interface Ready {
  readonly task: TaskRecord;
  readonly seconds: number;
}

/** Tasks that are ready for the CPU and have not got it for long, the longest first. */
function starved(of: Case, queue: RunQueue, hog: TaskRecord): Ready[] {
  const now = attempt(() => of.prog.memory.u64(addrAdd(queue.address, of.prog.offset('rq', 'clock'))));
  const place = of.prog.findMember('task_struct', 'sched_info.last_queued'); // CONFIG_SCHED_INFO
  if (now === undefined || !place) return [];
  const limit = longWait(of);
  const others = taskTable(of.prog).tasks.filter(
    (t) => t.cpu === queue.cpu && t.state === 'RU' && !t.idle && !t.active && t.address !== hog.address,
  );
  const ready = others.flatMap((task): Ready[] => {
    const since = attempt(() => of.prog.memory.u64(addrAdd(task.address, place.offset))) ?? 0n;
    const seconds = since > 0n && now > since ? Number(now - since) / 1e9 : 0;
    return seconds >= limit ? [{ task, seconds }] : [];
  });
  return ready.sort((a, b) => b.seconds - a.seconds);
}

const IN_USER_SPACE: Phrase = { en: ', in user space', zh: '，位于用户空间' };
const NOWHERE: Phrase = { en: '', zh: '' };

function finding(of: Case, hog: TaskRecord, policy: string, ready: readonly Ready[]): Finding {
  const { cpu } = hog;
  const user = ranInUserSpace(of, cpu);
  const frame = user ? undefined : attempt(() => stuckCpu(of, cpu))?.frame;
  const named = frame ? frameName(frame) : undefined;
  const where = user ? IN_USER_SPACE : named === undefined ? NOWHERE : { en: ` in ${named}`, zh: `，位于 ${named}` };
  const who = taskWords(hog);
  const n = ready.length;
  const names = ready.slice(0, MOST).map((r) => taskWords(r.task));
  const seconds = Math.floor(ready[0]?.seconds ?? 0);
  return {
    severity: canDieOfWaiting(of.fatal?.kind) ? 'cause' : 'suspect',
    confidence: 'likely',
    title: {
      en: `Real-time task ${who} keeps CPU ${cpu} from all others${where.en}`,
      zh: `实时任务 ${who} 独占 CPU ${cpu}${where.zh}`,
    },
    sentence: {
      en: `${who} (SCHED_${policy}) runs on CPU ${cpu}${where.en} and does not sleep; ${n} ${n === 1 ? 'task is' : 'tasks are'} ready and did not get that CPU, the longest for ${seconds} s: ${names.join(', ')}${n > MOST ? ` and ${n - MOST} more` : ''}.`,
      zh: `${who}（SCHED_${policy}）在 CPU ${cpu} 上运行且不睡眠${where.zh}；${n} 个任务已就绪却得不到该 CPU，最长 ${seconds} 秒：${names.join('、')}${n > MOST ? `，另有 ${n - MOST} 个` : ''}。`,
    },
    subject: { ...frameSubject(frame), pid: hog.pid },
    evidence: evidenceOf(of, hog, ready, frame?.symbol ?? undefined),
    settle: [
      {
        en: `why ${hog.comm} runs for so long under a real-time policy; kernel.sched_rt_runtime_us below its period leaves the others a share`,
        zh: `${hog.comm} 为何以实时策略长时间运行；把 kernel.sched_rt_runtime_us 设得小于其周期可为其他任务留出份额`,
      },
    ],
    explains: ['wait.hung-task', 'wait.hang', 'rcu.stall', 'work.stall', 'panic.asked', 'panic.nmi'],
  };
}

function evidenceOf(of: Case, hog: TaskRecord, ready: readonly Ready[], symbol: string | undefined): Evidence[] {
  const { prog } = of;
  const policy = { en: 'its policy, SCHED_*', zh: '其调度策略 SCHED_*' };
  const queued = { en: 'when it was queued, in ns of the clock of the run queue', zh: '进入运行队列的时刻（纳秒）' };
  const runs = { en: `what CPU ${hog.cpu} runs`, zh: `CPU ${hog.cpu} 正在运行的函数` };
  return [
    ...present(memberEvidence(prog, policy, 'task_struct', 'policy', hog.address)),
    ...(symbol === undefined ? [] : [{ what: runs, value: symbol, command: `bt -c ${hog.cpu}` }]),
    ...present(runtimeEvidence(of)),
    ...ready
      .slice(0, MOST)
      .flatMap(({ task }) => [
        { what: { en: 'ready on its run queue', zh: '在其运行队列上就绪' }, value: `"${task.comm}"`, command: 'runq' },
        ...present(memberEvidence(prog, queued, 'task_struct', 'sched_info.last_queued', task.address)),
      ]),
  ];
}

/** kernel.sched_rt_runtime_us: -1 lets real-time tasks have all of the time. */
function runtimeEvidence({ prog }: Case): Evidence | undefined {
  const symbol = prog.findSymbol('sysctl_sched_rt_runtime');
  const value = symbol && attempt(() => prog.memory.u32(symbol.address) | 0);
  if (value === undefined) return undefined;
  const what = {
    en: 'kernel.sched_rt_runtime_us: -1 leaves nothing to others',
    zh: 'kernel.sched_rt_runtime_us：-1 表示不给其他任务留份额',
  };
  return { what, value: String(value), command: 'rd -d -32 sysctl_sched_rt_runtime' };
}
