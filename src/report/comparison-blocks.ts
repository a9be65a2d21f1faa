import type { Language, Phrase } from '../base/phrase.ts';
import type { Block } from './block.ts';
import type { ComparedFact, Comparison } from './comparison-data.ts';
import { findingBlocks } from './finding-blocks.ts';
import { formatSize } from './format-size.ts';
import { formatDuration } from './format-time.ts';
import { kindPhrase } from './words.ts';

const WORDS = {
  groups: { en: 'Groups of the same cause', zh: '同因分组' },
  dumps: { en: 'Dumps', zh: '转储' },
  common: { en: 'The same in all', zh: '全部相同' },
  different: { en: 'What differs', zh: '不同之处' },
  kernel: { en: 'Kernel', zh: '内核' },
  kind: { en: 'Kind', zh: '种类' },
  where: { en: 'Died in', zh: '死于' },
  free: { en: 'Free', zh: '空闲' },
  uptime: { en: 'Uptime', zh: '运行时间' },
  dump: { en: 'Dump', zh: '转储' },
  why: { en: 'Why one group', zh: '归为一组的理由' },
  path: { en: 'Shared path', zh: '共同路径' },
} as const satisfies Record<string, Phrase>;

/** A comparison for people. */
export function* comparisonBlocks(data: Comparison, language: Language): Iterable<Block> {
  const say = (phrase: Phrase): string => phrase[language];
  yield { kind: 'heading', text: say(title(data)) };
  if (data.findings.length > 0) yield { kind: 'list', items: data.findings.map((f) => say(f.title)) };
  yield* findingBlocks(data.findings, language);
  yield { kind: 'heading', text: say(WORDS.groups) };
  for (const [i, group] of data.groups.entries()) {
    yield { kind: 'heading', level: 3, text: `${i + 1}. ${say(group.title)} (${group.members.length})` };
    const names = group.members.map((m) => data.dumps[m]?.name ?? '?');
    const facts: [string, string][] = [[say(WORDS.dumps), names.join(', ')]];
    if (group.reasons.length > 0) facts.push([say(WORDS.why), group.reasons.map(say).join('; ')]);
    if (group.members.length > 1 && group.functions.length > 0) {
      facts.push([say(WORDS.path), group.functions.join(' < ')]);
    }
    yield { kind: 'facts', facts };
  }
  yield { kind: 'heading', text: say(WORDS.dumps) };
  yield dumpTable(data, say);
  if (data.common.length > 0) {
    yield { kind: 'heading', text: say(WORDS.common) };
    yield { kind: 'facts', facts: data.common.map((f) => [say(f.what), f.values[0] ?? '?']) };
  }
  if (data.different.length > 0) {
    yield { kind: 'heading', text: say(WORDS.different) };
    yield differenceTable(data.different, data, say);
  }
}

function title({ dumps, groups }: Comparison): Phrase {
  const [count, causes] = [dumps.length, groups.length];
  return {
    en: `${count} deaths, ${causes} ${causes === 1 ? 'cause' : 'causes'}`,
    zh: `${count} 次崩溃，${causes} 种原因`,
  };
}

function dumpTable({ dumps }: Comparison, say: (phrase: Phrase) => string): Block {
  const columns = ['dump', 'kernel', 'kind', 'where', 'free', 'uptime'] as const;
  return {
    kind: 'table',
    columns: columns.map((c) => ({
      title: say(WORDS[c]),
      align: c === 'free' || c === 'uptime' ? 'right' : 'left',
    })),
    rows: dumps.map((d) => [
      d.name,
      d.release ?? '?',
      say(kindPhrase(d.kind)),
      d.function ?? '?',
      d.freeKiB === null ? '?' : formatSize(1024 * d.freeKiB),
      d.uptimeSeconds === null ? '?' : formatDuration(d.uptimeSeconds),
    ]),
  };
}

/** A row for each fact; dumps stand side by side. */
function differenceTable(facts: readonly ComparedFact[], { dumps }: Comparison, say: (p: Phrase) => string): Block {
  return {
    kind: 'table',
    columns: [{ title: '', align: 'left' }, ...dumps.map((d) => ({ title: d.name, align: 'left' as const }))],
    rows: facts.map((f) => [say(f.what), ...f.values.map((v) => v ?? '?')]),
  };
}
