import { oomReports } from './oom-report.ts';

/** What the OOM killer printed: mm/oom_kill.c. */
export interface OomFacts {
  /** The task that asked for memory. */
  readonly invoker?: string;
  readonly gfp?: string;
  readonly order?: number;
  readonly constraint?: string;
  /** The control group that was out of memory, with what it had and might have. */
  readonly group?: string;
  readonly groupUsageKiB?: number;
  readonly groupLimitKiB?: number;
  readonly victim?: { readonly pid: number; readonly comm: string };
  /** Rows of the task table. */
  readonly tasks: readonly OomTask[];
}

export interface OomTask {
  readonly pid: number;
  readonly comm: string;
  /** Pages. */
  readonly totalVm: number;
  readonly rss: number;
  readonly scoreAdjust: number;
}

const INVOKED = /^(.{1,64}) invoked oom-killer: gfp_mask=(0x[0-9a-f]+(?:\([^)]*\))?),.*?\border=(-?\d+)/;
const CONSTRAINT = /^oom-kill:constraint=(\w+)/;
/** Printed only of a control group (mem_cgroup_print_oom_meminfo(), mm/memcontrol.c). */
const GROUP = /^Memory cgroup stats for (\/.*?):(?: |$)/;
const USAGE = /^memory: usage (\d{1,15})kB, limit (\d{1,16})kB, failcnt \d+/;
const KILLED = /(?:Killed process|Kill process) (\d+),? \(([^)]{1,64})\)/;
const MAX_TASKS = 500;

/** @returns undefined when the lines are no report of the OOM killer */
export function readOom(lines: readonly string[]): OomFacts | undefined {
  let facts: Omit<OomFacts, 'tasks'> | undefined;
  for (const line of lines) {
    const invoked = INVOKED.exec(line);
    if (invoked)
      facts = { ...facts, invoker: invoked[1] as string, gfp: invoked[2] as string, order: Number(invoked[3]) };
    const constraint = CONSTRAINT.exec(line);
    if (constraint) facts = { ...facts, constraint: constraint[1] as string };
    const group = GROUP.exec(line);
    if (group) facts = { ...facts, group: group[1] as string };
    const usage = USAGE.exec(line);
    if (usage) facts = { ...facts, groupUsageKiB: Number(usage[1]), groupLimitKiB: Number(usage[2]) };
    const killed = KILLED.exec(line);
    if (killed) facts = { ...facts, victim: { pid: Number(killed[1]), comm: killed[2] as string } };
  }
  return facts && { ...facts, tasks: tasksOf(lines) };
}

function tasksOf(lines: readonly string[]): OomTask[] {
  const rows = oomReports(lines)[0]?.rows ?? [];
  return rows.slice(0, MAX_TASKS).map(({ pid, name, totalVm, rss, adjust }) => {
    return { pid, comm: name, totalVm, rss, scoreAdjust: adjust };
  });
}
