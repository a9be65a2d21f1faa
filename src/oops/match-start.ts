import { type FormatFamily, formatFamilies } from './formats/index.ts';
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
  for (const family of formatFamilies) {
    if (!fits(family, text)) continue;
    for (const format of formatsOf(family)) {
      if (format.kernelOnly && formats.length > 0) continue;
      const match = format.start.exec(text);
      if (!match) continue;
      formats.push({ format, match });
      if (!format.next) return { text, formats };
    }
  }
  return formats.length > 0 ? { text, formats } : undefined;
}

function fits({ begins, has }: FormatFamily, text: string): boolean {
  for (const words of begins) if (text.startsWith(words)) return true;
  return has !== undefined && text.includes(has);
}

const made = new Map<FormatFamily, readonly ReportFormat[]>();

function formatsOf(family: FormatFamily): readonly ReportFormat[] {
  const known = made.get(family);
  if (known) return known;
  const formats = family.formats();
  made.set(family, formats);
  return formats;
}
