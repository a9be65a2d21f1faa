import type { Phrase } from '../../base/phrase.ts';
import type { CrashReport } from '../../report/crash-report.ts';
import type { FixCandidate } from '../../report/fixes-data.ts';
import type { BlamedFunction } from './blamed-functions.ts';
import { fixedCommits, type GitCommit } from './git-log.ts';

/** What the host found out about a commit besides its text. */
export interface CommitFacts {
  /** What it says it fixes, and whether the dump's kernel has that. */
  readonly fixes: readonly { readonly hash: string; readonly inDump: boolean }[];
}

interface Reason {
  readonly points: number;
  readonly phrase: Phrase;
}

/** A commit that scores less says nothing. */
const LEAST = 12;

/** Words by which messages of fixes tell what kind of death they end. */
const KINDS: readonly (readonly [rule: RegExp, words: RegExp])[] = [
  [/double-?free/, /double[ -]free|freed twice|refcount/i],
  [/use-?after|dangling/, /use[ -]after[ -]free|\buaf\b|dangling|stale pointer/i],
  [/null/, /null[ -]?(?:ptr|pointer)|null deref|\boops\b/i],
  [/dead-?lock|hung|hang|wait/, /dead-?lock|hang|hung|lockdep|stuck|abba/i],
  [/lockup|stall/, /lockup|stall|livelock|endless|infinite loop/i],
  [/list|corrupt|freelist|poison|wild/, /corrupt|list_(?:del|add)|overflow|out[ -]of[ -]bounds|\boob\b|race/i],
  [/overflow/, /overflow|recursion/i],
  [/oom|memory/, /\boom\b|leak|out of memory|reclaim/i],
];

/** Commits that may mend the death, the most promising first. */
export function rankFixes(
  commits: readonly GitCommit[],
  blamed: readonly BlamedFunction[],
  report: CrashReport,
  factsOf: (commit: GitCommit) => CommitFacts,
): FixCandidate[] {
  const scored = commits.flatMap((commit) => {
    const reasons = [...textReasons(commit, blamed, report)];
    return sum(reasons) >= LEAST ? [{ commit, reasons }] : [];
  });
  scored.sort((a, b) => sum(b.reasons) - sum(a.reasons));
  // What git must be asked for one by one is asked for the best only.
  const fixes = scored.slice(0, MOST_ASKED).map(({ commit, reasons }) => {
    const facts = factsOf(commit);
    const all = [...reasons, ...fixesReasons(facts)].sort((a, b) => b.points - a.points);
    return candidate(commit, facts, all);
  });
  return fixes.filter((f) => f.score >= LEAST).sort((a, b) => b.score - a.score || (a.hash < b.hash ? -1 : 1));
}

const MOST_ASKED = 60;

function sum(reasons: readonly Reason[]): number {
  return reasons.reduce((total, r) => total + r.points, 0);
}

function candidate(commit: GitCommit, facts: CommitFacts, reasons: readonly Reason[]): FixCandidate {
  return {
    hash: commit.hash,
    subject: commit.subject,
    dateSeconds: commit.time,
    score: sum(reasons),
    reasons: reasons.map((r) => r.phrase),
    functions: commit.functions,
    fixes: facts.fixes,
    stable: /^\s*Cc:.*\bstable@/im.test(commit.body),
  };
}

function* textReasons(commit: GitCommit, blamed: readonly BlamedFunction[], report: CrashReport): Iterable<Reason> {
  const text = `${commit.subject}\n${commit.body}`;
  const touched = blamed.filter((b) => commit.functions.includes(b.name));
  if (touched.length > 0) {
    const names = touched
      .slice(0, 3)
      .map((b) => b.name)
      .join(', ');
    const points = 3 * (touched[0]?.weight ?? 0) + 2 * (touched.length - 1);
    yield { points, phrase: { en: `changes ${names}`, zh: `修改了 ${names}` } };
  }
  for (const b of blamed) {
    if (!new RegExp(`(?<!\\w)${b.name}(?!\\w)`).test(text)) continue;
    const trace = new RegExp(`(?<!\\w)${b.name}(?:\\.\\w+)*\\+0x`).test(commit.body);
    yield trace
      ? { points: 2 * b.weight, phrase: { en: `shows a trace with ${b.name}`, zh: `给出含 ${b.name} 的调用栈` } }
      : { points: b.weight, phrase: { en: `names ${b.name}`, zh: `提到 ${b.name}` } };
  }
  for (const kind of kindsOf(report)) {
    const word = kind.exec(text)?.[0];
    if (word !== undefined) yield { points: 12, phrase: { en: `speaks of "${word}"`, zh: `说到 “${word}”` } };
  }
  const cache = report.findings[0]?.subject?.cache;
  if (cache !== undefined && /^\w{4,}$/.test(cache) && text.includes(cache)) {
    yield { points: 8, phrase: { en: `names ${cache}`, zh: `提到 ${cache}` } };
  }
  yield* formReasons(commit);
}

/** Kinds that the first finding and the log's own words are of. */
function kindsOf(report: CrashReport): RegExp[] {
  const rule = report.findings.find((f) => f.severity === 'cause')?.rule ?? '';
  const kind = (report.crash.kind ?? '').toLowerCase().replaceAll(' ', '-');
  return KINDS.filter(([of]) => of.test(rule) || of.test(kind)).map(([, words]) => words);
}

function* formReasons(commit: GitCommit): Iterable<Reason> {
  if (/\bfix(?:es|ed)?\b|\bavoid\b|\bprevent\b/i.test(commit.subject)) {
    yield { points: 8, phrase: { en: 'calls itself a fix', zh: '自称是修复' } };
  }
  if (/^\s*Cc:.*\bstable@/im.test(commit.body))
    yield { points: 6, phrase: { en: 'meant for stable kernels', zh: '面向稳定版内核' } };
  if (
    /\b(?:typo|spelling|comment|kernel-?doc|rename|clean-?up|cleanup|convert|indent|whitespace|refactor|document)/i.test(
      commit.subject,
    )
  ) {
    yield { points: -15, phrase: { en: 'looks like tidying', zh: '像是整理代码' } };
  }
  if (fixedCommits(commit.body).length > 0)
    yield { points: 5, phrase: { en: 'says what it fixes', zh: '说明修复了什么' } };
}

function* fixesReasons({ fixes }: CommitFacts): Iterable<Reason> {
  if (fixes.length === 0) return;
  const there = fixes.find((f) => f.inDump);
  if (there) {
    const short = there.hash.slice(0, 12);
    yield {
      points: 20,
      phrase: { en: `fixes ${short}, which the dump's kernel has`, zh: `修复 ${short}，而转储的内核含有它` },
    };
  } else {
    const short = (fixes[0]?.hash ?? '').slice(0, 12);
    yield {
      points: -60,
      phrase: { en: `fixes ${short}, which the dump's kernel does not have`, zh: `修复 ${short}，但转储的内核没有它` },
    };
  }
}
