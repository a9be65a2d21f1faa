import type { LogLine } from '../../src/log/log-line.ts';

const STAMP = /(?:<\d+>)?\[ *(\d+\.\d{6})\](?:\[ *([TC]\d+)\])? ?/;
export function* plainLines(text: string): Generator<LogLine> {
  let number = 0;
  for (const raw of text.split('\n')) {
    number++;
    let rest = raw.replace(/\r$/, '');
    for (;;) {
      const m = STAMP.exec(rest);
      if (!m) {
        rest = rest.replace(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d /, '');
        yield { number, text: rest };
        break;
      }
      if (m.index > 0) yield { number, text: rest.slice(0, m.index) };
      const after = rest.slice(m.index + m[0].length);
      const next = STAMP.exec(after);
      const text = next ? after.slice(0, next.index) : after;
      yield { number, text, seconds: Number(m[1]), ...(m[2] !== undefined && { caller: m[2] }) };
      if (!next) break;
      rest = after.slice(next.index);
    }
  }
}
