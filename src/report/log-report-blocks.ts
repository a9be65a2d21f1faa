import type { TaintFlags } from '../oops/taint-letters.ts';
import type { Block } from './block.ts';
import type { LogReport } from './log-report.ts';
import { faultLines, traceLines } from './logged-lines.ts';
import type { LoggedReportData } from './logged-report.ts';
import { storyOf } from './logged-story.ts';

const WIDTH = 9;
/** Other reports that are listed. */
const LISTED = 20;

/** What a kernel log tells, for people. @param all every report in full, not only the one that matters first */
export function* logReportBlocks(log: LogReport, all: boolean): Iterable<Block> {
  const [main, ...others] = log.reports;
  if (!main) yield { kind: 'heading', text: 'No report of the kernel in this log' };
  else yield* reportBlocks(main, log);
  yield* beforeBlocks(log);
  if (all) for (const other of others) yield* reportBlocks(other, log);
  else yield* otherBlocks(log);
  yield { kind: 'heading', text: 'Log' };
  yield { kind: 'facts', width: WIDTH, facts: [...logFacts(log)] };
}

function* reportBlocks(report: LoggedReportData, log: LogReport): Iterable<Block> {
  yield { kind: 'heading', text: report.title };
  yield { kind: 'text', text: storyOf(report) };
  yield { kind: 'facts', width: WIDTH, facts: [...reportFacts(report, log)] };
  const fault = faultLines(report);
  if (fault.length > 0) {
    yield { kind: 'heading', text: 'Fault' };
    yield { kind: 'lines', lines: fault };
  }
  for (const [i, trace] of report.traces.entries()) {
    if (trace.frames.length === 0 || (i !== report.mainTrace && trace.role !== 'memory')) continue;
    yield { kind: 'heading', text: trace.title === '' ? 'Call trace' : trace.title };
    yield { kind: 'lines', lines: traceLines(trace, i === report.mainTrace ? report.place : undefined) };
  }
  if (report.locks.length > 0) {
    yield { kind: 'heading', text: 'Locks held' };
    yield { kind: 'list', items: report.locks.map((l) => `${l.holder}: ${l.lock}${l.at ? `, taken in ${l.at}` : ''}`) };
  }
}

function* reportFacts(report: LoggedReportData, log: LogReport): Iterable<[string, string]> {
  const { reporter } = report;
  yield ['What', report.message];
  if (report.source) yield ['Source', `${report.source.file}:${report.source.line}`];
  const panic = report.panic ?? (report === log.reports[0] ? log.panic : null);
  if (panic !== null && panic !== report.message) yield ['Panic', panic];
  yield ['When', `${whenText(report.seconds)}line ${report.firstLine} of the log${countText(report)}`];
  const kernel = [reporter.release, reporter.version].filter((part) => part !== undefined).join(' ');
  if (kernel !== '') yield ['Kernel', kernel];
  else if (log.banner !== null) yield ['Kernel', log.banner];
  if (reporter.hardware !== undefined) yield ['Hardware', reporter.hardware];
  const task = taskText(report);
  if (task !== '') yield ['Task', task];
  if (report.context) yield ['Context', report.context.text];
  if (reporter.taint) yield ['Taint', taintText(reporter.taint, report)];
  if (report.corrupted) yield ['Doubt', `the report is damaged: ${report.corruptedReason}`];
  yield ['Signature', report.signature];
}

function whenText(seconds: number | null): string {
  return seconds === null ? '' : `${seconds.toFixed(6)} s after boot, `;
}

function countText({ count, lastSeconds }: LoggedReportData): string {
  if (count < 2) return '';
  return `, ${count} times in all${lastSeconds === null ? '' : `, last at ${lastSeconds.toFixed(6)} s`}`;
}

function taskText({ reporter }: LoggedReportData): string {
  const parts: string[] = [];
  if (reporter.comm !== undefined)
    parts.push(`${reporter.comm}${reporter.pid === undefined ? '' : ` (${reporter.pid})`}`);
  if (reporter.cpu !== undefined) parts.push(`CPU ${reporter.cpu}`);
  if (reporter.uid !== undefined) parts.push(`user ${reporter.uid}`);
  if (reporter.workqueue !== undefined) parts.push(`workqueue ${reporter.workqueue}`);
  return parts.join(', ');
}

