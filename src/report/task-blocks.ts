import type { Args } from './args.ts';
import type { Block, Column } from './block.ts';
import { center, digits } from './pad.ts';
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
  readonly scheduling?: { readonly policy: string; readonly priority: number };
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
  const width = Math.max(0, ...tasks.map((t) => (t.times ? clockWidth(t.times) : 0)));
  if (!args.has('C')) return tasks.flatMap((t) => detailLines(t, args, width));
  const lines: string[] = [];
  let cpu: number | undefined;
  for (const t of tasks) {
    if (t.cpu !== cpu) lines.push(...(cpu === undefined ? [] : ['']), `CPU: ${t.cpu}`);
    cpu = t.cpu;
    lines.push(...detailLines(t, args, width));
  }
  return lines;
}

/** Digits of the clock of a task's CPU, which every time that it counts fits in. */
function clockWidth(times: TimesData): number {
  return String(BigInt(times.lastRunNs) + BigInt(times.sinceRunNs)).length;
}

function detailLines(t: PsTask, args: Args, width: number): string[] {
  if (t.unread !== undefined) return [taskLine(t), `  (${t.unread})`, ''];
  if (args.has('t')) return t.times ? timesLines(t, t.times) : [];
  if (args.has('r')) return limitLines(t, t.limits ?? []);
  if (args.has('a')) {
    if (!t.args) return [taskLine(t), '(no user stack)', ''];
    return argumentLines(t, t.args, t.environment ?? []);
  }
  if (!t.times) return [];
  const stamp = args.has('m')
    ? sinceText(BigInt(t.times.sinceRunNs))
    : String(BigInt(t.times.lastRunNs)).padStart(width);
  return [`[${stamp}] [${t.state}]  ${taskLine(t)}`];
}

/** In the order in which states come up first. */
function summary(tasks: readonly PsTask[]): Block {
  const counts = new Map<string, number>();
  for (const t of tasks) counts.set(t.state, (counts.get(t.state) ?? 0) + 1);
  return { kind: 'lines', lines: [...counts].map(([state, count]) => `  ${state}: ${count}`) };
}

/** crash's header; its CPU stands one column right of its values. */
const HEADER = '      PID    PPID  CPU       TASK        ST  %MEM      VSZ      RSS  COMM';

const POLICY_HEADER = '      PID    PPID  CPU       TASK        POLICY    PRIO  ST  %MEM      VSZ      RSS  COMM';
const POLICY_COLUMNS: readonly Column[] = [
  { title: 'POLICY', align: 'left', width: 8 },
  { title: 'PRIO', align: 'right', width: 4 },
];

function table(tasks: readonly PsTask[], header: boolean): Block {
  const stacks = tasks.some((t) => t.stackPointer !== undefined);
  const policies = tasks.some((t) => t.scheduling !== undefined);
  return {
    kind: 'table',
    columns: [
      { title: '', align: 'left', width: 1 },
      { title: 'PID', align: 'right', width: 8, gap: 0, fixed: true },
      { title: 'PPID', align: 'right', width: 7, gap: 1, fixed: true },
      { title: 'CPU', align: 'right', width: 3, gap: 1, fixed: true },
      { title: stacks ? 'KSTACKP' : 'TASK', align: 'left' },
      ...(policies ? POLICY_COLUMNS : []),
      { title: 'ST', align: 'left' },
      { title: '%MEM', align: 'right', width: 5, gap: 1, fixed: true },
      { title: 'VSZ', align: 'right', width: 8, gap: 1, fixed: true },
      { title: 'RSS', align: 'right', width: 8, gap: 1, fixed: true },
      { title: 'COMM', align: 'left' },
    ],
    header: header && (policies ? POLICY_HEADER : stacks ? HEADER.replace('    TASK   ', '   KSTACKP ') : HEADER),
    rows: tasks.map((t) => [
      t.active ? '>' : '',
      t.pid,
      t.ppid,
      t.cpu,
      stacks && t.active ? center('--', 16) : digits(t.stackPointer ?? t.task),
      ...(policies ? [t.scheduling?.policy ?? '?', t.scheduling?.priority ?? '?'] : []),
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
