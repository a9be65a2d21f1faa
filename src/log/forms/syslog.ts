import { SPACE, skipWord } from '../byte-scan.ts';
import { KernelTag } from '../kernel-tag.ts';
import { type LineFields, NOT_MINE } from '../line-fields.ts';
import type { LogForm } from '../log-form.ts';
import { levelTag } from '../printk-prefix.ts';
import { hasWeekday, isoDate, longDate, syslogDate } from '../wall-clock.ts';

/**
 * A date, then `host kernel: text`: RFC 3164 (`Nov 28 17:58:12`, journalctl's short and short-precise too), with the year
 * (OpenWrt), journalctl's short-full (`Tue 2023-11-28 17:58:12 CST`), ISO 8601 (rsyslog, short-iso), each with `<4>`
 * before it or without.
 */
export function syslogForm(): LogForm {
  const tag = new KernelTag();
  return {
    name: 'syslog',
    starts: '<JFMASONDTWS0123456789',
    strip(bytes, from, to, fields) {
      const start = levelTag(bytes, from, to, fields);
      const end = date(bytes, start, to, fields);
      if (end < 0 || (end < to && bytes[end] !== SPACE)) return NOT_MINE;
      return tag.strip(bytes, end, to);
    },
  };
}

function date(bytes: Uint8Array, from: number, to: number, fields: LineFields): number {
  const short = syslogDate(bytes, from, to, fields);
  if (short >= 0) return short;
  const iso = isoDate(bytes, from, to, fields);
  if (iso >= 0) return iso;
  if (!hasWeekday(bytes, from, to)) return -1;
  const long = longDate(bytes, from, to, fields);
  if (long >= 0) return long;
  const full = isoDate(bytes, from + 4, to, fields);
  return full >= 0 && bytes[full] === SPACE ? skipWord(bytes, full + 1, to) : full; // over the zone's name
}
