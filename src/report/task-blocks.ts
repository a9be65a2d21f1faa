import type { Args } from './args.ts';
import type { Block } from './block.ts';
import { digits } from './pad.ts';
import { taskLine } from './stack-lines.ts';
import type { TaskData, TaskName } from './task-data.ts';
import { argumentLines, type LimitData, limitLines, sinceText, type TimesData, timesLines } from './task-detail.ts';

/** A task with what the options of `ps` add. */
export interface PsTask extends TaskData {
  readonly parents?: readonly TaskName[];
  readonly children?: readonly TaskName[];
  readonly threads?: readonly TaskName[];
  readonly stackPointer?: string;
  readonly times?: TimesData;
  readonly limits?: readonly LimitData[];
  readonly args?: readonly string[];
  readonly environment?: readonly string[];
  /** Why what was asked for could not be read. */
  readonly unread?: string;
}

/** Options that list relatives, and those that tell more of each task. */
export const RELATIVES = ['p', 'c', 'g'];
export const DETAILS = ['t', 'l', 'm', 'a', 'r'];

/** What `ps` prints. */
export function* taskBlocks(tasks: readonly PsTask[], args: Args): Iterable<Block> {
  if (args.has('S')) yield summary(tasks);
  else if (RELATIVES.some((flag) => args.has(flag))) yield { kind: 'lines', lines: relatives(tasks) };
  else if (DETAILS.some((flag) => args.has(flag))) yield { kind: 'lines', lines: details(tasks, args) };
  else yield table(tasks, !args.has('H'));
}

function details(tasks: readonly PsTask[], args: Args): string[] {
  const width = Math.max(0, ...tasks.map((t) => (t.times ? String(BigInt(t.times.lastRunNs)).length : 0)));
  return tasks.flatMap((t) => detailLines(t, args, width));
}

function detailLines(t: PsTask, args: Args, width: number): string[] {
  if (t.unread !== undefined) return [taskLine(t), `  (${t.unread})`, ''];
  if (args.has('t')) return t.times ? timesLines(t, t.times) : [];
  if (args.has('r')) return limitLines(t, t.limits ?? []);
  if (args.has('a')) {
    if (!t.args) return [taskLine(t), '  (no user memory)', ''];
    return argumentLines(t, t.args, t.environment ?? []);
  }
  if (!t.times) return [];
  const stamp = args.has('m')
    ? sinceText(BigInt(t.times.sinceRunNs))
    : String(BigInt(t.times.lastRunNs)).padStart(width);
  return [`[${stamp}] [${t.state}]  ${taskLine(t)}`];
}

/** The order in which crash counts states. */
const STATES = ['RU', 'IN', 'UN', 'ID', 'ST', 'TR', 'ZO', 'DE', 'WA', 'PA', 'NE', '??'];

function summary(tasks: readonly PsTask[]): Block {
  const counts = new Map<string, number>();
  for (const t of tasks) counts.set(t.state, (counts.get(t.state) ?? 0) + 1);
  const known = STATES.filter((s) => counts.has(s));
  const others = [...counts.keys()].filter((s) => !STATES.includes(s)).sort();
  return { kind: 'lines', lines: [...known, ...others].map((s) => `  ${s}: ${counts.get(s)}`) };
}

/** crash's header; its CPU stands one column right of its values. */
const HEADER = '      PID    PPID  CPU       TASK        ST  %MEM      VSZ      RSS  COMM';

function table(tasks: readonly PsTask[], header: boolean): Block {
  const stacks = tasks.some((t) => t.stackPointer !== undefined);
  return {
    kind: 'table',
    columns: [
      { title: '', align: 'left', width: 1 },
      { title: 'PID', align: 'right', width: 8, gap: 0, fixed: true },
      { title: 'PPID', align: 'right', width: 7, gap: 1, fixed: true },
      { title: 'CPU', align: 'right', width: 3, gap: 1, fixed: true },
      { title: stacks ? 'KSTACKP' : 'TASK', align: 'left' },
      { title: 'ST', align: 'left' },
      { title: '%MEM', align: 'right', width: 5, gap: 1, fixed: true },
      { title: 'VSZ', align: 'right', width: 8, gap: 1, fixed: true },
      { title: 'RSS', align: 'right', width: 8, gap: 1, fixed: true },
      { title: 'COMM', align: 'left' },
    ],
    header: header && (stacks ? HEADER.replace('    TASK   ', '   KSTACKP ') : HEADER),
    rows: tasks.map((t) => [
      t.active ? '>' : '',
      t.pid,
      t.ppid,
      t.cpu,
      digits(t.stackPointer ?? t.task),
      t.state,
      t.memoryPercent.toFixed(1),
      t.vszKiB,
      t.rssKiB,
      t.kernelThread ? `[${t.comm}]` : t.comm,
    ]),
  };
}

function relatives(tasks: readonly PsTask[]): string[] {
  const out: string[] = [];
  for (const t of tasks) {
    const parents = t.parents ?? [];
    parents.forEach((p, i) => {
      out.push(' '.repeat(i) + taskLine(p));
    });
    out.push(' '.repeat(parents.length) + taskLine(t));
    const below = [...(t.children ?? []), ...(t.threads ?? [])];
    for (const c of below) out.push(`  ${taskLine(c)}`);
    if (t.children && t.children.length === 0) out.push('  (no children)');
    if (t.threads && t.threads.length === 0) out.push('  (no threads)');
    out.push('');
  }
  return out;
}
