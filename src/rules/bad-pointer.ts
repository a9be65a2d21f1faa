import { hex } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import { callerFrame, frameName, frameSubject } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { chainEvidence } from '../diagnosis/chain-evidence.ts';
import { interruptedEvidence } from '../diagnosis/context-evidence.ts';
import { errorPointer, nullBehind } from '../diagnosis/error-pointer.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import { isMapped } from '../diagnosis/mapped.ts';
import { moduleCaller } from '../diagnosis/module-caller.ts';
import { objectEvidence } from '../diagnosis/object-evidence.ts';
import { objectName, objectSubject } from '../diagnosis/object-words.ts';
import { type PointerKind, pointerKind } from '../diagnosis/pointer-kind.ts';
import { readPlace } from '../diagnosis/read-object.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { stringAround } from '../diagnosis/string-around.ts';
import { wordSource } from '../diagnosis/word-source.ts';
import { writtenRun } from '../diagnosis/written-run.ts';
import type { Finding } from '../report/finding.ts';

/** An address that is none: poison, an error code, text, or wild. */
export const badPointer: Rule = {
  id: 'pointer.bad',
  title: 'A bad pointer was used',
  source: 'include/linux/poison.h; include/linux/err.h; general protection faults of arch/x86/kernel/traps.c',
  *check(of) {
    const { fault, site } = of;
    if (!fault || !site || fault.access === 'execute' || BigInt(site.pc) === fault.address) return;
    const kind = kindOf(of, errorPointer(of) ?? fault.address);
    if (
      kind.kind === 'null' ||
      nullBehind(of) !== undefined ||
      (kind.kind === 'wild' && isMapped(of.prog, fault.address))
    )
      return;
    yield finding(of, fault, kind);
  },
};

/** By the value; a short one by what lies around the memory that it was read from. */
function kindOf(of: Case, value: bigint): PointerKind {
  const kind = pointerKind(value);
  const place = kind.kind === 'wild' && !of.chain?.indexed ? readPlace(of) : undefined;
  const around = place === undefined ? undefined : stringAround(of.prog, place);
  if (!around) return kind;
  const at = hex(around.start);
  return {
    kind: 'text',
    words: {
      en: `a part of the text "${around.text}" at ${at}: a string lies where a pointer was expected, because it was written over one or because the structure is another`,
      zh: `${at} 处文本 "${around.text}" 的一部分：应为指针之处是一个字符串，要么指针被覆盖，要么那是另一种结构体`,
    },
  };
}

function finding(of: Case, fault: NonNullable<Case['fault']>, kind: PointerKind): Finding {
  const frame = moduleCaller(of) ?? callerFrame(of);
  const where = frameName(of.site);
  const by = frame && frame !== of.site && frame.module !== null ? frameName(frame) : undefined;
  const error = errorPointer(of);
  const at = hex(error ?? fault.address);
  // a code is a common number: who returned it is surer than who has it
  const origin = error === undefined ? undefined : of.chain?.origin;
  const source = origin ? undefined : wordSource(of, error ?? fault.address);
  const place = source ? source.object.address + BigInt(source.offset) : undefined;
  const run = source && place !== undefined ? writtenRun(of.prog, source.object, place) : undefined;
  const story: Phrase = run ? { en: `; ${run.words.en}`, zh: `；${run.words.zh}` } : { en: '', zh: '' };
  const from = source ? objectName(source.object) : origin && { en: origin.expression, zh: ` ${origin.expression} ` };
  return {
    severity: 'cause',
    confidence: kind.kind === 'wild' ? 'possible' : 'likely',
    title: { en: `${TITLES[kind.kind].en} in ${where}`, zh: `${where} 中${TITLES[kind.kind].zh}` },
    sentence: {
      en: `${where}${by === undefined ? '' : `, called by ${by},`} used ${at} as an address: ${kind.words.en}.${from ? ` It came from ${from.en}${story.en}.` : ''}`,
      zh: `${where}${by === undefined ? '' : `（由 ${by} 调用）`}把 ${at} 当作地址使用：${kind.words.zh}。${from ? `它来自${from.zh}${story.zh}。` : ''}`,
    },
    subject: { ...frameSubject(frame), ...(source && objectSubject(source.object)) },
    evidence: [
      logEvidence(fault.line),
      ...(source ? [source.evidence, ...objectEvidence(of, source.object), ...(run?.evidence ?? [])] : []),
      ...(origin ? chainEvidence(of) : []),
      ...interruptedEvidence(of),
    ],
    explains: ['death.exception'],
  };
}

const TITLES: Readonly<Record<PointerKind['kind'], { en: string; zh: string }>> = {
  null: { en: 'NULL pointer', zh: '使用 NULL 指针' },
  error: { en: 'Error code used as a pointer', zh: '把错误码当作指针' },
  'list-poison': { en: 'Entry of a list used after its removal', zh: '使用已从链表删除的节点' },
  freed: { en: 'Pointer read from freed memory', zh: '使用从已释放内存读出的指针' },
  uninitialised: { en: 'Pointer read from uninitialised memory', zh: '使用从未初始化内存读出的指针' },
  'red-zone': { en: 'Pointer read beyond an object', zh: '使用从对象边界之外读出的指针' },
  poison: { en: 'Poisoned pointer', zh: '使用被毒化的指针' },
  fill: { en: 'Pointer overwritten by a fill', zh: '指针被填充覆盖' },
  text: { en: 'Pointer overwritten with text', zh: '指针被文本覆盖' },
  wild: { en: 'Wild pointer', zh: '使用野指针' },
};
