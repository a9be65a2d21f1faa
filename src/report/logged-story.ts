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
  const own = oomText(report) ?? hungText(report, trace);
  const parts = own === undefined ? [whatText(report, trace), contextPhrase(report), who] : [own];
  const sentence = parts
    .filter((part) => part !== '')
    .join(' ')
    .replace(/,$/, '');
  const end = report.panic === null || report.kind === 'panic' ? '' : ' The kernel stopped with it.';
  const times = report.count > 1 ? ` It happened ${report.count} times.` : '';
  return `${sentence}.${end}${times}`;
}

/** What ran out of memory, and who had the most of it by the table of processes. */
function oomText({ oom, reporter }: LoggedReportData): string | undefined {
  if (!oom?.invoker) return undefined;
  const { group, groupUsageKiB: usage, groupLimitKiB: limit } = oom;
  const what = group === undefined ? 'The machine' : `Control group ${group}`;
  const sizes = usage === undefined || limit === undefined ? '' : ` (${usage} kB of ${limit} kB in use)`;
  const top = oom.tasks.reduce<(typeof oom.tasks)[number] | undefined>(
    (most, task) => (most === undefined || task.rss > most.rss ? task : most),
    undefined,
  );
  const most =
    top === undefined
      ? ''
      : `; of ${oom.tasks.length} processes ${top.comm} (${top.pid}) had the most pages in memory, ${top.rss}`;
  const safe = oom.tasks.filter((t) => t.scoreAdjust === -1000).length;
  const none =
    oom.victim === undefined && safe > 0 && safe === oom.tasks.length
      ? ', and none of them may be killed (oom_score_adj -1000)'
      : '';
  const victim = oom.victim ? `; ${oom.victim.comm} (${oom.victim.pid}) was killed` : '';
  const on = reporter.cpu === undefined ? '' : ` on CPU ${reporter.cpu}`;
  return `${what} ran out of memory${sizes} when ${oom.invoker} asked for more${on}${most}${none}${victim}`;
}

/** A task that the detector of hung tasks found: it is not the one that runs. */
function hungText({ message, frame }: LoggedReportData, trace: LoggedTrace | undefined): string | undefined {
  const match = /^INFO: task (.{1,64}):(\d{1,10}) blocked (?:in \S+ )?for more than (\d{1,10}) seconds/.exec(message);
  if (!match) return undefined;
  const asleep = trace?.frames.find((f) => f.guess !== true && !WAITS.test(f.function))?.function;
  const at = asleep === undefined || asleep === frame ? '' : ` (asleep in ${asleep})`;
  const where = frame === '' ? '' : ` in ${frame}${at}`;
  return `The kernel found that ${match[1]} (${match[2]}) had been blocked for more than ${match[3]} seconds${where}`;
}

/** They put a task to sleep, whatever for. */
const WAITS = /^(?:__)?schedule(?:_\w+)?$|^io_schedule(?:_\w+)?$|^bit_wait(?:_io)?$|^context_switch$/;

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
  const told = report.place
    ? frames
    : frames.slice(
        Math.max(
          0,
          frames.findIndex((f) => !PRINTS.test(f.function)),
        ),
      );
  const at = report.place?.function ?? told[0]?.function ?? report.frame;
  const caller = told.find((frame) => frame.function !== at);
  const called = caller && frames.indexOf(caller) !== trace?.interrupted ? `, called from ${caller.function},` : '';
  const where = at === '' ? '' : `in ${at}${called}`;
  if (fault?.address !== undefined && fault.access !== undefined) {
    return `The kernel ${ACCESS[fault.access]} address ${shortAddress(fault.address)}${nearNull(fault.address)} ${where}`.trimEnd();
  }
  const words = /^Kernel panic - not syncing: (.+)$/.exec(report.message)?.[1];
  if (report.kind === 'panic' && words !== undefined) return `The kernel panicked ("${words}") ${where}`.trimEnd();
  return `The kernel reported ${report.title.split(' in ')[0]} ${where}`.trimEnd();
}

/** They print the trace or are the panic itself: what is of interest called them. */
const PRINTS =
  /^(?:dump_stack(?:_lvl|_print_info)?|__dump_stack|show_stack(?:_log_lvl)?|dump_backtrace(?:\.part\.\d+)?|v?panic|nmi_panic|dump_header)$/;

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
