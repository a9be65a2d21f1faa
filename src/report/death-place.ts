import type { CrashReport } from './crash-report.ts';
import { topFinding } from './finding-blocks.ts';

/** Deaths that somebody else noticed: a thread or another CPU that watches. Where that one stood says nothing. */
const NOTICED = /^(?:hung task|RCU stall|hard lockup|soft lockup)$/;

export function wasNoticed({ crash }: Pick<CrashReport, 'crash'>): boolean {
  return NOTICED.test(crash.kind ?? '');
}

/** The function that a death is about: where it died, or, where that was only noticed, what the first finding blames. */
export function deathFunction(report: Pick<CrashReport, 'crash' | 'findings'>): string | null {
  if (!wasNoticed(report)) return report.crash.function;
  return topFinding(report.findings)?.subject?.function ?? null;
}
