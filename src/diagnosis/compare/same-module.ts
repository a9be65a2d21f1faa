import type { CommonRule } from './common-findings.ts';

/** A module from outside the tree that was part of every one of the deaths. */
export const sameModule: CommonRule = (deaths) => {
  const involved = deaths.map((d) => {
    const foreign = d.report.modules.tainting.filter((m) => /[OPF]/.test(m.taints)).map((m) => m.name);
    const seen = [
      d.report.crash.module,
      ...(d.report.stack?.frames ?? []).map((f) => f.module),
      ...d.report.findings.filter((f) => f.severity !== 'context').map((f) => f.subject?.module),
    ];
    return foreign.filter((name) => seen.includes(name));
  });
  const name = involved[0]?.find((n) => involved.every((names) => names.includes(n)));
  if (name === undefined) return undefined;
  const count = deaths.length;
  return {
    rule: 'compare.same-module',
    severity: 'suspect',
    confidence: 'likely',
    title: { en: `${name} is part of all ${count} deaths`, zh: `${name} 参与了全部 ${count} 次崩溃` },
    sentence: {
      en: `The out-of-tree module ${name} stands in the stack or in the finding of each of the ${count} dumps.`,
      zh: `树外模块 ${name} 出现在全部 ${count} 个转储的栈或结论中。`,
    },
    subject: { module: name },
    evidence: deaths.map((d) => ({
      what: { en: `${d.name}: died in`, zh: `${d.name}：死于` },
      value: d.place ?? '?',
    })),
    settle: [{ en: `Run without ${name} for a while.`, zh: `在不加载 ${name} 的情况下运行一段时间。` }],
  };
};
