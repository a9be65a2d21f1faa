import type { StepFacts } from '../../src/diagnosis/next-steps/step-facts.ts';
import type { CrashReport, MissingPart } from '../../src/report/crash-report.ts';
import type { FindingSubject } from '../../src/report/finding.ts';
import type { RankedFinding } from '../../src/report/finding-data.ts';
import { madeUpReport } from './made-up-report.ts';

/** A cause that blames something. */
export function madeUpFinding(subject: FindingSubject): RankedFinding {
  const name = { en: 'Double free', zh: '重复释放' };
  const base = { severity: 'cause', confidence: 'likely', title: name, sentence: name, evidence: [] } as const;
  return { rule: 'slab.double-free', ...base, subject };
}

interface FactsChange {
  readonly findings: readonly RankedFinding[];
  readonly commandLine?: string;
  readonly memory?: CrashReport['memory'];
  readonly missing?: readonly MissingPart[];
  readonly tainting?: readonly string[];
}

/** Facts for steps, as of a machine with 8 GiB and a cache of 5000 inodes. */
export function madeUpFacts(change: FactsChange): StepFacts {
  const made = madeUpReport();
  const tainting = (change.tainting ?? ['third']).map((name) => ({ name, taints: 'OE', version: null }));
  const report: CrashReport = {
    ...made,
    findings: change.findings,
    system: { ...made.system, commandLine: change.commandLine ?? 'quiet crashkernel=320M' },
    memory: change.memory ?? { MemTotal: 8_000_000, MemFree: 4_000_000, SwapTotal: 1000 },
    modules: { total: 12, tainting },
    missing: change.missing ?? [],
  };
  return {
    report,
    accusing: change.findings.filter((f) => f.severity !== 'context'),
    cache: () => ({ objects: 5000, size: 1096, trackSize: 32 }),
    config: () => undefined,
    pageOwnerSize: 64,
  };
}
