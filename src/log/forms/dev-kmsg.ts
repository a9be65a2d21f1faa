import { CLOSE, hasText, isDigit, numberAt, OPEN, SPACE, skipDigits } from '../byte-scan.ts';
import { type LineFields, NOT_MINE, NOTHING } from '../line-fields.ts';
import type { LogForm } from '../log-form.ts';

const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
/** Bytes in which the header must end. */
const MAX_HEADER = 200;

/**
 * Records of /dev/kmsg (Documentation/ABI/testing/dev-kmsg) and of extended netconsole, which sends the same:
 * `6,339,5140900,-,caller=T1;text`, then lines ` KEY=value`. Netconsole may put the release before it, and cuts long
 * records into fragments, each with the header and `ncfrag=offset/length`.
 */
export function devKmsgForm(): LogForm {
  let inRecord = false;
  let oldFragments = false;
  return {
    name: 'kmsg',
    starts: '0123456789 ',
    strip(bytes, from, to, fields) {
      if (bytes[from] === SPACE) return inRecord && isProperty(bytes, from + 1, to) ? NOTHING : NOT_MINE;
      const at = record(bytes, from, to, fields);
      const end = at >= 0 ? at : afterRelease(bytes, from, to, fields);
      inRecord = end >= 0;
      if (end < 0) return NOT_MINE;
      fields.escaped = true;
      const flag = fragmentFlag(bytes, from, end);
      // Up to v4.9 `c` began a line and `+` went on with it; since then `c` goes on with the record before.
      fields.continues ||= flag === 0x2b || (flag === 0x63 && !oldFragments);
      if (flag === 0x2b) oldFragments = true;
      return end;
    },
  };
}

/** Behind `level,sequence,microseconds,flags[,key=value];`; -1 when the line does not begin so. */
function record(bytes: Uint8Array, from: number, to: number, fields: LineFields): number {
  const level = skipDigits(bytes, from, Math.min(to, from + 5));
  if (level === from || bytes[level] !== COMMA) return -1;
  const sequence = skipDigits(bytes, level + 1, to);
  if (sequence === level + 1 || bytes[sequence] !== COMMA) return -1;
  const time = skipDigits(bytes, sequence + 1, to);
  if (time === sequence + 1 || bytes[time] !== COMMA) return -1;
  const end = headerEnd(bytes, time + 1, to);
  if (end < 0 || !isFlag(bytes[time + 1])) return -1;
  fields.level = numberAt(bytes, from, level) & 7;
  fields.seconds = numberAt(bytes, sequence + 1, time) / 1e6;
  headerKeys(bytes, time + 1, end, fields);
  return end + 1;
}

/** The same behind `6.1.0-13-amd64,` (netconsole's "release prepended"). */
function afterRelease(bytes: Uint8Array, from: number, to: number, fields: LineFields): number {
  const comma = bytes.subarray(from, Math.min(to, from + 80)).indexOf(COMMA);
  if (comma < 3 || !bytes.subarray(from, from + comma).includes(0x2e)) return -1;
  return isDigit(bytes[from + comma + 1]) ? record(bytes, from + comma + 1, to, fields) : -1;
}

function headerEnd(bytes: Uint8Array, from: number, to: number): number {
  const limit = Math.min(to, from + MAX_HEADER);
  for (let at = from; at < limit; at++) if (bytes[at] === SEMICOLON) return at;
  return -1;
}

function headerKeys(bytes: Uint8Array, from: number, to: number, fields: LineFields): void {
  for (let at = from; at < to; at++) {
    if (bytes[at] !== COMMA) continue;
    if (hasText(bytes, at + 1, to, 'caller=')) {
      fields.callerFrom = at + 8;
      fields.callerTo = nextComma(bytes, at + 8, to);
    } else if (hasText(bytes, at + 1, to, 'ncfrag=')) {
      fields.continues ||= numberAt(bytes, at + 8, skipDigits(bytes, at + 8, to)) > 0;
    }
  }
}

function nextComma(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && bytes[at] !== COMMA) at++;
  return at;
}

/** The flag after the third comma of the header that ends before `end`. */
function fragmentFlag(bytes: Uint8Array, from: number, end: number): number {
  for (let at = from; at + 1 < end; at++) {
    const flag = bytes[at + 1] as number;
    const next = bytes[at + 2];
    if (bytes[at] === COMMA && !isDigit(flag) && (next === COMMA || next === SEMICOLON)) return flag;
  }
  return 0x2d;
}

/** `-` for a whole line, `c` and `+` for fragments. */
function isFlag(byte: number | undefined): boolean {
  return byte === 0x2d || byte === 0x63 || byte === 0x2b;
}

/** `SUBSYSTEM=acpi`: capital letters, then `=`. */
function isProperty(bytes: Uint8Array, from: number, to: number): boolean {
  let at = from;
  while (at < to && isKeyByte(bytes[at] as number)) at++;
  return at > from && at < to && bytes[at] === EQUALS && bytes[from] !== OPEN && bytes[from] !== CLOSE;
}

function isKeyByte(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || byte === 0x5f || isDigit(byte);
}
