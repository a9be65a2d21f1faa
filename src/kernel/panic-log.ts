import { matchWhole } from '../oops/match-start.ts';
import type { LogRecord } from './printk.ts';

/** What the log says of the end. */
export interface LogCrash {
  readonly panicked: boolean;
  readonly message?: string;
  readonly cause?: string;
  /** Of the last report's `CPU: n PID: m Comm: name` line. */
  readonly cpu?: number;
  readonly pid?: number;
  readonly comm?: string;
}

const PANIC = /^Kernel panic - not syncing\b/;
/** Frames, registers and headings, which most lines between a first line and the panic are: no expression is spent on them. */
const BODY =
  /^(?:[\s<-]|[RCDEFG][A-Z0-9]{1,2}: |[a-z]{1,3}\d* ?: |(?:Code|CPU|Call Trace|Modules linked|PKRU|Hardware|Workqueue|Kernel Offset)\b)/;
const END = /^---\[ end trace/;
/** dump_stack_print_info, lib/dump_stack.c; the UID since v6.13. */
const WHO = /^CPU: (\d+) (?:UID: \d+ )?PID: (\d+) Comm: (.*?) (?:Not tainted|Tainted: |Kdump: )/;
/** Lines that may lie between the first line of a report and the next one that looks like a first. */
const GAP = 24;
/** How far back from the panic its report may begin. */
const REACH = 400;

/** Reads the end of the log: the panic, the report before it, and whom that names. */
export function logCrash(records: readonly LogRecord[]): LogCrash {
  let end = records.length - 1;
  while (end >= 0 && !PANIC.test(firstLine(records[end]))) end--;
  const panicked = end >= 0;
  const from = panicked ? end : records.length - 1;
  const first = causeBefore(records, panicked ? from - 1 : from, panicked ? Math.max(0, from - REACH) : 0);
  const cause = first === undefined ? undefined : firstLine(records[first]);
  const who = whoReported(records, first ?? from);
  const message = panicked ? firstLine(records[end]) : cause;
  return {
    panicked,
    ...(message !== undefined && { message }),
    ...(cause !== undefined && { cause }),
    ...who,
  };
}

/** Index of the first title line of the last report between `stop` and `from`. */
function causeBefore(records: readonly LogRecord[], from: number, stop: number): number | undefined {
  let found: number | undefined;
  for (let i = from; i >= stop; i--) {
    // The registers and the trace of another report lie between: it is not the same one.
    if (found !== undefined && (found - i > GAP || END.test(firstLine(records[i])) || whoOf(records[i]))) break;
    const line = firstLine(records[i]);
    const format = BODY.test(line) ? undefined : matchWhole(line)?.formats[0]?.format;
    const kind = format?.kernelOnly ? undefined : format?.kind;
    if (kind !== undefined && kind !== 'panic') found = i;
    if (kind === 'sysrq') break; // whoever asked for the crash needed no other cause
  }
  return found;
}

/** The first line after the report's beginning that says who ran, else the last before it. */
function whoReported(
  records: readonly LogRecord[],
  first: number,
): { cpu: number; pid: number; comm: string } | undefined {
  for (let i = first; i < records.length; i++) {
    const who = whoOf(records[i]);
    if (who) return who;
  }
  return undefined;
}

function whoOf(record: LogRecord | undefined): { cpu: number; pid: number; comm: string } | undefined {
  const text = firstLine(record);
  if (!text.startsWith('CPU: ')) return undefined;
  const match = WHO.exec(text);
  return match ? { cpu: Number(match[1]), pid: Number(match[2]), comm: match[3] as string } : undefined;
}

function firstLine(record: LogRecord | undefined): string {
  const text = record?.text ?? '';
  const end = text.indexOf('\n');
  return end < 0 ? text : text.slice(0, end);
}
