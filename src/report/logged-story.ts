import type { LoggedFrame, LoggedReportData, LoggedTrace } from './logged-report.ts';

const WHERE: Readonly<Record<string, string>> = {
  irq: 'a hardware interrupt',
  softirq: 'a softirq',
  nmi: 'an NMI',
  exception: 'an exception handler',
};
const ACCESS: Readonly<Record<string, string>> = { read: 'read from', write: 'wrote to', execute: 'jumped to' };
/** Entry functions of page faults, of all architectures. */
const PAGE_FAULT =
  /^(?:asm_)?(?:exc_page_fault|page_fault|do_page_fault|__do_page_fault|do_user_addr_fault|do_translation_fault|do_DataAbort|handle_page_fault|handle_mm_fault)$/;
/** The first page: what a NULL pointer and an offset reach. */
const FIRST_PAGE = 4096n;

/** The report in one plain sentence: what happened, where, in which context, and how it ended. */
export function storyOf(report: LoggedReportData): string {
  const trace = mainTrace(report);
  const who = whoText(report);
  const sentence = [whatText(report, trace), contextPhrase(trace), who].filter((part) => part !== '').join(' ');
  const end = report.panic === null ? '' : ' The kernel stopped with it.';
  const times = report.count > 1 ? ` It happened ${report.count} times.` : '';
  return `${sentence}.${end}${times}`;
}

/** What the CPU was doing, in words; empty when the report does not show it. */
export function contextText(report: LoggedReportData): string {
  const trace = mainTrace(report);
  const first = trace?.frames[0];
  if (!trace || !first) return '';
  if (first.context === 'task')
    return isKernelThread(trace) ? 'process context' : 'process context, called from user space';
  const where = `${WHERE[first.context]}${first.context === 'softirq' && hasIrqEntry(trace) ? ', on the way out of an interrupt' : ''}`;
  const interrupted = interruptedText(trace);
  return interrupted === '' ? where : `${where}; it had interrupted ${interrupted}`;
}

function mainTrace(report: LoggedReportData): LoggedTrace | undefined {
  return report.traces[report.mainTrace ?? 0];
}

function isKernelThread(trace: LoggedTrace): boolean {
  return trace.endsInUser !== true;
}

function hasIrqEntry(trace: LoggedTrace): boolean {
  return trace.interrupted !== undefined;
}

function interruptedText(trace: LoggedTrace): string {
  if (trace.interrupted === undefined) return '';
  const below = trace.frames.slice(trace.interrupted);
  const first = below[0];
  if (!first) return 'user space';
  const fault = below.some((frame) => PAGE_FAULT.test(frame.function));
  const user = trace.endsInUser === true ? ' of user space' : '';
  return `${first.function}${fault ? `, in a page fault${user}` : ''}`;
}

function whatText(report: LoggedReportData, trace: LoggedTrace | undefined): string {
  const { fault } = report;
  const frames = trace?.frames.filter((frame) => frame.guess !== true) ?? [];
  const at = frames.findIndex((frame) => baseName(frame) === report.frame);
  const caller = at < 0 ? undefined : frames[at + 1];
  const called = caller && trace?.interrupted !== at + 1 ? `, called from ${caller.function},` : '';
  const where = report.frame === '' ? '' : `in ${report.frame}${called}`;
  if (fault?.address !== undefined && fault.access !== undefined) {
    return `The kernel ${ACCESS[fault.access]} address ${shortAddress(fault.address)}${nearNull(fault.address)} ${where}`.trimEnd();
  }
  return `The kernel reported ${report.title.split(' in ')[0]} ${where}`.trimEnd();
}

/** Without what compilers append to a name. */
function baseName(frame: LoggedFrame): string {
  return frame.function.replace(/\.(?:isra|constprop|part|cold|llvm|lto_priv)\b.*$/, '');
}

function contextPhrase(trace: LoggedTrace | undefined): string {
  const context = trace?.frames[0]?.context;
  if (!trace || context === undefined || context === 'task') return '';
  const interrupted = interruptedText(trace);
  return `in ${WHERE[context]}${interrupted === '' ? '' : ` that had interrupted ${interrupted}`}`;
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
