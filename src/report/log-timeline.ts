import { arrayOf, hexString, integer, object, oneOf, type Schema, string } from './schema.ts';

/** How the log is spread over the life of the kernel. */
export interface LogTimeline {
  readonly startNs: string;
  readonly endNs: string;
  /** Records in equal parts of that time. */
  readonly counts: readonly number[];
  /** The records that matter, in order. */
  readonly marks: readonly LogMark[];
}

export interface LogMark {
  readonly timestampNs: string;
  readonly kind: 'fatal' | 'error' | 'warning';
  readonly text: string;
}

export const logTimelineSchema: Schema = object('How the log is spread over the life of the kernel.', {
  startNs: hexString('Nanoseconds since boot of the first record.'),
  endNs: hexString('Of the last.'),
  counts: arrayOf('Records in equal parts of that time.', integer('Records.')),
  marks: arrayOf(
    'Records that matter.',
    object('A record.', {
      timestampNs: hexString('Nanoseconds since boot.'),
      kind: oneOf('What it is.', ['fatal', 'error', 'warning']),
      text: string('Its first line.'),
    }),
  ),
});

interface Line {
  readonly timestampNs: bigint;
  readonly level: number;
  readonly text: string;
}

const PARTS = 120;
const MOST_MARKS = 40;
/** The kernel's own reports begin with these, whatever the level. */
const REPORT =
  /^(?:BUG|Oops|WARNING|INFO: task|Kernel panic|Unable to handle|Internal error|general protection|list_(?:add|del)|rcu: INFO|kernel BUG|watchdog: BUG)/;
const ERROR = 3;

/** @param fatal index of the record with which the report of the death begins */
export function logTimeline(records: readonly Line[], fatal: number | undefined): LogTimeline | undefined {
  const first = records[0];
  const last = records.at(-1);
  if (!first || !last) return undefined;
  const times = records.map((r) => r.timestampNs);
  const start = times.reduce((a, b) => (b < a ? b : a));
  const end = times.reduce((a, b) => (b > a ? b : a));
  const span = end - start + 1n;
  const counts = new Array<number>(PARTS).fill(0);
  for (const time of times) counts[Number(((time - start) * BigInt(PARTS)) / span)]!++;
  return { startNs: hexTime(start), endNs: hexTime(end), counts, marks: marksOf(records, fatal) };
}

/** The fatal record and what went before it first; of too many, the last ones before the death and the first ones of all. */
function marksOf(records: readonly Line[], fatal: number | undefined): LogMark[] {
  const marks: { index: number; mark: LogMark }[] = [];
  for (const [index, r] of records.entries()) {
    const kind = index === fatal ? 'fatal' : REPORT.test(r.text) ? 'warning' : r.level <= ERROR ? 'error' : undefined;
    if (!kind) continue;
    const text = r.text.split('\n')[0] ?? '';
    marks.push({ index, mark: { timestampNs: hexTime(r.timestampNs), kind, text } });
  }
  if (marks.length <= MOST_MARKS) return marks.map((m) => m.mark);
  const at = marks.findIndex((m) => m.index === fatal);
  const from = Math.max(0, Math.min(at < 0 ? marks.length : at + MOST_MARKS / 4, marks.length) - MOST_MARKS);
  return marks.slice(from, from + MOST_MARKS).map((m) => m.mark);
}

function hexTime(time: bigint): string {
  return `0x${BigInt.asUintN(64, time).toString(16).padStart(16, '0')}`;
}
