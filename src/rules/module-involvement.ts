import type { Case } from '../diagnosis/case.ts';
import { type ModuleScore, moduleScores } from '../diagnosis/module-score.ts';
import type { Rule } from '../diagnosis/rule.ts';
import type { Finding } from '../report/finding.ts';

/** Modules that the kernel's sources do not vouch for, and what they have to do with the death. */
export const moduleInvolvement: Rule = {
  id: 'module.involvement',
  title: 'What foreign modules have to do with it',
  source: 'Documentation/admin-guide/tainted-kernels.rst: a tainted kernel is no proof against the module',
  *check(of) {
    const scores = moduleScores(of);
    const involved = of.site === undefined ? [] : scores.filter((s) => s.points >= SUSPECT && !(asked(of) && !s.hung));
    for (const score of involved.slice(0, MOST)) yield suspect(score);
    const others = scores.filter((s) => !involved.includes(s));
    if (others.length > 0) yield bystanders(of, others);
  },
};

/** A crash that was asked for accuses nobody, but for those in whose code it hung. */
function asked(of: Case): boolean {
  return /sysrq/.test(of.fatal?.kind ?? '');
}

/** Points from which on a module is a suspect: more than that it was loaded. */
const SUSPECT = 2;
const SURE = 4;
const MOST = 4;

function suspect({ module, points, evidence }: ModuleScore): Finding {
  const { name, taints } = module;
  return {
    severity: 'suspect',
    confidence: points >= SURE ? 'likely' : 'possible',
    title: { en: `Module ${name} is involved`, zh: `模块 ${name} 与之有关` },
    sentence: {
      en: `The module ${name} (${taints}), which is not part of the kernel as it was released, had a part in it: ${points} points.`,
      zh: `模块 ${name}（${taints}）不属于发布的内核，且与此次死亡有关：${points} 分。`,
    },
    subject: { module: name },
    evidence,
    settle: [
      {
        en: `run the same load without ${name} for as long as it took to crash`,
        zh: `不加载 ${name}，以同样负载运行同样长的时间`,
      },
    ],
  };
}

function bystanders(of: Case, scores: readonly ModuleScore[]): Finding {
  const names = scores.slice(0, 16).map(({ module }) => `${module.name} (${module.taints})`);
  const more = scores.length > names.length ? ` +${scores.length - names.length}` : '';
  const none = of.stack !== undefined;
  return {
    severity: 'context',
    confidence: none ? 'likely' : 'possible',
    title: { en: 'Foreign modules without a known part in it', zh: '未发现与之有关的外来模块' },
    sentence: {
      en: `Loaded, but nothing found leads to them: ${names.join(', ')}${more}.`,
      zh: `已加载，但没有发现与它们有关的线索：${names.join('，')}${more}。`,
    },
    evidence: scores.slice(0, 4).map(({ module }) => ({
      what: { en: `taints of ${module.name}`, zh: `${module.name} 的污染标志` },
      value: module.name,
      command: 'mod -t',
    })),
  };
}
