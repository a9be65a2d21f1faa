import type { ReportStart } from './match-start.ts';
import type { ReportKind } from './report-kind.ts';
import type { OpenReport } from './report-scanner.ts';

/** Which reports print a line that would begin another one: what a fault prints after its first line is the same fault. */
const FOLLOWERS: Readonly<Partial<Record<ReportKind, ReadonlySet<ReportKind>>>> = {
  'page-fault': new Set<ReportKind>(['exception', 'page-fault', 'null-deref']),
  'null-deref': new Set<ReportKind>(['exception', 'page-fault', 'null-deref']),
  exception: new Set<ReportKind>(['exception', 'bug']),
  alignment: new Set<ReportKind>(['exception']),
  bug: new Set<ReportKind>(['exception']),
  list: new Set<ReportKind>(['exception']),
  usercopy: new Set<ReportKind>(['exception']),
  rust: new Set<ReportKind>(['bug', 'exception']),
  'protection-fault': new Set<ReportKind>(['exception']),
  'double-fault': new Set<ReportKind>(['exception']),
  'stack-overflow': new Set<ReportKind>(['exception', 'stack-overflow', 'double-fault']),
  'rcu-stall': new Set<ReportKind>(['rcu-stall']),
  slub: new Set<ReportKind>(['slub']),
  kasan: new Set<ReportKind>(['slub']),
  vfs: new Set<ReportKind>(['warning', 'bug']),
  leak: new Set<ReportKind>(['leak']),
  oom: new Set<ReportKind>(['oom']),
  sysrq: new Set<ReportKind>(['sysrq']),
  hardware: new Set<ReportKind>(['hardware']),
  other: new Set<ReportKind>(['warning', 'sysrq']),
};

/** Whether the start of a report is only a further line of the one that is open. */
export function belongsTo(open: OpenReport, start: ReportStart): boolean {
  const next = start.formats[0]?.format;
  const own = open.start.formats[0]?.format;
  if (!next || !own) return false;
  // panic() is how the open report ends; a second panic is another event
  if (start.text.startsWith('Kernel panic')) return own.kind !== 'panic' || !open.panicked;
  if (own.kind === 'rcu-stall' && next.kind === 'warning') return !open.traced;
  if (next.kind === 'leak') return open.lines.length < 3;
  // what the CPU throws while it reports, or by which BUG() reports
  if (next.kind === 'double-fault') return !open.ended;
  if (open.ended && next.kind !== 'exception') return false;
  return FOLLOWERS[own.kind]?.has(next.kind) ?? false;
}

/** Whether a line that begins a report says all of it, so that the open one goes on behind it. */
export function standsAlone(open: OpenReport, start: ReportStart): boolean {
  const next = start.formats[0]?.format;
  const own = open.start.formats[0]?.format;
  if (!next || !own || open.ended || next.kind === own.kind) return false;
  if (next.severity === 'note') return own.severity !== 'note';
  return next.noTrace === true && next.culprit === 'none' && next.severity !== 'fatal';
}

const CHECKERS: ReadonlySet<ReportKind> = new Set<ReportKind>(['kasan', 'kmsan', 'kcsan', 'kfence']);

/** Whether a line is the last of a report. */
export function isEnd(open: OpenReport, text: string): boolean {
  if (text.startsWith('---[ end')) return true;
  const kind = open.start.formats[0]?.format.kind;
  return kind !== undefined && CHECKERS.has(kind) && open.lines.length > 8 && text.startsWith('==========');
}
