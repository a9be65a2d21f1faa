import { COLON, hasText, SPACE, skipBlanks } from '../byte-scan.ts';
import { NOT_MINE } from '../line-fields.ts';
import type { LogForm } from '../log-form.ts';

const FACILITIES = [
  'kern',
  'user',
  'mail',
  'daemon',
  'auth',
  'syslog',
  'lpr',
  'news',
  'uucp',
  'cron',
  'authpriv',
  'ftp',
];
const LEVELS = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug'];

/** `dmesg -x` of util-linux: `kern  :warn  : [   12.345678] text`. */
export function dmesgDecodedForm(): LogForm {
  return {
    name: 'dmesg -x',
    starts: 'kumdaslncf',
    strip(bytes, from, to, fields) {
      const facility = FACILITIES.find((name) => hasText(bytes, from, to, name) && ends(bytes, from + name.length, to));
      if (facility === undefined) return NOT_MINE;
      const at = skipBlanks(bytes, from + facility.length, to, 8) + 1;
      const level = LEVELS.findIndex((name) => hasText(bytes, at, to, name) && ends(bytes, at + name.length, to));
      if (level < 0) return NOT_MINE;
      fields.level = level;
      const end = skipBlanks(bytes, at + (LEVELS[level] as string).length, to, 8) + 1;
      return bytes[end] === SPACE ? end + 1 : end;
    },
  };
}

/** Blanks and a colon follow. */
function ends(bytes: Uint8Array, from: number, to: number): boolean {
  const at = skipBlanks(bytes, from, to, 8);
  return at < to && bytes[at] === COLON;
}
