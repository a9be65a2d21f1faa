import type { RankedFinding } from '../../src/report/finding-data.ts';
import type { Expected } from './expected.ts';

/** Why the findings of a dump are not what its scenario planted; empty when they are. */
export function judge(findings: readonly RankedFinding[], expected: Expected): string[] {
  const [top] = findings;
  if (!top) return ['nothing was found'];
  const wrong: string[] = [];
  const text = `${top.title.en}\n${top.sentence.en}`;
  if (top.severity !== 'cause') wrong.push(`the top finding is ${top.severity}`);
  if (!expected.says.test(text)) wrong.push(`it does not say ${expected.says.source}`);
  const subject = top.subject ?? {};
  if (expected.function && !expected.function.test(subject.function ?? '')) {
    wrong.push(`function ${subject.function ?? '(none)'} instead of ${expected.function.source}`);
  }
  if (expected.module !== undefined && subject.module !== expected.module) {
    wrong.push(`module ${subject.module ?? '(none)'} instead of ${expected.module}`);
  }
  if (expected.cache && !expected.cache.test(subject.cache ?? '')) {
    wrong.push(`cache ${subject.cache ?? '(none)'} instead of ${expected.cache.source}`);
  }
  const { also } = expected;
  if (also && !findings.slice(1).some((f) => also.test(`${f.title.en}\n${f.sentence.en}`))) {
    wrong.push(`no other finding says ${also.source}`);
  }
  if (expected.object && subject.address === undefined) wrong.push('no object is named');
  if (expected.innocent) {
    const accused = findings.slice(1).filter((f) => f.severity !== 'context');
    for (const f of accused) wrong.push(`${f.severity}: ${f.title.en}`);
  }
  for (const f of findings)
    for (const phrase of [f.title, f.sentence]) if (phrase.zh === '') wrong.push(`${f.rule}: no Chinese`);
  return wrong;
}
