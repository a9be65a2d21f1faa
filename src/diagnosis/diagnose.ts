import { AnalysisError } from '../base/errors.ts';
import type { Problem } from '../program/ports.ts';
import type { RankedFinding } from '../report/finding-data.ts';
import type { Case } from './case.ts';
import { rankFindings } from './rank-findings.ts';
import type { Rule } from './rule.ts';

/** A rule that finds more than this repeats itself. */
const MOST_OF_A_RULE = 16;

/** What the rules say of one death. */
export interface Diagnosis {
  /** Most telling first. */
  readonly findings: readonly RankedFinding[];
  /** Rules that could not be asked. */
  readonly problems: readonly Problem[];
}

/**
 * Asks every rule and ranks what they found. A rule that fails for what the dump lacks is a problem; the others are asked.
 * @param each told what there is whenever a rule has found something
 */
export function diagnose(
  of: Case,
  rules: readonly Rule[],
  each?: (findings: readonly RankedFinding[]) => void,
): Diagnosis {
  const found: RankedFinding[] = [];
  const problems: Problem[] = [];
  for (const rule of rules) {
    const before = found.length;
    try {
      let count = 0;
      for (const finding of rule.check(of)) {
        found.push({ rule: rule.id, ...finding });
        if (++count < MOST_OF_A_RULE) continue;
        problems.push({ what: `rule ${rule.id}`, why: `it found ${count} things, and was stopped` });
        break;
      }
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e;
      problems.push({ what: `rule ${rule.id}`, why: e.message });
    }
    if (each && found.length > before) each(rankFindings(found));
  }
  return { findings: rankFindings(found), problems };
}
