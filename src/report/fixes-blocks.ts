import type { Language, Phrase } from '../base/phrase.ts';
import type { Block } from './block.ts';
import type { FixCandidate, FixesData } from './fixes-data.ts';
import { formatDate } from './format-time.ts';

const WORDS = {
  title: { en: 'Commits that may mend it', zh: '可能的修复提交' },
  dump: { en: 'Dump', zh: '转储' },
  base: { en: 'From', zh: '起点' },
  head: { en: 'To', zh: '终点' },
  functions: { en: 'Functions', zh: '函数' },
  examined: { en: 'Examined', zh: '检查' },
  doubt: { en: 'Doubt', zh: '存疑' },
  none: { en: 'No commit touches or names what is blamed.', zh: '没有提交涉及或提到相关函数。' },
  date: { en: 'Date', zh: '日期' },
  first: { en: 'First in', zh: '首见于' },
  why: { en: 'Why', zh: '理由' },
  backports: { en: 'Backports', zh: '回移' },
  followed: { en: 'Take with it', zh: '须一并合入' },
  look: { en: 'Look at it', zh: '查看' },
  unknown: { en: '(unknown)', zh: '(未知)' },
  untagged: { en: '(untagged)', zh: '(无标签)' },
} as const satisfies Record<string, Phrase>;

const SHORT = 12;

/** Candidates for people, the most promising first. */
export function* fixesBlocks(data: FixesData, language: Language): Iterable<Block> {
  const say = (phrase: Phrase): string => phrase[language];
  yield { kind: 'heading', text: say(WORDS.title) };
  const names = data.functions.map((f) => `${f.name}${f.file === null ? '' : ` (${f.file})`}`);
  const counts: Phrase = {
    en: `${data.examined} commits, ${data.present} of them in the dump's kernel already`,
    zh: `${data.examined} 个提交，其中 ${data.present} 个已在转储的内核中`,
  };
  const facts: [string, string][] = [
    [say(WORDS.dump), data.release ?? say(WORDS.unknown)],
    [say(WORDS.base), data.base],
    [say(WORDS.head), data.head.slice(0, SHORT)],
    [say(WORDS.functions), names.join(', ')],
    [say(WORDS.examined), say(counts)],
    ...data.doubts.map((d): [string, string] => [say(WORDS.doubt), say(d)]),
  ];
  yield { kind: 'facts', width: 9, facts };
  if (data.fixes.length === 0) yield { kind: 'text', text: say(WORDS.none) };
  for (const [i, fix] of data.fixes.entries()) {
    yield { kind: 'heading', level: 3, text: `${i + 1}. ${fix.hash.slice(0, SHORT)} ${fix.subject}` };
    yield { kind: 'facts', width: 9, facts: fixFacts(fix, language) };
  }
}

function fixFacts(fix: FixCandidate, language: Language): [string, string][] {
  const say = (phrase: Phrase): string => phrase[language];
  const facts: [string, string][] = [
    [say(WORDS.why), fix.reasons.map(say).join('; ')],
    [say(WORDS.date), formatDate(fix.dateSeconds, language)],
  ];
  if (fix.firstIn !== undefined) facts.push([say(WORDS.first), fix.firstIn]);
  const copies = (fix.backports ?? []).map((b) => `${b.firstIn ?? say(WORDS.untagged)} (${b.hash.slice(0, SHORT)})`);
  if (copies.length > 0) facts.push([say(WORDS.backports), copies.join(', ')]);
  for (const f of fix.followedBy ?? []) facts.push([say(WORDS.followed), `${f.hash.slice(0, SHORT)} ${f.subject}`]);
  facts.push([say(WORDS.look), `git show ${fix.hash.slice(0, SHORT)}`]);
  return facts;
}
