import { searchFixes } from '../node/fix-search.ts';
import { fixesBlocks } from '../report/fixes-blocks.ts';
import type { Request } from './arguments.ts';
import { obtainReport } from './obtain-report.ts';
import { Progress } from './progress.ts';
import { writeBlocks } from './write-report.ts';

/** Writes which commits of a Linux tree may mend a death; returns the exit status. */
export async function runFixes(request: Extract<Request, { kind: 'fixes' }>): Promise<number> {
  const report = await obtainReport(request);
  const progress = new Progress();
  progress.start('asking git');
  try {
    const data = searchFixes(report, request.git);
    progress.stop();
    await writeBlocks(request, data, (language) => fixesBlocks(data, language));
    return 0;
  } finally {
    progress.stop();
  }
}
