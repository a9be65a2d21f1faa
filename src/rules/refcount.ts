import type { Phrase } from '../base/phrase.ts';
import { frameName, frameSubject } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import { firstCaller } from '../diagnosis/log-trace.ts';
import { moduleCaller } from '../diagnosis/module-caller.ts';
import { objectEvidence } from '../diagnosis/object-evidence.ts';
import { objectName, objectSubject } from '../diagnosis/object-words.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { saturatedCount } from '../diagnosis/saturated-count.ts';
import type { Finding } from '../report/finding.ts';

/** A count of references went wrong before the kernel died. */
export const refcount: Rule = {
  id: 'refcount.error',
  title: 'A reference count went wrong',
  source: 'lib/refcount.c, refcount_warn_saturate()',
  *check(of) {
    const lines = of.log.flatMap((r) => r.text.split('\n'));
    const index = lines.findIndex((line) => /^refcount_t: /.test(line));
    if (index >= 0) yield finding(of, lines, index);
  },
};

interface Kind {
  readonly words: Phrase;
  /** What comes of it. */
  readonly result: Phrase;
}

const FREED: Phrase = { en: 'the object may be freed while it is in use', zh: '该对象可能在使用中被释放' };
const KEPT: Phrase = {
  en: 'the kernel keeps the count saturated now, so that the object is never freed',
  zh: '内核此后让计数保持饱和，该对象不会再被释放',
};
const KINDS: readonly (readonly [RegExp, Kind])[] = [
  [/underflow/, { words: { en: 'was dropped once too often', zh: '被多减了一次' }, result: FREED }],
  [
    /addition on 0/,
    { words: { en: 'was taken when nobody held one any more', zh: '在已为零之后又被增加' }, result: FREED },
  ],
  [/decrement hit 0/, { words: { en: 'reached zero where it must not', zh: '在不应为零处减到了零' }, result: FREED }],
  [
    /saturated|overflow/,
    {
      words: {
        en: 'ran over: the count is saturated, because references are taken and never given back, or because it was written over or never set',
        zh: '溢出：计数已饱和，可能是只增不减，也可能是被覆盖或从未初始化',
      },
      result: KEPT,
    },
  ],
];
const UNKNOWN: Kind = { words: { en: 'went wrong', zh: '出错' }, result: FREED };

function finding(of: Case, lines: readonly string[], index: number): Finding {
  const line = lines[index] as string;
  // the trace of the warning names who worked on the count
  const caller = firstCaller(lines.slice(index), /^refcount_|^__refcount|^warn_|^__warn|^report_bug/);
  const { words, result } = KINDS.find(([pattern]) => pattern.test(line))?.[1] ?? UNKNOWN;
  // a function of the kernel only did what it was told
  const told = caller?.module === null && of.site?.symbol === 'refcount_warn_saturate' ? moduleCaller(of) : undefined;
  const by = told?.module ? frameName(told) : undefined;
  const own = caller ? `${caller.symbol}${caller.module === null ? '' : ` [${caller.module}]`}` : '';
  const who = `${own}${by === undefined ? '' : `, called by ${by}`}`;
  const zhWho = `${own}${by === undefined ? '' : `（由 ${by} 调用）`}`;
  const byPolicy = /panic_on_warn/.test(of.panic.message ?? '');
  const count = saturatedCount(of);
  const name = count ? objectName(count.object) : { en: 'an object', zh: '某对象' };
  return {
    severity: byPolicy ? 'cause' : 'suspect',
    confidence: 'likely',
    title: {
      en: `Reference count error${caller ? ` in ${who}` : ''}`,
      zh: `${caller ? `${zhWho} 中` : ''}引用计数错误`,
    },
    sentence: {
      en: `A reference of ${name.en} ${words.en}${caller ? `, in ${who}` : ''}; ${result.en}.`,
      zh: `${caller ? `在 ${zhWho} 中，` : ''}${name.zh} 的引用${words.zh}；${result.zh}。`,
    },
    subject: { ...frameSubject(by === undefined ? caller : told), ...(count && objectSubject(count.object)) },
    evidence: [
      logEvidence(line),
      ...(caller ? [logEvidence(caller.line)] : []),
      ...(count ? [count.evidence, ...objectEvidence(of, count.object)] : []),
    ],
    explains: ['death.warning'],
  };
}
