import { callerFrame, frameName, frameSubject } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { chainEvidence } from '../diagnosis/chain-evidence.ts';
import { interruptedEvidence } from '../diagnosis/context-evidence.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import { assertionMeaning } from '../diagnosis/known-assertions.ts';
import { moduleCaller } from '../diagnosis/module-caller.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { NO_CONDITION } from '../fault/assertion.ts';
import type { Finding } from '../report/finding.ts';

/** The kernel's code found a condition that must not be. */
export const bugAssertion: Rule = {
  id: 'death.bug',
  title: 'The kernel stopped at an assertion of its own',
  source: 'lib/bug.c, report_bug(): kernel BUG at file:line',
  *check(of) {
    const line = of.fatalLines.find((l) => /^kernel BUG at /.test(l));
    const trap = of.chain?.kind === 'assertion';
    if (of.site && (line !== undefined || (trap && of.fatal?.kind === 'BUG assertion'))) yield finding(of, line);
  },
};

function finding(of: Case, line: string | undefined): Finding {
  const where = frameName(of.site);
  const place = line === undefined ? undefined : /^kernel BUG at (.*?)!?$/.exec(line)?.[1];
  const at = place === undefined ? '' : ` (${place})`;
  const expression = of.chain?.kind === 'assertion' ? of.chain.expression : undefined;
  // a value without a name makes no sentence
  const condition = expression === NO_CONDITION || expression?.includes('?') ? undefined : expression;
  const module = moduleCaller(of);
  const caller = module ?? (of.allocator ? callerFrame(of) : undefined);
  const by = caller && caller !== of.site ? frameName(caller) : undefined;
  const means = assertionMeaning(of);
  return {
    severity: 'cause',
    confidence: 'certain',
    title: {
      en: `BUG in ${where}${module ? `, called by ${frameName(module)}` : ''}`,
      zh: `${where} 触发 BUG${module ? `，调用者是 ${frameName(module)}` : ''}`,
    },
    sentence: {
      en: `${where} stopped the kernel at an assertion${at}${condition === undefined ? '' : `, because \`${condition}\``}${by === undefined ? '' : `; it was called by ${by}`}${means ? `: ${means.en}` : ''}.`,
      zh: `${where} 在断言处${at}停止了内核${condition === undefined ? '' : `，因为 \`${condition}\``}${by === undefined ? '' : `；调用者是 ${by}`}${means ? `：${means.zh}` : ''}。`,
    },
    subject: frameSubject(module ?? of.site),
    evidence: [...(line === undefined ? [] : [logEvidence(line)]), ...chainEvidence(of), ...interruptedEvidence(of)],
  };
}
