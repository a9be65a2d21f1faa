import type { Program } from '../program/program.ts';
import type { CrashReport } from '../report/crash-report.ts';
import { memoryJudgement } from '../report/memory-judgement-data.ts';
import { pageCacheData } from '../report/page-cache-data.ts';
import { type ProblemData, problemsOf } from '../report/problems.ts';
import { storageData } from '../report/storage-data.ts';

/** A report does not wait for millions of inodes; `memory -f` looks at all. */
const LIMITS = { files: 50, inodes: 20_000 };

/** The parts of a report on memory, files in memory, and storage. */
export function memoryParts(prog: Program): Pick<CrashReport, 'memoryJudgement' | 'pageCache' | 'storage'> {
  const problems: ProblemData[] = [];
  const pageCache = pageCacheData(prog, LIMITS, problems);
  const judgement = memoryJudgement(prog);
  const { problems: own, ...rest } = judgement;
  return { memoryJudgement: { ...rest, ...problemsOf(own, problems) }, pageCache, storage: storageData(prog) };
}
