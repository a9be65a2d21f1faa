import type { LoggedFrame, LoggedReportData, LoggedTrace } from './logged-report.ts';

type LoggedPlace = Omit<LoggedFrame, 'context'>;

/** Frames that are shown; more are in the JSON. */
const FRAMES = 40;
/** The same of a stack that a memory checker remembered. */
const MEMORY_FRAMES = 10;
const CONTEXTS: Readonly<Record<string, string>> = {
  irq: 'interrupt',
  softirq: 'softirq',
  nmi: 'NMI',
  exception: 'exception stack',
  task: 'task',
};

/** `kmem_cache_free+0xfc/0x1c8 [module]`, as the kernel writes it. */
function placeText(frame: LoggedPlace): string {
  const offset = frame.offset === undefined ? '' : `+0x${frame.offset.toString(16)}`;
  const size = frame.size === undefined ? '' : `/0x${frame.size.toString(16)}`;
  return `${frame.function}${offset}${size}${frame.module === undefined ? '' : ` [${frame.module}]`}`;
}

/** A stack, with a line where its context changes. @param place where the registers say that the CPU was */
export function traceLines(trace: LoggedTrace, place?: LoggedPlace): string[] {
  const limit = trace.role === 'memory' ? MEMORY_FRAMES : FRAMES;
  const [first] = trace.frames;
  const lines: string[] = [];
  let context = first?.context;
  if (context !== undefined && context !== 'task') lines.push(`  --- ${CONTEXTS[context]} ---`);
  if (place && (place.function !== first?.function || place.offset !== first.offset)) lines.push(frameLine(place));
  for (const [i, frame] of trace.frames.slice(0, limit).entries()) {
    if (i === trace.interrupted) lines.push('  --- interrupted ---');
    else if (frame.context !== context) lines.push(`  --- ${CONTEXTS[frame.context]} ---`);
    context = frame.context;
    lines.push(frameLine(frame));
  }
  const more = trace.frames.length - limit;
  return more > 0 ? [...lines, `    (${more} more)`] : lines;
}

function frameLine(frame: LoggedPlace): string {
  const said = frame.file === undefined ? '' : ` (${frame.file}:${frame.line ?? 0}${frame.inlined ? ', inlined' : ''})`;
  const source = frame.source === undefined ? said : ` (${frame.source})`;
  return `  ${frame.guess ? '? ' : '  '}${placeText(frame)}${source}`;
}

/** The fault field by field, the page-table entries and the code. */
export function faultLines(report: LoggedReportData): string[] {
  const { fault, code } = report;
  const lines: string[] = [];
  if (fault) {
    const what = [fault.access, fault.address && `at ${fault.address}`, fault.reason].filter(
      (part) => part !== undefined,
    );
    if (what.length > 0) lines.push(`  ${what.join(', ')}`);
    if (fault.code !== undefined) lines.push(`  code ${fault.code}`);
    for (const { name, value, meaning } of fault.fields) {
      lines.push(`    ${name} = ${value}${meaning === undefined ? '' : `: ${meaning}`}`);
    }
    if (fault.pageTable.length > 0) {
      lines.push(`  page tables: ${fault.pageTable.map((e) => `${e.level}=${e.value}`).join(' ')}`);
    }
  }
  if (code) {
    const { trap } = code;
    lines.push(`  Code: ${code.units.map((unit, i) => (i === trap ? `<${unit}>` : unit)).join(' ')}`);
  }
  return lines;
}
