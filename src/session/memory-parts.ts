import type { Program } from '../program/program.ts';
import type { CrashReport } from '../report/crash-report.ts';
import { memoryJudgement } from '../report/memory-judgement-data.ts';
import { reportPageCache } from '../report/page-cache-data.ts';
import { problemsOf } from '../report/problems.ts';
import { storageData } from '../report/storage-data.ts';

/** The parts of a report on memory, files in memory, and storage. */
export function memoryParts(prog: Program): Pick<CrashReport, 'memoryJudgement' | 'pageCache' | 'storage'> {
  const { problems: own, ...judgement } = memoryJudgement(prog);
  const pageCache = reportPageCache(prog);
  return {
    memoryJudgement: { ...judgement, ...problemsOf(own, pageCache.problems) },
    pageCache: pageCache.data,
    storage: storageData(prog),
  };
}
