import { frameName, frameSubject } from '../diagnosis/blame.ts';
import { chainEvidence } from '../diagnosis/chain-evidence.ts';
import { interruptedEvidence } from '../diagnosis/context-evidence.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import { originSubject, originWords } from '../diagnosis/origin-words.ts';
import type { Rule } from '../diagnosis/rule.ts';

/** A division by zero, with what the divisor was and where it came from. */
export const division: Rule = {
  id: 'operand.division',
  title: 'A number was divided by zero',
  source: 'arch/x86/kernel/traps.c: exc_divide_error()',
  *check(of) {
    const { chain, site } = of;
    if (!site || chain?.kind !== 'operand' || chain.value !== 0n) return;
    const where = frameName(site);
    const { origin } = chain;
    const source = origin && originWords(of, origin);
    const line = of.fatalLines[0];
    yield {
      severity: 'cause',
      confidence: 'certain',
      title: { en: `Division by zero in ${where}`, zh: `${where} 中除以零` },
      sentence: {
        en: `${where} divided by \`${chain.expression}\`, which is 0${source ? `; it came from ${source.en}` : ''}.`,
        zh: `${where} 以 \`${chain.expression}\` 为除数，其值为 0${source ? `，该值来自${source.zh}` : ''}。`,
      },
      subject: { ...frameSubject(site), ...(origin && originSubject(origin)) },
      evidence: [...(line === undefined ? [] : [logEvidence(line)]), ...chainEvidence(of), ...interruptedEvidence(of)],
      explains: ['death.exception'],
    };
  },
};
