import type { Language, Phrase } from '../base/phrase.ts';
import type { Block } from './block.ts';
import type { Confidence, Evidence, Severity } from './finding.ts';
import type { RankedFinding } from './finding-data.ts';

export const SEVERITY: Readonly<Record<Severity, Phrase>> = {
  cause: { en: 'cause', zh: '原因' },
  suspect: { en: 'suspect', zh: '疑点' },
  context: { en: 'context', zh: '背景' },
};

export const CONFIDENCE: Readonly<Record<Confidence, Phrase>> = {
  certain: { en: 'certain', zh: '确定' },
  likely: { en: 'likely', zh: '很可能' },
  possible: { en: 'possible', zh: '可能' },
};

export const FINDING_WORDS = {
  findings: { en: 'Findings', zh: '结论' },
  against: { en: 'Against it', zh: '反证' },
  settle: { en: 'What would settle it', zh: '如何确认' },
} as const satisfies Record<string, Phrase>;

/** The finding that a report begins with: the first cause, else nothing. */
export function topFinding(findings: readonly RankedFinding[]): RankedFinding | undefined {
  const first = findings[0];
  return first?.severity === 'cause' ? first : undefined;
}

/** The sentence of a finding with how sure it is. */
export function findingSentence(finding: RankedFinding, language: Language): string {
  return `${finding.sentence[language]} (${CONFIDENCE[finding.confidence][language]})`;
}

/** Findings in their order, each with its evidence and the commands that print it. */
export function* findingBlocks(findings: readonly RankedFinding[], language: Language): Iterable<Block> {
  if (findings.length === 0) return;
  yield { kind: 'heading', text: FINDING_WORDS.findings[language] };
  for (const [i, f] of findings.entries()) {
    const kind = `${SEVERITY[f.severity][language]}, ${CONFIDENCE[f.confidence][language]}`;
    yield { kind: 'heading', level: 3, text: `${i + 1}. ${f.title[language]} (${kind})` };
    yield { kind: 'text', text: f.sentence[language] };
    yield* evidenceBlocks(f.evidence, language);
    if (f.against && f.against.length > 0) {
      yield { kind: 'text', text: `${FINDING_WORDS.against[language]}:` };
      yield* evidenceBlocks(f.against, language);
    }
    if (f.settle && f.settle.length > 0) {
      yield { kind: 'text', text: `${FINDING_WORDS.settle[language]}:` };
      yield { kind: 'list', items: f.settle.map((s) => s[language]) };
    }
  }
}

function* evidenceBlocks(evidence: readonly Evidence[], language: Language): Iterable<Block> {
  // a tab stands between an instruction and its operands
  const items = evidence.map((e) => `${e.what[language]}: ${e.value.replaceAll('\t', ' ')}`);
  if (items.length > 0) yield { kind: 'list', items, commands: evidence.map((e) => e.command) };
}
