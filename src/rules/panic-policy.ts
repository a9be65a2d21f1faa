import type { Case } from '../diagnosis/case.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import { settingEvidence } from '../diagnosis/lockup-finding.ts';
import type { Rule } from '../diagnosis/rule.ts';

/** Which setting made a report the end: by the words of the panic line. Wording of Linux 4.19 to 7.2. */
const POLICIES: readonly (readonly [RegExp, setting: string])[] = [
  [/Fatal exception$/, 'kernel.panic_on_oops'],
  [/panic_on_warn set/, 'kernel.panic_on_warn'],
  [/kasan\.fault=panic_on_write set/, 'kasan.fault=panic_on_write'],
  [/kasan\.fault=panic set/, 'kasan.fault=panic'],
  [/hung_task: blocked tasks/, 'kernel.hung_task_panic'],
  [/softlockup: hung tasks/, 'kernel.softlockup_panic'],
  [/Hard LOCKUP/, 'kernel.hardlockup_panic'],
  [/RCU Stall/, 'kernel.panic_on_rcu_stall'],
  [/panic_on_oom is enabled|compulsory panic_on_oom/, 'vm.panic_on_oom'],
];

/** The kernel stopped because it was set up to: what a report led to, not why there was one. */
export const panicPolicy: Rule = {
  id: 'panic.policy',
  title: 'The setting that made it stop',
  source: 'Documentation/admin-guide/sysctl/kernel.rst and vm.rst; kernel/panic.c',
  *check(of) {
    const message = of.panic.message ?? '';
    const found = POLICIES.find(([pattern]) => pattern.test(message));
    if (!found) return;
    const [, setting] = found;
    const evidence = evidenceOf(of, setting, message);
    yield {
      severity: 'context',
      confidence: evidence.length > 1 ? 'certain' : 'likely',
      title: { en: `It stopped because of ${setting}`, zh: `停机源于 ${setting}` },
      sentence: {
        en: `The kernel went into panic because ${setting} is set; without it, it would have gone on, with the damage done.`,
        zh: `内核进入 panic 是因为设置了 ${setting}；若未设置，它会带着损坏继续运行。`,
      },
      evidence,
    };
  },
};

function evidenceOf(of: Case, setting: string, message: string) {
  return [logEvidence(message), ...settingEvidence(of, setting)];
}
