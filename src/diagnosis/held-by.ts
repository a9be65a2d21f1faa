import type { Phrase } from '../base/phrase.ts';
import type { Evidence, FindingSubject } from '../report/finding.ts';

/** Who or what holds memory, in words and with evidence. */
export interface HeldBy {
  /** As in `<words> hold 400 MB (80%)`. */
  readonly words: Phrase;
  /** What would give it back, or would not: `which the end of no process gives back`. */
  readonly ends: Phrase;
  /** A process has it all the same, though not in pages of its own. */
  readonly ofProcess?: true;
  readonly subject: FindingSubject;
  readonly evidence: readonly Evidence[];
  readonly settle: Phrase;
}

/** What the kernel holds for nobody in particular. */
export const KEPT: Phrase = { en: 'which the end of no process gives back', zh: '杀死任何进程都不能收回' };

/** A number of pages as `memory` lists it. */
export function pagesOf(of: Phrase, pages: number): Evidence {
  return { what: { en: `pages of ${of.en}`, zh: `${of.zh} 的页数` }, value: String(pages), command: 'memory' };
}
