import type { Phrase } from '../base/phrase.ts';
import type { Evidence } from '../report/finding.ts';
import type { Case } from './case.ts';
import { loopStory } from './loop-story.ts';
import { type SpinStory, spinStory } from './spin-story.ts';
import type { StuckCpu } from './stuck-cpu.ts';
import { resourceWords, waitEvidence } from './wait-evidence.ts';
import { wornLock } from './worn-lock.ts';

/** What a CPU that does not go on spins on: a lock and who has it, a word that is none, or memory that its loop reads. */
export function cpuStory(of: Case, found: StuckCpu): SpinStory | undefined {
  const { spins } = found;
  if (!spins?.resource) return wornLock(of, found) ?? loopStory(of, found);
  const lock: Phrase = resourceWords(of.prog, spins.resource);
  const story = spinStory(of, found);
  const evidence: Evidence[] = [...waitEvidence(of.prog, spins).slice(1), ...(story?.evidence ?? [])];
  return {
    words: {
      en: `; it spins on ${lock.en}${story?.words.en ?? ''}`,
      zh: `；正在 ${lock.zh} 上自旋${story?.words.zh ?? ''}`,
    },
    evidence,
    ...(story?.settle && { settle: story.settle }),
  };
}
