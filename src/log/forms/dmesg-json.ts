import { decodeUtf8 } from '../../base/text.ts';
import { COLON, decimalValue, hasText, numberAt, skipBlanks, skipDecimal, skipDigits } from '../byte-scan.ts';
import { type LineFields, NOT_MINE, NOTHING } from '../line-fields.ts';
import type { LogForm } from '../log-form.ts';

const COMMA = 0x2c;
/** `{}[],` and blanks. */
const BRACKETS = [0x7b, 0x7d, 0x5b, 0x5d, COMMA, 0x20];

/** `dmesg --json` of util-linux: a line each for `"pri": 6,`, `"time": 12.345678,` and `"msg": "text"`. */
export function dmesgJsonForm(): LogForm {
  let level = -1;
  let seconds = Number.NaN;
  return {
    name: 'dmesg --json',
    starts: ' \t"{}]',
    strip(bytes, from, to, fields) {
      const at = skipBlanks(bytes, from, to, 32);
      const pri = valueAt(bytes, at, to, '"pri"');
      if (pri >= 0) {
        level = numberAt(bytes, pri, skipDigits(bytes, pri, to)) & 7;
        return NOTHING;
      }
      const time = valueAt(bytes, at, to, '"time"');
      if (time >= 0) {
        const end = skipDecimal(bytes, time, to);
        seconds = end < 0 ? Number.NaN : decimalValue(bytes, time, end);
        return NOTHING;
      }
      const msg = valueAt(bytes, at, to, '"msg"');
      if (msg < 0) return isStructure(bytes, at, to) ? NOTHING : NOT_MINE;
      return message(bytes, msg, to, fields, level, seconds);
    },
  };
}

/** Where the value of a key begins; -1 when the line does not begin with that key. */
function valueAt(bytes: Uint8Array, from: number, to: number, key: string): number {
  if (!hasText(bytes, from, to, key) || bytes[from + key.length] !== COLON) return -1;
  return skipBlanks(bytes, from + key.length + 1, to, 32);
}

/** Brackets alone, or what opens the list. */
function isStructure(bytes: Uint8Array, from: number, to: number): boolean {
  if (from === to) return false;
  if (valueAt(bytes, from, to, '"dmesg"') >= 0) return true;
  for (let at = from; at < to; at++) if (!BRACKETS.includes(bytes[at] as number)) return false;
  return true;
}

function message(
  bytes: Uint8Array,
  from: number,
  to: number,
  fields: LineFields,
  level: number,
  seconds: number,
): number {
  let text: unknown;
  try {
    text = JSON.parse(decodeUtf8(bytes.subarray(from, bytes[to - 1] === COMMA ? to - 1 : to)));
  } catch {
    return NOT_MINE; // cut: the line is shown as it is
  }
  if (typeof text !== 'string') return NOT_MINE;
  fields.level = level;
  fields.seconds = seconds;
  fields.text = text;
  return 0;
}
