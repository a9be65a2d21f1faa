import { COLON, hasDigits, hasText, numberAt, SPACE, skipBlanks, skipDigits, skipWord } from '../byte-scan.ts';
import { type LineFields, NOT_MINE, NOTHING } from '../line-fields.ts';
import type { LogForm } from '../log-form.ts';
import { timeOfDay } from '../wall-clock.ts';

/** Android's priorities and the kernel's levels: logd's own translation, backwards. */
const PRIORITIES: Readonly<Record<string, number>> = { V: 7, D: 7, I: 6, W: 4, E: 3, F: 2 };

/** Android's logcat with the kernel's buffer (`-b kernel`), threadtime: `11-28 17:58:12.345     0     0 W kernel  : text`. */
export function logcatForm(): LogForm {
  return {
    name: 'logcat',
    starts: '01',
    strip(bytes, from, to, fields) {
      const ids = date(bytes, from, to, fields);
      if (ids < 0) return NOT_MINE;
      const pid = skipBlanks(bytes, ids, to, 8);
      const pidEnd = skipDigits(bytes, pid, to);
      const tid = skipBlanks(bytes, pidEnd, to, 8);
      const tidEnd = skipDigits(bytes, tid, to);
      if (pidEnd === pid || tidEnd === tid || bytes[tidEnd] !== SPACE || bytes[tidEnd + 2] !== SPACE) return NOT_MINE;
      const level = PRIORITIES[String.fromCharCode(bytes[tidEnd + 1] as number)];
      if (level === undefined) return NOT_MINE;
      fields.level = level;
      return message(bytes, tidEnd + 3, to, numberAt(bytes, pid, pidEnd));
    },
  };
}

/** Behind `11-28 17:58:12.345 `. */
function date(bytes: Uint8Array, from: number, to: number, fields: LineFields): number {
  if (!hasDigits(bytes, from, to, 2) || bytes[from + 2] !== 0x2d || !hasDigits(bytes, from + 3, to, 2)) return -1;
  if (bytes[from + 5] !== SPACE) return -1;
  const end = timeOfDay(bytes, from + 6, to, fields);
  if (end < 0 || bytes[end] !== SPACE) return -1;
  fields.wallFrom = from;
  fields.wallTo = end;
  return end;
}

/** The kernel's lines have process 0, or the tag `kernel`; what they name before a colon may have become the tag. */
function message(bytes: Uint8Array, from: number, to: number, pid: number): number {
  const tagEnd = skipWord(bytes, from, to);
  const colon = skipBlanks(bytes, tagEnd, to, 24);
  if (hasText(bytes, from, to, 'kernel')) {
    if (bytes[tagEnd - 1] === COLON) return Math.min(to, tagEnd + 1);
    return bytes[colon] === COLON ? Math.min(to, colon + (bytes[colon + 1] === SPACE ? 2 : 1)) : from;
  }
  if (pid !== 0) return NOTHING;
  const empty = skipBlanks(bytes, from, to, 24);
  return bytes[empty] === COLON ? Math.min(to, empty + (bytes[empty + 1] === SPACE ? 2 : 1)) : from;
}
