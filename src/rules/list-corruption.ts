import { attempt } from '../base/attempt.ts';
import { hex } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import { frameName, frameSubject } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { interruptedEvidence, referrerEvidence } from '../diagnosis/context-evidence.ts';
import { logEvidence, present, wordEvidence } from '../diagnosis/evidence.ts';
import { examineObject } from '../diagnosis/examine-objects.ts';
import type { ExaminedObject } from '../diagnosis/examined-object.ts';
import { listCaller } from '../diagnosis/list-caller.ts';
import { type ListReport, listReportOf } from '../diagnosis/list-report.ts';
import { objectEvidence } from '../diagnosis/object-evidence.ts';
import { objectName, objectSubject, stateWords } from '../diagnosis/object-words.ts';
import type { Rule } from '../diagnosis/rule.ts';
import type { Finding } from '../report/finding.ts';

/** A linked list is broken. */
export const listCorruption: Rule = {
  id: 'list.corruption',
  title: 'A linked list is broken',
  source: 'lib/list_debug.c, CONFIG_DEBUG_LIST and CONFIG_LIST_HARDENED',
  *check(of) {
    const report = listReportOf(of);
    if (report) yield finding(of, report);
  },
};

function finding(of: Case, report: ListReport): Finding {
  const caller = listCaller(of);
  const where = frameName(caller);
  const object = examineObject(of.prog, report.entry, []);
  const freed = object?.slab !== undefined && !object.slab.allocated;
  const name = object
    ? objectName(object)
    : { en: `entry 0x${report.entry.toString(16)}`, zh: `节点 0x${report.entry.toString(16)}` };
  const words = kindWords(report, name, freed ? object : undefined);
  const next = {
    en: 'what the entry points to: next',
    zh: '该节点的 next',
  };
  const prev = { en: 'what the entry points to: prev', zh: '该节点的 prev' };
  return {
    severity: 'cause',
    confidence: confidenceOf(of, report, freed),
    title: { en: `${words.title.en} in ${where}`, zh: `${where} 中${words.title.zh}` },
    sentence: { en: `${where} ${words.sentence.en}.`, zh: `${where} ${words.sentence.zh}。` },
    subject: { ...frameSubject(caller), ...(object && objectSubject(object)) },
    evidence: [
      logEvidence(report.line),
      ...present(wordEvidence(of.prog, next, report.entry), wordEvidence(of.prog, prev, report.entry + 8n)),
      ...(object ? objectEvidence(of, object) : []),
      ...(object?.slab ? referrerEvidence(of, object) : []),
      ...interruptedEvidence(of),
    ],
    settle: [
      {
        en: 'a kernel with KASAN, or slub_debug=UFPZ for the cache of the entry: both find a freed entry when it happens',
        zh: '使用带 KASAN 的内核，或对该节点所在缓存启用 slub_debug=UFPZ：两者都能在释放后使用发生时发现它',
      },
    ],
    explains: ['death.bug', 'death.warning', 'death.exception', 'pointer.bad'],
  };
}

/** An entry that memory shows where it is added again is what the kernel said; what else broke the list is not known so well. */
function confidenceOf(of: Case, report: ListReport, freed: boolean): Finding['confidence'] {
  if (report.kind === 'double-add' && isListed(of, report)) return freed ? 'likely' : 'certain';
  return freed || report.kind === 'removed' || stillBroken(of, report) ? 'likely' : 'possible';
}

/** Whether both neighbours of an entry point to it. */
function isListed({ prog }: Case, { entry }: ListReport): boolean {
  const [next, prev] = [entry, entry + 8n].map((at) => attempt(() => prog.memory.u64(at)));
  if (next === undefined || prev === undefined) return false;
  return [next + 8n, prev].every((at) => attempt(() => prog.memory.u64(at)) === entry);
}

/** Memory still holds what the check found: the entry itself was overwritten, and nobody has mended it. */
function stillBroken(of: Case, { entry, found }: ListReport): boolean {
  if (found === undefined) return false;
  return [0n, 8n].some((at) => attempt(() => of.prog.memory.u64(entry + at)) === found);
}

/** What stands where the neighbour should. One wrong bit is rather a fault of the hardware than of the code. */
function wrongPointer({ found, expected }: ListReport): Phrase {
  if (found === undefined || expected === undefined) return { en: '', zh: '' };
  const bits = found ^ expected;
  const one = bits !== 0n && (bits & (bits - 1n)) === 0n ? bits.toString(2).length - 1 : undefined;
  const en = one === undefined ? '' : ` (they differ in bit ${one} alone: a fault of the hardware is possible)`;
  const zh = one === undefined ? '' : `（仅第 ${one} 位不同：可能是硬件故障）`;
  return {
    en: `: ${hex(found)} stands where ${hex(expected)} should${en}`,
    zh: `：应为 ${hex(expected)} 处是 ${hex(found)}${zh}`,
  };
}

function kindWords(
  report: ListReport,
  name: Finding['title'],
  freed: ExaminedObject | undefined,
): { title: Finding['title']; sentence: Finding['sentence'] } {
  const state = freed && stateWords(freed);
  const en = state ? `; the object is ${state.en}` : '';
  const zh = state ? `；该对象${state.zh}` : '';
  const wrong = wrongPointer(report);
  switch (report.kind) {
    case 'double-add':
      return {
        title: { en: 'List entry added twice', zh: '链表节点被加入两次' },
        sentence: {
          en: `added an entry to a list that is on it already: it is in ${name.en}${en}`,
          zh: `把已在链表中的节点再次加入：它位于${name.zh}${zh}`,
        },
      };
    case 'removed':
      return {
        title: { en: 'List entry removed twice', zh: '链表节点被删除两次' },
        sentence: {
          en: `removed an entry from a list that had been removed before: it is in ${name.en}${en}`,
          zh: `删除了已从链表删除的节点：它位于${name.zh}${zh}`,
        },
      };
    case 'broken':
      return {
        title: { en: 'Broken linked list', zh: '链表损坏' },
        sentence: {
          en: `found a linked list whose neighbours do not point to each other, at ${name.en}${wrong.en}${en}`,
          zh: `发现链表的相邻节点互不指向，位于${name.zh}${wrong.zh}${zh}`,
        },
      };
  }
}
