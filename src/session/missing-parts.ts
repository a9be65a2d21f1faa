import { FAULT_TEXT } from '../base/errors.ts';
import type { SystemFacts } from '../kernel/system.ts';
import type { Program } from '../program/program.ts';
import type { CrashReport } from '../report/crash-report.ts';
import type { ProblemData } from '../report/problems.ts';
import type { TaskStack } from '../report/stack-data.ts';
import { debugPackageHint } from './debug-package-hint.ts';

type Missing = CrashReport['missing'][number];

/** What the report had to do without, and what would add it. @param problems what its parts already tell */
export function missingParts(
  prog: Program,
  facts: SystemFacts,
  stack: TaskStack | undefined,
  problems: readonly ProblemData[],
): Missing[] {
  const missing: Missing[] = [];
  const all = [...prog.problems(), ...problems];
  const truncated = all.some((p) => p.why.includes(FAULT_TEXT.truncated));
  for (const problem of prog.image.problems) missing.push({ what: 'dump file', why: problem, remedy: null });
  if (prog.map.unproved) {
    const why = "they are not in the dump: addresses outside the kernel's image are as its headers state them";
    missing.push({ what: 'page tables', why, remedy: null });
  }
  if (truncated)
    missing.push({ what: 'dump file', why: 'its end, which was needed, is cut off', remedy: 'copy it again in full' });
  if (all.some((p) => p.why.includes(FAULT_TEXT.excluded))) {
    const remedy = 'makedumpfile with a lower dump level (-d) keeps them';
    missing.push({ what: 'dump file', why: 'pages that were needed were filtered out', remedy });
  }
  for (const p of prog.problems())
    missing.push({ what: p.what, why: p.why, remedy: truncated ? null : remedyFor(p.what) });
  if (stack && stack.frames.length > 0 && stack.frames.every((f) => f.file === null)) {
    const name = debugPackageHint(facts)?.name;
    missing.push({
      what: 'source lines, inlined functions, local variables',
      why: 'they are not in a dump',
      remedy: `the kernel's debug information has them${name === undefined ? '' : ` (${name})`}`,
    });
  }
  return missing;
}

function remedyFor(what: string): string | null {
  if (/btf|types/i.test(what)) return 'a kernel built with CONFIG_DEBUG_INFO_BTF carries them';
  if (/kallsyms|symbols/i.test(what)) return 'a kernel built with CONFIG_KALLSYMS_ALL carries them';
  return null;
}
