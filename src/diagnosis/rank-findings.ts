import type { RankedFinding } from '../report/finding-data.ts';

const SEVERITIES = ['cause', 'suspect', 'context'];
const CONFIDENCES = ['certain', 'likely', 'possible'];

/**
 * Causes before suspects before context. Within them, what another finding explains stands behind what explains it; then
 * the surer first; then the one with the more evidence, less what speaks against it. Equal ones keep their order. A mere
 * possibility that another finding explains is left out.
 */
export function rankFindings(findings: readonly RankedFinding[]): RankedFinding[] {
  const explained = explainedRules(findings);
  const kept = findings.filter((f) => f.confidence !== 'possible' || !explained.has(f.rule));
  const weight = (f: RankedFinding): number => f.evidence.length - 2 * (f.against?.length ?? 0);
  const keys = (f: RankedFinding): number[] => [
    SEVERITIES.indexOf(f.severity),
    explained.has(f.rule) ? 1 : 0,
    CONFIDENCES.indexOf(f.confidence),
    -weight(f),
  ];
  return kept.sort((a, b) => compareKeys(keys(a), keys(b)));
}

/** Findings that accuse and are no mere symptom of another: what to do next is about these. */
export function accusingFindings(findings: readonly RankedFinding[]): RankedFinding[] {
  const explained = explainedRules(findings);
  return findings.filter((f) => f.severity !== 'context' && !explained.has(f.rule));
}

/** Rules whose findings are the symptom of another finding. A mere possibility explains nothing. */
function explainedRules(findings: readonly RankedFinding[]): Set<string> {
  const explained = new Set<string>();
  for (const f of findings) {
    if (f.severity !== 'cause' || f.confidence === 'possible') continue;
    for (const rule of f.explains ?? []) explained.add(rule);
  }
  return explained;
}

function compareKeys(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) if (value !== b[i]) return value - (b[i] as number);
  return 0;
}
