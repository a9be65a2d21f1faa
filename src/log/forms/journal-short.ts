import { CLOSE, decimalValue, hasText, OPEN, SPACE, skipBlanks, skipDecimal, skipWord } from '../byte-scan.ts';
import { type LineFields, NOT_MINE, NOTHING } from '../line-fields.ts';
import type { LogForm } from '../log-form.ts';

/**
 * journalctl's short-monotonic (`[201866.888630] host kernel: text`) and short-unix (`1701165492.123456 host kernel: text`).
 * The first looks like the kernel's own stamp: `kernel:` behind the host tells; lines of other programs are known by the host.
 */
export function journalShortForm(): LogForm {
  let host: Uint8Array | undefined;
  const isHost = (bytes: Uint8Array, from: number, to: number): boolean =>
    host !== undefined && host.length === to - from && host.every((byte, i) => bytes[from + i] === byte);
  return {
    name: 'journalctl',
    starts: '[0123456789',
    strip(bytes, from, to, fields) {
      const start = stamp(bytes, from, to, fields);
      if (start < 0) return NOT_MINE;
      const end = skipWord(bytes, start, Math.min(to, start + 256));
      if (end < to && hasText(bytes, end + 1, to, 'kernel: ')) {
        if (!isHost(bytes, start, end)) host = bytes.slice(start, end);
        return end + 9;
      }
      return isHost(bytes, start, end) ? NOTHING : NOT_MINE;
    },
  };
}

/** Where the host begins; -1 when no such stamp stands here. */
function stamp(bytes: Uint8Array, from: number, to: number, fields: LineFields): number {
  const bracket = bytes[from] === OPEN;
  const at = bracket ? skipBlanks(bytes, from + 1, to, 16) : from;
  const end = skipDecimal(bytes, at, to);
  if (end < 0 || (bracket && bytes[end] !== CLOSE)) return -1;
  const space = bracket ? end + 1 : end;
  if (bytes[space] !== SPACE || bytes[space + 1] === OPEN || bytes[space + 1] === SPACE) return -1;
  const value = decimalValue(bytes, at, end);
  if (bracket) fields.seconds = value;
  else {
    fields.clock = value;
    fields.wallFrom = at;
    fields.wallTo = end;
  }
  return space + 1;
}
