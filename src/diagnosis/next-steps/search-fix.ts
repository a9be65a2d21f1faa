import { passesThrough } from '../fixes/blamed-functions.ts';
import type { StepMaker } from './step-facts.ts';

/** Somebody may have mended it already. */
export const searchFix: StepMaker = function* (facts) {
  // nobody mends what was asked for, a lack of memory, or a server that is gone
  const first = facts.accusing.find((f) => !/^(?:panic|module|memory|io|fs|fuse|nfs|limits|hardware)\./.test(f.rule));
  const name = first?.subject?.function ?? facts.report.crash.function ?? undefined;
  if (!first || name === undefined || passesThrough(name)) return;
  yield {
    id: 'search-fix',
    title: { en: `Look for a fix that touches ${name}`, zh: `查找涉及 ${name} 的修复` },
    why: {
      en: 'Commits newer than this kernel that change the blamed functions or name them as fixed, ranked. Reports of other crashes can be compared, which shows what all of them have in common.',
      zh: '列出比此内核更新、修改了相关函数或声明修复它们的提交，并排序。还可与其他崩溃的报告比较，看它们有何共同点。',
    },
    texts: [
      {
        place: 'inquest',
        text: 'inquest report vmcore --format json -o report.json\ninquest fixes report.json --git ~/linux\ninquest compare report.json other.json',
      },
    ],
    risk: {
      en: 'A commit that touches the function need not be about this bug: read it before it is applied.',
      zh: '涉及该函数的提交未必与此缺陷有关：应用前请先阅读。',
    },
    undo: { en: 'Nothing is changed.', zh: '不作任何更改。' },
    rules: [first.rule],
  };
};
