import { frameName, frameSubject } from '../diagnosis/blame.ts';
import { chainEvidence } from '../diagnosis/chain-evidence.ts';
import { interruptedEvidence } from '../diagnosis/context-evidence.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import type { Rule } from '../diagnosis/rule.ts';

/** An exception that no other rule knows: where it was, and what the code did there. */
export const exception: Rule = {
  id: 'death.exception',
  title: 'The CPU could not go on',
  source: 'arch/x86/kernel/traps.c, arch/arm64/kernel/traps.c: exceptions that end in die()',
  *check(of) {
    const { fatal, site, chain } = of;
    const line = of.fatalLines[0];
    if (!site || line === undefined || !EXCEPTIONS.has(fatal?.kind ?? '')) return;
    if (of.fatalLines.some((l) => /^kernel BUG at /.test(l))) return;
    const where = frameName(site);
    yield {
      severity: 'cause',
      confidence: 'possible',
      title: { en: `Exception in ${where}`, zh: `${where} 中发生异常` },
      sentence: {
        en: `${where} died of an exception: ${chain ? chain.summary.en : line}.`,
        zh: `${where} 因异常终止：${chain ? chain.summary.zh : line}。`,
      },
      subject: frameSubject(site),
      evidence: [logEvidence(line), ...chainEvidence(of), ...interruptedEvidence(of)],
    };
  },
};

/** Kinds of the log's fatal line that an exception leads to. */
const EXCEPTIONS = new Set([
  'access to a bad address',
  'access through a bad pointer',
  'fatal exception',
  'double fault',
  'NULL pointer dereference',
]);
