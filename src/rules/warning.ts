import { frameName, frameSubject } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { chainEvidence } from '../diagnosis/chain-evidence.ts';
import { interruptedEvidence } from '../diagnosis/context-evidence.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import type { ExaminedObject } from '../diagnosis/examined-object.ts';
import { assertionMeaning } from '../diagnosis/known-assertions.ts';
import { moduleCaller } from '../diagnosis/module-caller.ts';
import { objectEvidence } from '../diagnosis/object-evidence.ts';
import { objectName, objectSubject } from '../diagnosis/object-words.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { NO_CONDITION } from '../fault/assertion.ts';
import type { Finding } from '../report/finding.ts';

/** The kernel was set up to stop at the first warning: what the warning was about is why it died. */
export const warning: Rule = {
  id: 'death.warning',
  title: 'The kernel stopped at a warning',
  source: 'kernel/panic.c, __warn() and check_panic_on_warn()',
  *check(of) {
    if (!/panic_on_warn set/.test(of.panic.message ?? '')) return;
    const lines = of.log.flatMap((r) => r.text.split('\n'));
    const index = lines.findLastIndex((line) => WARNING.test(line));
    if (index >= 0) yield finding(of, lines[index] as string, saidBefore(lines, index));
  },
};

/**
 * `WARNING: CPU: 1 PID: 225 at mm/slab.h:665 cache_from_obj+0xa1/0x120`; since v6.18
 * `WARNING: mm/slab.h:665 at cache_from_obj+0xa1/0x120, CPU#1: app/225`.
 */
const WARNING = /^WARNING: (?:(?:CPU: \d+ PID: \d+ )?at (?<old>[^\s,]+)|(?<place>\S+:\d+) at [^\s,]+)/;
/** WARN() prints its words between these lines; WARN_ON() has none. */
const CUT = /^-+\[ cut here \]-+$/;
const MOST_LINES = 4;

/** What the code that warned said of it: the line after the cut. */
function saidBefore(lines: readonly string[], index: number): string | undefined {
  const from = Math.max(0, index - MOST_LINES);
  const cut = lines.slice(from, index).findLastIndex((line) => CUT.test(line));
  const said = cut < 0 ? undefined : lines.slice(from, index)[cut + 1];
  return said === undefined || said.trim() === '' ? undefined : said;
}

function finding(of: Case, line: string, said: string | undefined): Finding {
  const where = frameName(of.site);
  const { old, place = old } = WARNING.exec(line)?.groups ?? {};
  const at = place === undefined ? '' : ` (${place})`;
  const condition =
    of.chain?.kind === 'assertion' && of.chain.expression !== NO_CONDITION ? of.chain.expression : undefined;
  const caller = moduleCaller(of);
  const by = caller ? frameName(caller) : undefined;
  const words = said === undefined ? '' : `: "${said}"`;
  const means = assertionMeaning(of, said);
  // the last of several conditions may say little
  const why = said !== undefined || condition === undefined || (means && !condition.includes('->')) ? '' : condition;
  const object = chainObject(of);
  const name = object && objectName(object);
  return {
    severity: 'cause',
    confidence: 'certain',
    title: {
      en: `Warning in ${where}${by === undefined ? '' : `, called by ${by}`}`,
      zh: `${where} 发出警告${by === undefined ? '' : `，调用者是 ${by}`}`,
    },
    sentence: {
      en: `${where} warned${at}${words}${why === '' ? '' : `, because \`${why}\``}${name ? `, of ${name.en}` : ''}, and the kernel is set to stop at a warning${by === undefined ? '' : `; it was called by ${by}`}${means ? `: ${means.en}` : ''}.`,
      zh: `${where} 发出警告${at}${words}${why === '' ? '' : `，因为 \`${why}\``}${name ? `，对象是${name.zh}` : ''}，而内核被设为遇到警告即停止${by === undefined ? '' : `；调用者是 ${by}`}${means ? `：${means.zh}` : ''}。`,
    },
    subject: { ...frameSubject(caller ?? of.site), ...(object && objectSubject(object)) },
    evidence: [
      ...(said === undefined ? [] : [logEvidence(said)]),
      logEvidence(line),
      ...(object ? objectEvidence(of, object) : []),
      ...chainEvidence(of),
      ...interruptedEvidence(of),
    ],
  };
}

/** The object whose member the condition tests. */
function chainObject(of: Case): ExaminedObject | undefined {
  const { chain } = of;
  const at = chain?.kind === 'assertion' ? chain.object?.address : undefined;
  return at === undefined ? undefined : of.objects.find((o) => o.slab !== undefined && o.address === at);
}
