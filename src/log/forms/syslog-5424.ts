import { CLOSE, hasText, OPEN, SPACE, skipDigits, skipWord } from '../byte-scan.ts';
import { NOT_MINE, NOTHING } from '../line-fields.ts';
import type { LogForm } from '../log-form.ts';
import { levelTag } from '../printk-prefix.ts';
import { isoDate } from '../wall-clock.ts';

/** RFC 5424: `<4>1 2023-11-28T17:58:12.1Z host kernel - - - text`. */
export function syslog5424Form(): LogForm {
  return {
    name: 'syslog (RFC 5424)',
    starts: '<',
    strip(bytes, from, to, fields) {
      const version = levelTag(bytes, from, to, fields);
      const date = skipDigits(bytes, version, Math.min(to, version + 3));
      if (version === from || date === version || bytes[date] !== SPACE) return NOT_MINE;
      const end = bytes[date + 1] === 0x2d ? date + 2 : isoDate(bytes, date + 1, to, fields);
      if (end < 0 || bytes[end] !== SPACE) return NOT_MINE;
      const host = skipWord(bytes, end + 1, to);
      if (!hasText(bytes, host + 1, to, 'kernel ')) return NOTHING;
      const id = skipWord(bytes, skipWord(bytes, host + 8, to) + 1, to); // PROCID, MSGID
      const data = structuredData(bytes, id + 1, to);
      return Math.min(to, bytes[data] === SPACE ? data + 1 : data);
    },
  };
}

/** Behind `-` or `[id key="value"]...`. */
function structuredData(bytes: Uint8Array, from: number, to: number): number {
  if (bytes[from] !== OPEN) return skipWord(bytes, from, to);
  let quoted = false;
  for (let at = from; at < to; at++) {
    const byte = bytes[at];
    if (byte === 0x5c) at++;
    else if (byte === 0x22) quoted = !quoted;
    else if (!quoted && byte === CLOSE && bytes[at + 1] !== OPEN) return at + 1;
  }
  return to;
}
