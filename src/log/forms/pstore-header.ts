import { hasText, isDigit, numberAt, SPACE, skipDecimal, skipDigits } from '../byte-scan.ts';
import { type LineFields, NOT_MINE, NOTHING } from '../line-fields.ts';
import type { LogForm } from '../log-form.ts';

/** `kmsg_dump_reason_str` of kernel/printk/printk.c. */
const REASONS = ['Panic', 'Oops', 'Emergency', 'Shutdown', 'Restart', 'Halt', 'Poweroff', 'Unknown'];

/** What pstore_dump (fs/pstore/platform.c) says in the first line of a record. */
export interface PstoreHeader {
  readonly reason: string;
  /** Which dump since boot. */
  readonly count: number;
  /** 1 is the end of the log, higher ones are older. */
  readonly part: number;
}

/** First lines of records: `Panic#1 Part2` of pstore, `====1701165492.123456-D` of ramoops's memory. */
export function pstoreHeaderForm(): LogForm {
  return {
    name: 'pstore',
    starts: 'POESRHU=',
    strip(bytes, from, to, _fields: LineFields) {
      return isRamoopsHeader(bytes, from, to) || pstoreHeader(bytes, from, to) ? NOTHING : NOT_MINE;
    },
  };
}

/** The first line of a pstore record; undefined when it is none. */
export function pstoreHeader(bytes: Uint8Array, from: number, to: number): PstoreHeader | undefined {
  const reason = REASONS.find((name) => hasText(bytes, from, to, name) && bytes[from + name.length] === 0x23);
  if (reason === undefined) return undefined;
  const at = from + reason.length + 1;
  const end = skipDigits(bytes, at, to);
  if (end === at || bytes[end] !== SPACE || !hasText(bytes, end + 1, to, 'Part')) return undefined;
  const part = end + 5;
  const partEnd = skipDigits(bytes, part, to);
  if (partEnd === part || partEnd !== to) return undefined;
  return { reason, count: numberAt(bytes, at, end), part: numberAt(bytes, part, partEnd) };
}

/** `====seconds.micros-C` (compressed) or `-D`: RAMOOPS_KERNMSG_HDR of fs/pstore/ram.c. */
export function isRamoopsHeader(bytes: Uint8Array, from: number, to: number): boolean {
  if (!hasText(bytes, from, to, '====') || !isDigit(bytes[from + 4])) return false;
  const end = skipDecimal(bytes, from + 4, to);
  return end > 0 && (end === to || bytes[end] === 0x2d);
}
