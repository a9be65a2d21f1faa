import type { FaultStrand } from '../fault/chain.ts';
import type { Evidence } from '../report/finding.ts';
import type { Case } from './case.ts';

/** What the explanation of the fault read on its way back: each fact once, to a bound. */
export function chainEvidence(of: Case, most = 6): Evidence[] {
  return strandEvidence(of.chain?.strands ?? [], most);
}

/** The same of any values that were followed. */
export function strandEvidence(strands: readonly FaultStrand[], most = 6): Evidence[] {
  const found: Evidence[] = [];
  const seen = new Set<string>();
  let codes = 0;
  for (const strand of strands) {
    for (const step of strand.steps) {
      for (const fact of step.evidence) {
        // the instructions are in the explanation itself; one of them is enough here
        const code = fact.command?.startsWith('dis') ?? false;
        if (code && (codes > 0 || isNop(fact.value))) continue;
        if (code) codes++;
        const key = `${fact.command} ${fact.value}`;
        if (found.length < most && !seen.has(key)) found.push(fact);
        seen.add(key);
      }
    }
  }
  return found;
}

/** What a compiler puts where tracing may be switched on. */
function isNop(instruction: string): boolean {
  return /^(?:nop|endbr|bti|paciasp)/.test(instruction);
}
