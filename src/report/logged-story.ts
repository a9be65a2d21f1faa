import type { LoggedReportData, LoggedTrace } from './logged-report.ts';

const WHERE: Readonly<Record<string, string>> = {
  irq: 'a hardware interrupt',
  softirq: 'a softirq',
  nmi: 'an NMI',
  exception: 'an exception handler',
};
const ACCESS: Readonly<Record<string, string>> = { read: 'read from', write: 'wrote to', execute: 'jumped to' };
/** The first page: what a NULL pointer and an offset reach. */
const FIRST_PAGE = 4096n;

/** The report in one plain sentence: what happened, where, in which context, and how it ended. */
export function storyOf(report: LoggedReportData): string {
  const trace = mainTrace(report);
  const who = whoText(report);
  const sentence = [whatText(report, trace), contextPhrase(report), who].filter((part) => part !== '').join(' ');
  const end = report.panic === null ? '' : ' The kernel stopped with it.';
  const times = report.count > 1 ? ` It happened ${report.count} times.` : '';
  return `${sentence}.${end}${times}`;
}

function mainTrace(report: LoggedReportData): LoggedTrace | undefined {
  return report.traces[report.mainTrace ?? 0];
}

function whatText(report: LoggedReportData, trace: LoggedTrace | undefined): string {
  const { fault } = report;
  const all = trace?.frames.filter((frame) => frame.guess !== true) ?? [];
  // without registers the trace begins where the report was printed
  const frames = report.place
    ? all
    : all.slice(
        Math.max(
          0,
          all.findIndex((f) => f.function === report.frame),
        ),
      );
  const at = report.place?.function ?? frames[0]?.function ?? report.frame;
  const caller = frames.find((frame) => frame.function !== at);
  const called = caller && frames.indexOf(caller) !== trace?.interrupted ? `, called from ${caller.function},` : '';
  const where = at === '' ? '' : `in ${at}${called}`;
  if (fault?.address !== undefined && fault.access !== undefined) {
    return `The kernel ${ACCESS[fault.access]} address ${shortAddress(fault.address)}${nearNull(fault.address)} ${where}`.trimEnd();
  }
  return `The kernel reported ${report.title.split(' in ')[0]} ${where}`.trimEnd();
}

function contextPhrase({ context }: LoggedReportData): string {
  if (!context || context.kind === 'task') return '';
  const { interrupted } = context;
  const where = `in ${WHERE[context.kind]}`;
  return interrupted ? `${where} that had interrupted ${interrupted.function} (${interrupted.during})` : where;
}

function whoText({ reporter }: LoggedReportData): string {
  const on = reporter.cpu === undefined ? '' : `on CPU ${reporter.cpu}`;
  if (reporter.comm === undefined) return on;
  return `while ${reporter.comm}${reporter.pid === undefined ? '' : ` (${reporter.pid})`} ran ${on}`.trimEnd();
}

function addressOf(text: string): bigint | undefined {
  return /^0x[0-9a-f]{1,16}$/i.test(text) ? BigInt(text) : undefined;
}

function shortAddress(text: string): string {
  const address = addressOf(text);
  return address === undefined ? text : `0x${address.toString(16)}`;
}

function nearNull(text: string): string {
  const address = addressOf(text);
  if (address === undefined || address >= FIRST_PAGE) return '';
  return address === 0n ? ' (a NULL pointer)' : ' (a member of a NULL pointer)';
}