function taintText(taint: TaintFlags, report: LoggedReportData): string {
  if (taint.letters === '') return 'none';
  const marked = report.modules.filter((m) => /[A-Z]/.test(m.flags)).map((m) => `${m.name} (${m.flags})`);
  const modules = marked.length === 0 ? '' : `; modules: ${marked.join(' ')}`;
  return `${taint.letters} (${taint.meanings.join(', ')})${modules}`;
}

function* beforeBlocks(log: LogReport): Iterable<Block> {
  const main = log.reports[0];
  const led = log.chain.flatMap((i) => log.reports[i] ?? []).filter((r) => r !== main);
  const items = [
    ...led.map((r) => `${groupText(r)}`),
    ...log.gaps.map(
      (g) => `silence of ${(g.to - g.from).toFixed(1)} s, from ${g.from.toFixed(1)} to ${g.to.toFixed(1)} s`,
    ),
  ];
  if (items.length > 0) {
    yield { kind: 'heading', text: main ? 'Around it' : 'Silences' };
    yield { kind: 'list', items: items.slice(0, LISTED) };
  }
  if (log.noise.length === 0) return;
  yield { kind: 'heading', text: 'Most frequent other messages' };
  yield {
    kind: 'table',
    header: false,
    columns: [
      { title: 'count', align: 'right' },
      { title: 'from', align: 'right' },
      { title: 'to', align: 'right' },
      { title: 'message', align: 'left' },
    ],
    rows: log.noise.map((n) => [
      `${n.count}x`,
      secondsText(n.firstSeconds),
      secondsText(n.lastSeconds),
      n.template.slice(0, 120),
    ]),
  };
}

function secondsText(seconds: number | undefined): string {
  return seconds === undefined ? '' : `${seconds.toFixed(1)} s`;
}

/** One line about reports that are equal. */
function groupText(report: LoggedReportData): string {
  const { count, seconds, lastSeconds, cpus, tasks } = report;
  const times = count > 1 ? `${count} times ` : '';
  const from =
    seconds === null
      ? ''
      : count > 1 && lastSeconds !== null && lastSeconds !== seconds
        ? `, ${seconds.toFixed(3)} to ${lastSeconds.toFixed(3)} s`
        : `, ${seconds.toFixed(3)} s`;
  const on = cpus.length === 0 ? '' : `, CPU ${cpus.join(' ')}`;
  const by = tasks.length === 0 ? '' : `, ${tasks.map((t) => `${t.comm} (${t.pid})`).join(', ')}`;
  return `${times}${report.title}${from}${on}${by}`;
}

function* otherBlocks(log: LogReport): Iterable<Block> {
  const told = new Set([0, ...log.chain]);
  const others = log.reports.filter((_, i) => !told.has(i));
  if (others.length + log.unlisted === 0) return;
  yield { kind: 'heading', text: 'Other reports (--all shows them in full)' };
  const more = others.length - LISTED + log.unlisted;
  const items = others.slice(0, LISTED).map((r) => `${groupText(r)}, line ${r.firstLine}`);
  yield { kind: 'list', items: more > 0 ? [...items, `and ${more} more`] : items };
}

function* logFacts(log: LogReport): Iterable<[string, string]> {
  yield ['File', log.files.join(' ')];
  if (log.forms.length > 0) yield ['Form', log.forms.join(', ')];
  const { firstSeconds: first, lastSeconds: last } = log;
  const span = first === null || last === null ? '' : `, ${first.toFixed(6)} to ${last.toFixed(6)} s`;
  yield ['Messages', `${log.messages}${span}`];
  // Nothing but the start of a kernel has small times.
  if (first !== null && first > 60 && log.banner === null) yield ['Doubt', 'the beginning of the log is missing'];
  if (log.dropped > 0) yield ['Lost', `${log.dropped} messages, as the kernel says`];
  for (const { what, why } of log.problems ?? []) yield ['Problem', `${what}: ${why}`];
}
