import type { Language, Phrase } from '../base/phrase.ts';
import type { Block } from './block.ts';
import type { CrashReport } from './crash-report.ts';
import { memoryJudgementBlocks } from './memory-judgement-blocks.ts';
import { pageCacheBlocks } from './page-cache-data.ts';
import { problemBlocks } from './problems.ts';
import { isCutOff } from './report-draft.ts';
import { storageBlocks } from './storage-blocks.ts';

const WORDS = {
  memory: { en: 'Memory', zh: '内存' },
  files: { en: 'Files in the page cache', zh: '页缓存中的文件' },
  storage: { en: 'Storage', zh: '存储' },
} as const satisfies Record<string, Phrase>;

/** Files that the text of a report lists; the data has more. */
const FILES = 10;

/** The sections of a report on memory and storage. */
export function* memoryBlocks(report: CrashReport, language: Language): Iterable<Block> {
  const { memoryJudgement, pageCache, storage } = report;
  if (!isCutOff(report, 'memoryJudgement')) {
    yield { kind: 'heading', text: WORDS.memory[language] };
    yield* memoryJudgementBlocks(memoryJudgement, language);
  }
  if (pageCache.fileCount > 0) {
    yield { kind: 'heading', level: 3, text: WORDS.files[language] };
    yield* pageCacheBlocks({ ...pageCache, files: pageCache.files.slice(0, FILES) }, language);
  }
  yield* problemBlocks(memoryJudgement);
  if (isCutOff(report, 'storage')) return;
  yield { kind: 'heading', text: WORDS.storage[language] };
  yield* storageBlocks(storage, language);
  yield* problemBlocks(storage);
}
