import type { LoggedFrame, LoggedReportData, LoggedTrace } from './logged-report.ts';

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
export function placeText(frame: LoggedFrame): string {
  const offset = frame.offset === undefined ? '' : `+0x${frame.offset.toString(16)}`;
  const size = frame.size === undefined ? '' : `/0x${frame.size.toString(16)}`;
  return `${frame.function}${offset}${size}${frame.module === undefined ? '' : ` [${frame.module}]`}`;
}

/** A stack, with a line where its context changes. */
export function traceLines(trace: LoggedTrace): string[] {
  const lines: string[] = [];
  let context = trace.frames[0]?.context;
  if (context !== undefined && context !== 'task') lines.push(`  --- ${CONTEXTS[context]} ---`);
  for (const [i, frame] of trace.frames.slice(0, FRAMES).entries()) {
    if (i === trace.interrupted) lines.push('  --- interrupted ---');
    else if (frame.context !== context) lines.push(`  --- ${CONTEXTS[frame.context]} ---`);
    context = frame.context;
    lines.push(frameLine(frame));
  }
  return [...lines, ...moreLine(trace, FRAMES)];
}

export function memoryLines(trace: LoggedTrace): string[] {
  return [...trace.frames.slice(0, MEMORY_FRAMES).map(frameLine), ...moreLine(trace, MEMORY_FRAMES)];
}

function moreLine(trace: LoggedTrace, shown: number): string[] {
  const more = trace.frames.length - shown;
  return more > 0 ? [`    (${more} more)`] : [];
}

function frameLine(frame: LoggedFrame): string {
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
