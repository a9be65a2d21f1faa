import { firstCharacters } from './first-characters.ts';
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
  /(?:BUG: (?:KASAN|KMSAN|KCSAN|KFENCE|unable to handle|kernel NULL|soft lockup|sleeping function|scheduling while|spinlock |rwlock |using \w+\(\) in preemptible|Bad (?:page|rss)|workqueue l|memory leak|Dentry .* still in use)|general protection fault(?:: \d{4}|, )|(?:invalid opcode|divide error): \d{4} |kernel BUG at |Kernel panic - not syncing|WARNING: (?:CPU: \d+ PID: |possible (?:circular|recursive|irq) |suspicious RCU usage|inconsistent lock state|held lock freed|bad unlock balance)|INFO: (?:rcu_\w+ (?:self-)?detected |task .{1,60} blocked for more |trying to register non-static key)|UBSAN: [a-zU][\w -]{3,40} in |unregister_netdevice: waiting for |Unable to handle kernel |Internal error: )/;
/** Words that the kernel itself puts before such a beginning. */
const LED = /^(?:rcu: |watchdog: |NMI |Oops: |segment-related )/;

/** The start of a report in a line; undefined for other lines. */
export function matchStart(line: string): ReportStart | undefined {
  if (!mayMatter(line)) return undefined;
  let text = line.length > MAX_LINE ? line.slice(0, MAX_LINE) : line;
  const border = BORDER.exec(text);
  if (border) text = text.slice(border[0].length);
  const embedded = text.length > 20 && !LED.test(text) ? EMBEDDED.exec(text) : null;
  return matchWhole(embedded && embedded.index > 0 ? text.slice(embedded.index) : text);
}

/** The same for a line that holds nothing before the report's first words, as those of a kernel's own log. */
export function matchWhole(text: string): ReportStart | undefined {
  const formats: { format: ReportFormat; match: RegExpExecArray }[] = [];
  for (const format of formatsFor(text)) {
    if (format.kernelOnly && formats.length > 0) continue;
    const match = format.start.exec(text);
    if (!match) continue;
    formats.push({ format, match });
    if (!format.next) break;
  }
  return formats.length > 0 ? { text, formats } : undefined;
}

const byFirst = new Map<string, ReportFormat[]>();
let indexed: readonly { format: ReportFormat; first: ReadonlySet<string> | undefined }[] | undefined;

/** Formats that a line may fit by its first character, in order: few expressions are ever compiled for one log. */
function formatsFor(text: string): readonly ReportFormat[] {
  const first = text.charAt(0);
  let list = byFirst.get(first);
  if (list) return list;
  indexed ??= reportFormats.map((format) => ({ format, first: firstCharacters(format.start) }));
  list = indexed.filter((f) => f.first?.has(first) ?? true).map((f) => f.format);
  // only what some format begins with is kept: a log may hold any character
  if (indexed.some((f) => f.first?.has(first))) byFirst.set(first, list);
  return list;
}
