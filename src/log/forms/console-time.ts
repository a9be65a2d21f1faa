import { CLOSE, DOT, isDigit, OPEN, SPACE } from '../byte-scan.ts';
import { type LineFields, NOT_MINE } from '../line-fields.ts';
import type { LogForm } from '../log-form.ts';
import { isoDate, timeOfDay } from '../wall-clock.ts';

/** What terminal programs and loggers of serial lines put before each line: `[2023-11-28 17:58:12.123] `, `[17:58:12.123] `. */
export function consoleTimeForm(): LogForm {
  return {
    name: 'serial log with times',
    starts: '[',
    strip(bytes, from, to, fields) {
      if (bytes[from] !== OPEN || !isDigit(bytes[from + 1])) return NOT_MINE;
      const end = time(bytes, from + 1, to, fields);
      if (end < 0 || bytes[end] !== CLOSE) return NOT_MINE;
      return bytes[end + 1] === SPACE ? end + 2 : end + 1;
    },
  };
}

function time(bytes: Uint8Array, from: number, to: number, fields: LineFields): number {
  const date = isoDate(bytes, from, to, fields);
  if (date >= 0) return date;
  const end = timeOfDay(bytes, from, to, fields);
  if (end < 0 || bytes[end] === DOT) return -1;
  fields.wallFrom = from;
  fields.wallTo = end;
  return end;
}
