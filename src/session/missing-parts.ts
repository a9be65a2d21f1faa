import { FAULT_TEXT } from '../base/errors.ts';
import type { Phrase } from '../base/phrase.ts';
import type { SystemFacts } from '../kernel/system.ts';
import type { Program } from '../program/program.ts';
import type { MissingPart } from '../report/crash-report.ts';
import type { ProblemData } from '../report/problems.ts';
import type { TaskStack } from '../report/stack-data.ts';
import { debugPackageHint } from './debug-package-hint.ts';

/** What the report had to do without, and what would add it. @param problems what its parts already tell */
export function missingParts(
  prog: Program,
  facts: SystemFacts,
  stack: TaskStack | undefined,
  problems: readonly ProblemData[],
): MissingPart[] {
  const missing: MissingPart[] = [];
  const all = [...prog.problems(), ...problems];
  const truncated = all.some((p) => p.why.includes(FAULT_TEXT.truncated));
  for (const problem of prog.image.problems) {
    missing.push({ what: FILE.en, why: problem, remedy: null, phrases: { what: FILE } });
  }
  if (prog.map.unproved) missing.push(part({ en: 'page tables', zh: '页表' }, UNPROVED));
  if (truncated) missing.push(part(FILE, CUT, { en: 'copy it again in full', zh: '请完整地重新复制' }));
  if (all.some((p) => p.why.includes(FAULT_TEXT.excluded))) missing.push(part(FILE, FILTERED, LOWER_LEVEL));
  for (const p of prog.problems()) {
    const remedy = truncated ? undefined : remedyFor(p.what);
    missing.push({ what: p.what, why: p.why, remedy: remedy?.en ?? null, ...(remedy && { phrases: { remedy } }) });
  }
  if (stack && stack.frames.length > 0 && stack.frames.every((f) => f.file === null)) {
    missing.push(part(LINES, NOT_THERE, debugInfo(debugPackageHint(facts)?.name)));
  }
  return missing;
}

function part(what: Phrase, why: Phrase, remedy?: Phrase): MissingPart {
  const phrases = { what, why, ...(remedy && { remedy }) };
  return { what: what.en, why: why.en, remedy: remedy?.en ?? null, phrases };
}

const FILE: Phrase = { en: 'dump file', zh: '转储文件' };
const UNPROVED: Phrase = {
  en: "they are not in the dump: addresses outside the kernel's image are as its headers state them",
  zh: '转储中没有：内核映像之外的地址以文件头所述为准',
};
const CUT: Phrase = { en: 'its end, which was needed, is cut off', zh: '其末尾被截断，而分析需要它' };
const FILTERED: Phrase = { en: 'pages that were needed were filtered out', zh: '所需的页被过滤掉了' };
const LOWER_LEVEL: Phrase = {
  en: 'makedumpfile with a lower dump level (-d) keeps them',
  zh: '用更低的转储级别（makedumpfile -d）可保留它们',
};
const LINES: Phrase = {
  en: 'source lines, inlined functions, local variables',
  zh: '源码行、内联函数、局部变量',
};
const NOT_THERE: Phrase = { en: 'they are not in a dump', zh: '转储本身不含这些' };

function debugInfo(name: string | undefined): Phrase {
  return {
    en: `the kernel's debug information has them${name === undefined ? '' : ` (${name})`}`,
    zh: `内核的调试信息中有${name === undefined ? '' : `（${name}）`}`,
  };
}

function remedyFor(what: string): Phrase | undefined {
  if (/btf|types/i.test(what)) {
    return {
      en: 'a kernel built with CONFIG_DEBUG_INFO_BTF carries them',
      zh: '以 CONFIG_DEBUG_INFO_BTF 构建的内核自带这些',
    };
  }
  if (/kallsyms|symbols/i.test(what)) {
    return {
      en: 'a kernel built with CONFIG_KALLSYMS_ALL carries them',
      zh: '以 CONFIG_KALLSYMS_ALL 构建的内核自带这些',
    };
  }
  return undefined;
}
