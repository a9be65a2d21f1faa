import { closeSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { OutputRequest } from './arguments.ts';
import { Output } from './output.ts';

/** Writes an answer to the file that was asked for, or to standard output. @param make with colour where a terminal shows it */
export function writeReport(request: OutputRequest, make: (colour: boolean) => Iterable<string>): void {
  const toStdout = request.out === undefined || request.out === '-';
  const colour = toStdout && isatty(1) && process.env.NO_COLOR === undefined;
  const texts = make(colour);
  const fd = toStdout ? 1 : openSync(request.out as string, 'w');
  try {
    const out = new Output(fd);
    for (const text of texts) out.write(text);
    out.flush();
  } finally {
    if (!toStdout) closeSync(fd);
  }
}
