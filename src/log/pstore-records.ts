import { indexOfBytes } from '../base/text.ts';
import { decimalValue, skipDecimal } from './byte-scan.ts';
import { isRamoopsHeader, pstoreHeader } from './forms/pstore-header.ts';

const LF = 0x0a;

/** A file of pstore or ramoops. */
export interface PstoreFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** One part of one dump of the log. */
interface PstoreRecord {
  readonly count: number;
  readonly part: number;
  /** Of ramoops's header: when it was written. */
  readonly time: number;
  readonly place: number;
  /** Without the first line. */
  readonly bytes: Uint8Array;
}

/** Whether a file begins as a record of pstore does. */
export function isPstoreRecord(bytes: Uint8Array): boolean {
  const end = lineEnd(bytes, 0);
  return pstoreHeader(bytes, 0, end) !== undefined || isRamoopsHeader(bytes, 0, end);
}

/**
 * The log that records hold, in its order: dumps by number, of each the parts from the highest, which is the oldest
 * (pstore_dump of fs/pstore/platform.c writes the end of the log first). What a later dump repeats of the same log is
 * taken from the later one.
 */
export function pstoreLog(files: readonly PstoreFile[]): Uint8Array[] {
  const records = files.flatMap(({ bytes }) => recordsOf(bytes)).map((r, place) => ({ ...r, place }));
  records.sort((x, y) => x.time - y.time || x.count - y.count || y.part - x.part || x.place - y.place);
  const dumps: PstoreRecord[][] = [];
  for (const record of records) {
    const dump = dumps.at(-1);
    if (dump?.[0]?.count === record.count && dump[0].time === record.time) dump.push(record);
    else dumps.push([record]);
  }
  return dumps.flatMap((dump, i) => {
    const next = dumps[i + 1]?.[0]?.bytes;
    const parts = dump.map((record) => record.bytes);
    return next === undefined ? parts : before(parts, next.subarray(0, lineEnd(next, 0)));
  });
}

/** A file may hold several records, one behind the other. */
function recordsOf(bytes: Uint8Array): Omit<PstoreRecord, 'place'>[] {
  const records: Omit<PstoreRecord, 'place'>[] = [];
  let open: { count: number; part: number; time: number; from: number } | undefined;
  let time = 0;
  for (let at = 0; at < bytes.length; ) {
    const end = lineEnd(bytes, at);
    const ramoops = isRamoopsHeader(bytes, at, end);
    const header = pstoreHeader(bytes, at, end);
    if (ramoops || header) {
      if (open && at > open.from) records.push({ ...open, bytes: bytes.subarray(open.from, at) });
      if (ramoops) time = decimalValue(bytes, at + 4, skipDecimal(bytes, at + 4, end));
      open = { count: header?.count ?? 0, part: header?.part ?? 0, time, from: end + 1 };
    } else open ??= { count: 0, part: 0, time: 0, from: at };
    at = end + 1;
  }
  if (open && open.from < bytes.length) records.push({ ...open, bytes: bytes.subarray(open.from) });
  return records;
}

function lineEnd(bytes: Uint8Array, from: number): number {
  const end = bytes.indexOf(LF, from);
  return end < 0 ? bytes.length : end;
}

/** What stands before a line: a later dump that begins with it repeats the rest. Of another boot, all stays. */
function before(parts: readonly Uint8Array[], line: Uint8Array): readonly Uint8Array[] {
  if (line.length === 0) return parts;
  for (const [i, part] of parts.entries()) {
    const at = indexOfBytes(part, line);
    if (at >= 0 && (at === 0 || part[at - 1] === LF)) return [...parts.slice(0, i), part.subarray(0, at)];
  }
  return parts;
}
