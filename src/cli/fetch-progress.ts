import { printableLine } from '../base/text.ts';
import { isTerminal } from '../node/is-terminal.ts';
import { formatSize } from '../report/format-size.ts';
import { writeAll } from './output.ts';

const EVERY = 250;

/** Shows on standard error how far a download is: on a terminal one line that is rewritten, elsewhere one a file. */
export function fetchProgress(): { show(what: string, done: number, total: number | undefined): void; stop(): void } {
  const terminal = isTerminal(2);
  let shown = 0;
  let last = '';
  return {
    show(what, done, total) {
      const now = Date.now();
      if (terminal ? now - shown < EVERY : what === last) return;
      shown = now;
      last = what;
      const size = total === undefined ? formatSize(done) : `${formatSize(done)} of ${formatSize(total)}`;
      writeAll(
        2,
        terminal ? `\r\u001b[Kinquest: ${printableLine(what)} ${size}` : `inquest: ${printableLine(what)} ...\n`,
      );
    },
    stop() {
      if (shown > 0 && terminal) writeAll(2, '\r\u001b[K');
    },
  };
}
