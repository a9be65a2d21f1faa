import type { Settings } from '../report/settings.ts';
import { type ChildWatch, childProcess, type Sink } from './sink.ts';

const ESCAPED = /^[\w./ -]+$/;

/** Shows text on a terminal: in a pager when it has more lines than fit and scrolling is on. */
export function pageOn(sink: Sink, settings: Settings, watch: ChildWatch): (pieces: Iterable<string>) => void {
  return (pieces) => {
    const rows = process.stdout.rows ?? 24;
    let text = '';
    for (const piece of pieces) text += piece;
    if (!settings.scroll || !longerThan(text, rows - 1)) {
      sink.write(text);
      sink.flush();
      return;
    }
    sink.flush();
    watch(true);
    const { error } = childProcess().spawnSync('/bin/sh', ['-c', pagerCommand(settings)], {
      input: text,
      stdio: ['pipe', 1, 2],
    });
    watch(false);
    if (error && (error as NodeJS.ErrnoException).code !== 'EPIPE') {
      sink.write(text);
      sink.flush();
    }
  };
}

/** crash's CRASHPAGER, the user's PAGER, or less where it is. */
function pagerCommand({ pager }: Settings): string {
  if (pager === 'more') return 'more';
  const chosen = pager === 'CRASHPAGER' ? process.env.CRASHPAGER : process.env.PAGER;
  if (chosen !== undefined && ESCAPED.test(chosen) && !/^less$/.test(chosen)) return chosen;
  return 'if command -v less > /dev/null; then less -RFX; elif command -v more > /dev/null; then more; else cat; fi';
}

function longerThan(text: string, rows: number): boolean {
  let at = -1;
  for (let i = 0; i < rows; i++) {
    at = text.indexOf('\n', at + 1);
    if (at < 0) return false;
  }
  return at < text.length - 1;
}
