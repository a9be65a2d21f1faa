import { type OpenedDump, openDump } from '../node/open-dump.ts';
import { breakable, breakableWait } from './interrupt.ts';
import type { Progress } from './progress.ts';

const WHAT = 'while opening the dump';

/** Opens a dump; tells that it goes on, and Ctrl-C ends it. @throws AnalysisError, Interrupted */
export async function openWithProgress(paths: readonly string[], progress: Progress): Promise<OpenedDump> {
  progress.start('opening the dump');
  const options = { onRead: progress.onRead, breakable: <T>(work: () => T): T => breakable(work, WHAT) };
  try {
    return await breakableWait(openDump(paths, options), WHAT);
  } catch (e) {
    progress.stop();
    throw e;
  }
}
