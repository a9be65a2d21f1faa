import { SPACE } from '../byte-scan.ts';
import { NOT_MINE } from '../line-fields.ts';
import type { LogForm } from '../log-form.ts';

const GREATER = 0x3e;

/** A mail's quotation: `> `, `>> `, `> > `. No message of the kernel begins so. */
export function quotedForm(): LogForm {
  return {
    name: 'quoted',
    starts: '>',
    strip(bytes, from, to) {
      let at = from;
      while (at < to && (bytes[at] === GREATER || (bytes[at] === SPACE && bytes[at + 1] === GREATER))) at++;
      if (at === from) return NOT_MINE;
      return bytes[at] === SPACE ? at + 1 : at;
    },
  };
}
