import { COLON, DOT, hasDigits, hasText, isDigit, numberAt, SPACE, skipDigits } from './byte-scan.ts';
import type { LineFields } from './line-fields.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
/** A year for dates that tell none: a leap year, so that the 29th of February is in it. */
const SOME_YEAR = 2000;
const COMMA = 0x2c;

/** 1 to 12 for `Jan` to `Dec`, 0 for anything else. */
export function monthAt(bytes: Uint8Array, from: number, to: number): number {
  for (let i = 0; i < 12; i++) if (hasText(bytes, from, to, MONTHS[i] as string)) return i + 1;
  return 0;
}

/** Whether a day of the week stands here, three letters and a space. */
export function hasWeekday(bytes: Uint8Array, from: number, to: number): boolean {
  return bytes[from + 3] === SPACE && DAYS.some((day) => hasText(bytes, from, to, day));
}

/** Behind `17:58:12` with or without a fraction; -1 where there is none. `clock` gets the seconds of the day. */
export function timeOfDay(bytes: Uint8Array, from: number, to: number, fields: LineFields): number {
  if (!hasDigits(bytes, from, to, 2) || bytes[from + 2] !== COLON) return -1;
  if (!hasDigits(bytes, from + 3, to, 2) || bytes[from + 5] !== COLON || !hasDigits(bytes, from + 6, to, 2)) return -1;
  const whole = numberAt(bytes, from, from + 2) * 3600 + numberAt(bytes, from + 3, from + 5) * 60;
  fields.clock = whole + numberAt(bytes, from + 6, from + 8);
  const dot = from + 8;
  if (dot + 1 >= to || (bytes[dot] !== DOT && bytes[dot] !== COMMA) || !isDigit(bytes[dot + 1])) return dot;
  const end = Math.min(skipDigits(bytes, dot + 1, to), dot + 10);
  fields.clock += numberAt(bytes, dot + 1, end) / 10 ** (end - dot - 1);
  return end;
}

/** Behind `Nov 28 17:58:12[.123456]`; -1 where there is none. The date is kept in `fields`. */
export function syslogDate(bytes: Uint8Array, from: number, to: number, fields: LineFields): number {
  if (to - from < 15 || bytes[from + 3] !== SPACE) return -1;
  const month = monthAt(bytes, from, to);
  if (month === 0) return -1;
  let at = from + 4;
  if (bytes[at] === SPACE) at++;
  const dayEnd = skipDigits(bytes, at, Math.min(to, at + 2));
  if (dayEnd === at || bytes[dayEnd] !== SPACE) return -1;
  const end = timeOfDay(bytes, dayEnd + 1, to, fields);
  if (end < 0) return -1;
  fields.clock += day(SOME_YEAR, month, numberAt(bytes, at, dayEnd)) * 86400;
  return keep(fields, from, end);
}

/**
 * Behind `2023-11-28T17:58:12`, with `T` or a space, with a fraction and a zone (`Z`, `+08:00`, `+0800`) or without; -1
 * where there is none.
 */
export function isoDate(bytes: Uint8Array, from: number, to: number, fields: LineFields): number {
  if (to - from < 19 || !hasDigits(bytes, from, to, 4)) return -1;
  const separator = bytes[from + 4]; // `/` where Go's log package wrote it
  if ((separator !== 0x2d && separator !== 0x2f) || bytes[from + 7] !== separator) return -1;
  if (!hasDigits(bytes, from + 5, to, 2) || !hasDigits(bytes, from + 8, to, 2)) return -1;
  if (bytes[from + 10] !== 0x54 && bytes[from + 10] !== SPACE) return -1;
  const end = timeOfDay(bytes, from + 11, to, fields);
  if (end < 0) return -1;
  const [year, month] = [numberAt(bytes, from, from + 4), numberAt(bytes, from + 5, from + 7)];
  fields.clock += day(year, month, numberAt(bytes, from + 8, from + 10)) * 86400;
  return keep(fields, from, skipZone(bytes, end, to));
}

/** Behind `Tue Nov 28 17:58:12 2023` (ctime, as `dmesg -T`), crash's with the zone before the year; -1 where there is none. */
export function longDate(bytes: Uint8Array, from: number, to: number, fields: LineFields): number {
  if (!hasWeekday(bytes, from, to)) return -1;
  const time = syslogDate(bytes, from + 4, to, fields);
  const end = time < 0 ? time : skipZoneName(bytes, time, to);
  if (end < 0 || bytes[end] !== SPACE || !hasDigits(bytes, end + 1, to, 4)) return -1;
  const year = numberAt(bytes, end + 1, end + 5);
  fields.clock += (day(year, 1, 1) - day(SOME_YEAR, 1, 1)) * 86400;
  return keep(fields, from, end + 5);
}

function keep(fields: LineFields, from: number, to: number): number {
  fields.wallFrom = from;
  fields.wallTo = to;
  return to;
}

/** Behind ` CEST`. */
function skipZoneName(bytes: Uint8Array, from: number, to: number): number {
  let at = from + 1;
  while (at < to && at < from + 7 && (bytes[at] as number) >= 0x41 && (bytes[at] as number) <= 0x5a) at++;
  return at > from + 2 && bytes[from] === SPACE && bytes[at] === SPACE ? at : from;
}

function skipZone(bytes: Uint8Array, from: number, to: number): number {
  if (bytes[from] === 0x5a) return from + 1;
  if (from >= to || (bytes[from] !== 0x2b && bytes[from] !== 0x2d) || !hasDigits(bytes, from + 1, to, 2)) return from;
  const minutes = bytes[from + 3] === COLON ? from + 4 : from + 3;
  return hasDigits(bytes, minutes, to, 2) ? minutes + 2 : from + 3;
}

/** Days since a fixed day, by the Gregorian calendar. */
function day(year: number, month: number, dayOfMonth: number): number {
  const y = month <= 2 ? year - 1 : year;
  const shifted = (month + 9) % 12; // from March
  const leaps = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  return 365 * y + leaps + Math.floor((153 * shifted + 2) / 5) + dayOfMonth;
}
