import { decodeUtf8 } from '../../base/text.ts';
import { JOURNAL_KEYS, type JournalEntry, journalEntry } from '../journal-entry.ts';
import { NOT_MINE, NOTHING } from '../line-fields.ts';
import type { LogForm } from '../log-form.ts';

const EQUALS = 0x3d;
/** Fields that open an entry, by which the form is recognised. */
const OPENING = ['__CURSOR', '__REALTIME_TIMESTAMP'];
const MAX_TEXT = 0x10000;

/**
 * The journal's export format (systemd's JOURNAL_EXPORT_FORMATS): `KEY=value` lines, entries end with an empty line. A value
 * with control characters comes as the key alone in a line, then its length in eight bytes, the bytes and a newline.
 */
export function journalExportForm(): LogForm {
  let open = false;
  let entry: JournalEntry = {};
  /** Key whose binary value follows, the bytes of it that are missing (-1: its length is), and what came of it. */
  let key = '';
  let missing = 0;
  let value = '';
  const take = (name: string, text: string): void => {
    if ((JOURNAL_KEYS as readonly string[]).includes(name)) entry[name as keyof JournalEntry] = text;
  };
  const binary = (bytes: Uint8Array, from: number, to: number): void => {
    let at = from;
    if (missing < 0) {
      if (to - from < 8) {
        key = ''; // damaged
        return;
      }
      missing = new DataView(bytes.buffer, bytes.byteOffset).getUint32(from, true) + 1; // and the newline behind it
      at = from + 8;
    }
    missing -= to - at + 1;
    if (value.length < MAX_TEXT) value += `${value === '' ? '' : '\n'}${decodeUtf8(bytes.subarray(at, to))}`;
    if (missing > 0) return;
    take(key, value);
    key = '';
  };
  return {
    name: 'journal (export)',
    starts: '_',
    get open() {
      return open || key !== '';
    },
    strip(bytes, from, to, fields) {
      if (key !== '') {
        binary(bytes, from, to);
        return NOTHING;
      }
      if (from === to) {
        if (!open) return NOT_MINE;
        const whole = entry;
        entry = {};
        open = false;
        return journalEntry(whole, fields);
      }
      const end = keyEnd(bytes, from, to);
      if (end < 0) return NOT_MINE;
      const name = decodeUtf8(bytes.subarray(from, end));
      open ||= OPENING.includes(name);
      if (!open) return NOT_MINE;
      if (end < to) take(name, decodeUtf8(bytes.subarray(end + 1, Math.min(to, end + 1 + MAX_TEXT))));
      else {
        key = name;
        missing = -1;
        value = '';
      }
      return NOTHING;
    },
  };
}

/** At the `=` behind a field's name, or at the end of a line that is a name alone; -1 otherwise. */
function keyEnd(bytes: Uint8Array, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if (byte === EQUALS) return at > from ? at : -1;
    const fits = (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x30 && byte <= 0x39) || byte === 0x5f;
    if (!fits || at - from > 64) return -1;
  }
  return to;
}
