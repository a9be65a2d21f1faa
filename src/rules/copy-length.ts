import { attempt } from '../base/attempt.ts';
import { hex } from '../base/hex.ts';
import { bareName } from '../diagnosis/allocator-calls.ts';
import { frameName, frameSubject } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { strandEvidence } from '../diagnosis/chain-evidence.ts';
import { interruptedEvidence } from '../diagnosis/context-evidence.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import { moduleCaller } from '../diagnosis/module-caller.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { type ArgumentOrigin, explainArgument } from '../fault/explain-argument.ts';
import type { Finding } from '../report/finding.ts';

/** A function that copies or fills memory was asked for more than there can be: a length below zero. */
export const copyLength: Rule = {
  id: 'memory.copy-length',
  title: 'Memory was copied or filled with a length below zero',
  source:
    'include/linux/string.h, memcpy() and memset(): the length is a size_t; CWE-195, signed to unsigned conversion',
  *check(of) {
    const name = bareName(of.site?.symbol ?? '');
    const call = CALLS.exec(name)?.groups?.call;
    if (call === undefined || !of.fault || of.fault.access === 'execute') return;
    const length = lengthOf(of);
    if (length && length.bytes >= HUGE) yield finding(of, of.fault.line, call, length);
  },
};

/** arch/x86/lib/memcpy_64.S, memmove_64.S and memset_64.S; arch/arm64/lib: their names are made of the function's. */
const CALLS = /^(?:__)?(?:pi_)?(?:__)?(?<call>memcpy|memmove|memset|memcmp)(?:_(?:orig|erms|generic|noalign))?$/;
/** No machine has so much memory. */
const HUGE = 1n << 47n;
/** The function may have jumped to another form of itself. */
const FORMS = 2;

interface Length {
  readonly bytes: bigint;
  readonly from: ArgumentOrigin;
}

/** What was given as the third argument, where it can still be told. */
function lengthOf({ prog, unwound, place, panic }: Case): Length | undefined {
  if (!unwound || !place) return undefined;
  const own = {
    ...(panic.cpu !== undefined && { cpu: panic.cpu }),
    ...(panic.task !== undefined && { task: panic.task }),
  };
  for (let up = 0; up < FORMS; up++) {
    const from = attempt(() => explainArgument(prog, { stack: unwound, index: place.index, ...own }, 2, up));
    const bytes = from?.steps.find((s) => s.value !== undefined)?.value;
    if (from && bytes !== undefined) return { bytes, from };
  }
  return undefined;
}

function finding(of: Case, line: string, call: string, { bytes, from }: Length): Finding {
  const caller = moduleCaller(of) ?? of.stack?.frames[(of.place?.index ?? 0) + 1];
  const who = frameName(caller);
  const signed = BigInt.asIntN(64, bytes);
  const length = signed < 0n ? `${signed}` : `${bytes}`;
  const did =
    call === 'memset'
      ? { en: 'fill', zh: '填充' }
      : { en: call === 'memcmp' ? 'compare' : 'copy', zh: call === 'memcmp' ? '比较' : '复制' };
  return {
    severity: 'cause',
    confidence: 'likely',
    title: { en: `Length of ${length} given to ${call}() by ${who}`, zh: `${who} 传给 ${call}() 的长度为 ${length}` },
    sentence: {
      en: `${who} asked ${call}() to ${did.en} ${bytes} bytes (${hex(bytes)})${signed < 0n ? `, which is ${signed} taken for a size` : ''}: the subtraction that made the length went below zero, or an error code was used as one. It went on until memory ended.`,
      zh: `${who} 要求 ${call}() ${did.zh} ${bytes} 字节（${hex(bytes)}）${signed < 0n ? `，即把 ${signed} 当作了长度` : ''}：计算长度的减法结果为负，或把错误码用作长度。操作一直进行到内存的尽头。`,
    },
    subject: frameSubject(caller),
    evidence: [logEvidence(line), ...strandEvidence([from]), ...interruptedEvidence(of)],
    explains: [
      'death.exception',
      'pointer.bad',
      'pointer.null',
      'pointer.vmalloc',
      'pointer.permission',
      'pointer.user-space',
    ],
  };
}
