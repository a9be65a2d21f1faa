import { decodeUtf8 } from '../../base/text.ts';
import { isDigit } from '../byte-scan.ts';
import { JOURNAL_KEYS, type JournalEntry, journalEntry } from '../journal-entry.ts';
import { NOT_MINE, NOTHING } from '../line-fields.ts';
import type { LogForm } from '../log-form.ts';

const BRACE = 0x7b;
const QUOTE = 0x22;

/** `journalctl -o json`: one object a line; also json-sse (`data: {...}`) and json-seq, without what they put before it. */
export function journalJsonForm(): LogForm {
  return {
    name: 'journal (json)',
    starts: '{d',
    strip(bytes, from, to, fields) {
      const start = bytes[from] === BRACE ? from : bytes.subarray(from, from + 8).indexOf(BRACE) + from;
      if (bytes[start] !== BRACE || start < from || (bytes[start + 1] !== QUOTE && isDigit(bytes[start + 1])))
        return NOT_MINE;
      const entry = parse(decodeUtf8(bytes.subarray(start, to)));
      if (!entry) return NOT_MINE;
      return entry.MESSAGE === undefined ? NOTHING : journalEntry(entry, fields);
    },
  };
}

function parse(text: string): JournalEntry | undefined {
  if (!text.includes('"MESSAGE"') && !text.includes('"__CURSOR"')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // cut: the line is shown as it is
  }
  const entry: JournalEntry = {};
  for (const key of JOURNAL_KEYS) {
    const field = (value as Record<string, unknown>)[key];
    if (typeof field === 'string') entry[key] = field;
    else if (isBytes(field)) entry[key] = decodeUtf8(Uint8Array.from(field));
  }
  return entry;
}

/** Text that is not UTF-8 comes as an array of bytes. */
function isBytes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((v) => typeof v === 'number');
}
