import { reportFormats } from './formats/index.ts';
import { MAX_LINE, mayMatter } from './may-matter.ts';
import type { ReportFormat } from './report-format.ts';

/** A line that begins a report: the formats that fit it, in order. */
export interface ReportStart {
  readonly text: string;
  readonly formats: readonly { readonly format: ReportFormat; readonly match: RegExpExecArray }[];
}

/** Borders that stand before the words on the same line. */
const BORDER = /^(?:[\s=*-]{1,80}|-{4,}\[ cut here \]-{4,}\s*)(?=\S)/;

/** Beginnings that are unlike anything else, for lines that lost their newline before them. */
const EMBEDDED =
  /(?:BUG: (?:KASAN|KMSAN|KCSAN|KFENCE|unable to handle|kernel NULL|soft lockup|sleeping function|scheduling while)|general protection fault(?:: \d{4}|, )|kernel BUG at |Kernel panic - not syncing|WARNING: (?:CPU: \d+ PID: |possible circular locking)|Unable to handle kernel |Internal error: )/;

/** The start of a report in a line; undefined for other lines. */
export function matchStart(line: string): ReportStart | undefined {
  if (!mayMatter(line)) return undefined;
  let text = line.length > MAX_LINE ? line.slice(0, MAX_LINE) : line;
  const border = BORDER.exec(text);
  if (border) text = text.slice(border[0].length);
  const embedded = text.length > 20 ? EMBEDDED.exec(text) : null;
  if (
    embedded &&
    embedded.index > 0 &&
    !text.startsWith('rcu: ') &&
    !text.startsWith('watchdog: ') &&
    !text.startsWith('NMI ')
  )
    text = text.slice(embedded.index);
  const formats: { format: ReportFormat; match: RegExpExecArray }[] = [];
  for (const format of reportFormats) {
    const match = format.start.exec(text);
    if (!match) continue;
    formats.push({ format, match });
    if (!format.next) break;
  }
  return formats.length > 0 ? { text, formats } : undefined;
}
