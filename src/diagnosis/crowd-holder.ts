import { attempt } from '../base/attempt.ts';
import { oomScores } from '../kernel/oom-score.ts';
import { type TaskRecord, taskTable } from '../kernel/task.ts';
import type { Program } from '../program/program.ts';
import type { Evidence } from '../report/finding.ts';
import type { MemoryJudgement } from '../report/memory-judgement-schema.ts';
import type { HeldBy } from './held-by.ts';
import { taskWords } from './wait-evidence.ts';

/** Fewer tasks of one name are no crowd. */
const CROWD = 100;

/** Many tasks of one name, and what they cost together. */
export interface Crowd {
  readonly task: TaskRecord;
  readonly tasks: number;
  readonly processes: number;
  readonly parent: TaskRecord | undefined;
  /** Pages of their page tables, stacks and task structures, and of anonymous memory at most. */
  readonly pages: number;
}

/** The largest crowd; undefined where there is none. Never throws. */
export function largestCrowd(prog: Program, memory: MemoryJudgement): Crowd | undefined {
  const { tasks } = taskTable(prog);
  const kinds = new Map<string, TaskRecord[]>();
  for (const task of tasks) {
    if (task.kernelThread || task.idle) continue;
    const list = kinds.get(task.comm);
    if (list) list.push(task);
    else kinds.set(task.comm, [task]);
  }
  const [most = []] = [...kinds.values()].sort((a, b) => b.length - a.length);
  const [task] = most;
  if (!task || most.length < CROWD) return undefined;
  const parents = new Set(most.map((t) => t.ppid));
  const parent = parents.size === 1 ? tasks.find((t) => t.pid === task.ppid) : undefined;
  const own = new Set(most.map((t) => t.address));
  const scores = (attempt(() => oomScores(prog).scores) ?? []).filter((s) => own.has(s.task.address));
  const sum = (count: (score: (typeof scores)[number]) => number): number => scores.reduce((n, s) => n + count(s), 0);
  const users = tasks.filter((t) => !t.idle).length;
  const stack = (memory.balance.held.kernelStacks ?? 0) / Math.max(1, users);
  const structure = (attempt(() => prog.type('task_struct').size) ?? 0) / prog.pageSize;
  const anonymous = Math.min(
    memory.balance.held.anonymous ?? 0,
    sum((s) => s.rss),
  );
  const pages = Math.round(sum((s) => s.pageTables) + anonymous + most.length * (stack + structure));
  return { task, tasks: most.length, processes: scores.length, parent, pages };
}

/** Tasks that are each too small to matter. */
export function crowdHolder({ task, tasks, processes, parent }: Crowd): HeldBy {
  const of = parent ? `, started by ${taskWords(parent)}` : '';
  const threads = tasks > processes * 2;
  const what = threads ? 'threads' : 'processes';
  const from: Evidence[] = parent
    ? [{ what: { en: 'who started them', zh: '启动它们的任务' }, value: parent.comm, command: `ps ${parent.pid}` }]
    : [];
  return {
    words: {
      en: `page tables, stacks and pages of ${tasks} ${what} called "${task.comm}"${of}, none of them large,`,
      zh: `${tasks} 个名为 "${task.comm}" 的${threads ? '线程' : '进程'}${parent ? `（由 ${taskWords(parent)} 启动）` : ''}的页表、栈和内存页（每个都不大）`,
    },
    ends: { en: 'which only their end gives back', zh: '只有它们结束才能收回' },
    ofProcess: true,
    subject: { pid: parent?.pid ?? task.pid },
    evidence: [{ what: { en: 'one of them', zh: '其中之一' }, value: task.comm, command: `ps ${task.pid}` }, ...from],
    settle: {
      en: `why ${parent?.comm ?? task.comm} starts so many: a limit (TasksMax= of its unit, pids.max of its group, ulimit -u) stops it before memory does`,
      zh: `${parent?.comm ?? task.comm} 为何启动这么多：用限制（单元的 TasksMax=、控制组的 pids.max、ulimit -u）可在内存耗尽之前止住它`,
    },
  };
}
