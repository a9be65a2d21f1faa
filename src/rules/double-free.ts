import { callerFrame, frameName, frameSubject, isRcuCore } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { interruptedEvidence, rcuOwner, referrerEvidence } from '../diagnosis/context-evidence.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import { examineObject } from '../diagnosis/examine-objects.ts';
import type { ExaminedObject } from '../diagnosis/examined-object.ts';
import { listReportOf } from '../diagnosis/list-report.ts';
import { objectEvidence } from '../diagnosis/object-evidence.ts';
import { freePlaceWords, objectName, objectSubject } from '../diagnosis/object-words.ts';
import type { Rule } from '../diagnosis/rule.ts';
import type { Confidence, Finding } from '../report/finding.ts';

/** An object is freed that the allocator already holds as free. */
export const doubleFree: Rule = {
  id: 'slab.double-free',
  title: 'An object was freed twice',
  source:
    'mm/slub.c, set_freepointer(): a naive detection of double free, BUG_ON(object == fp); ' +
    'a case of ext4_inode_info freed twice by RCU, dead in kmem_cache_free (arm64, 4.19)',
  *check(of) {
    const freed = freedObject(of);
    if (freed) yield finding(of, freed);
    for (const o of of.objects) if (o !== freed && isTwiceFree(o)) yield finding(of, o);
    const shared = givenTwice(of);
    if (shared) yield sharedFinding(of, shared);
  },
};

/** The object that was being freed when the kernel died, when the allocator already has it as free. */
function freedObject(of: Case): ExaminedObject | undefined {
  const { allocator } = of;
  if (allocator?.kind !== 'free') return undefined;
  const free = of.objects.filter((o) => {
    const near = o.roles.some((r) => r.frame <= allocator.index + 1);
    return near && o.pointer === o.address && o.slab !== undefined && !o.slab.allocated;
  });
  // the argument is in more registers than the head of a list that is only compared with it
  return free.sort((a, b) => b.roles.length - a.roles.length)[0];
}

/** In two places of the free lists, or on one that comes back to it. */
function isTwiceFree(o: ExaminedObject): boolean {
  const { slab } = o;
  if (!slab) return false;
  return slab.free.length > 1 || slab.lists.some((l) => l.chain.cycle === slab.index);
}

function finding(of: Case, o: ExaminedObject): Finding {
  const caller = callerFrame(of);
  const rcu = rcuOwner(of, o);
  const name = objectName(o);
  const by = isRcuCore(caller) && rcu ? `${rcu.function} (RCU)` : frameName(caller);
  const place = o.slab?.free[0] && freePlaceWords(o.slab.free[0]);
  const cache = o.slab?.cache.name ?? '';
  const dying = of.allocator?.kind === 'free';
  return {
    severity: 'cause',
    confidence: confidenceOf(of, o),
    title: { en: `Double free of an object of ${cache}`, zh: `${cache} 的对象被释放两次` },
    sentence: {
      en: dying
        ? `${by} freed ${name.en}, which was free already: it is ${place?.en ?? 'on a free list'}.`
        : `${name.en} is on its free lists twice: it was freed twice.`,
      zh: dying
        ? `${by} 释放了 ${name.zh}，而它早已被释放：它${place?.zh ?? '在空闲链表中'}。`
        : `${name.zh}两次出现在空闲链表中：它被释放了两次。`,
    },
    subject: {
      ...(dying && (isRcuCore(caller) && rcu ? { function: rcu.function } : frameSubject(caller))),
      ...(rcu?.module !== undefined && { module: rcu.module }),
      ...objectSubject(o),
    },
    evidence: [
      ...objectEvidence(of, o),
      ...(rcu ? [rcu.evidence] : []),
      ...referrerEvidence(of, o),
      ...interruptedEvidence(of),
      ...(of.fatal ? [logEvidence(of.fatalLines[0] ?? '')] : []),
    ],
    settle: settleWords(o, cache),
    explains: EXPLAINED,
  };
}

/** What a double free looks like at first. */
const EXPLAINED = [
  'death.bug',
  'death.warning',
  'slab.report',
  'slab.freelist',
  'slab.use-after-free',
  'list.corruption',
  'death.exception',
];

/** The kernel found it itself, or the lists hold it twice; else another object on the list may have been meant. */
function confidenceOf(of: Case, o: ExaminedObject): Confidence {
  if (isTwiceFree(o) || /^kernel BUG at/.test(of.fatalLines[0] ?? '')) return 'certain';
  return o.roles.length > 1 ? 'likely' : 'possible';
}

function settleWords(o: ExaminedObject, cache: string): NonNullable<Finding['settle']> {
  if (o.tracks.length > 0) return [];
  return [
    {
      en: `boot with slub_debug=UFPZ,${cache}: the kernel then keeps who allocated and who freed each object of the cache`,
      zh: `以 slub_debug=UFPZ,${cache} 启动：内核会记录该缓存每个对象由谁分配、由谁释放`,
    },
  ];
}

/** A function that makes a new object. */
const MAKING = /(?:^|_)(?:new|alloc|create|init)(?:_|$)/;
/** Frames around the death that may be of the making. */
const NEAR = 4;

/**
 * An object that was being made while it is in use already: an allocator whose arrays take an object twice without a word
 * gives it out twice. Told by a list that the new object is on already, and by who points to it.
 */
function givenTwice(of: Case): ExaminedObject | undefined {
  const report = listReportOf(of);
  const from = of.place?.index ?? 0;
  const making = (of.stack?.frames ?? []).slice(from, from + NEAR).some((f) => MAKING.test(f.symbol ?? ''));
  if (report?.kind !== 'double-add' || !making) return undefined;
  const object = examineObject(of.prog, report.entry, []);
  if (!object?.slab?.allocated || !object.type) return undefined;
  return referrerEvidence(of, object).length > 0 ? object : undefined;
}

function sharedFinding(of: Case, o: ExaminedObject): Finding {
  const name = objectName(o);
  const cache = o.slab?.cache.name ?? '';
  const report = listReportOf(of);
  const maker = (of.stack?.frames ?? []).slice(of.place?.index ?? 0).find((f) => MAKING.test(f.symbol ?? ''));
  return {
    severity: 'cause',
    confidence: 'likely',
    title: {
      en: `Double free: an object of ${cache} was given out twice`,
      zh: `重复释放：${cache} 的对象被分配了两次`,
    },
    sentence: {
      en: `${frameName(maker)} got ${name.en} as new, but it is in use already: it was freed twice, or while in use, so that the allocator gave it out twice.`,
      zh: `${frameName(maker)} 得到的新对象是${name.zh}，但它已在使用中：它曾被释放两次，或在使用中被释放，因此分配器把它分配了两次。`,
    },
    subject: { ...frameSubject(maker), ...objectSubject(o) },
    evidence: [...(report ? [logEvidence(report.line)] : []), ...objectEvidence(of, o), ...referrerEvidence(of, o)],
    settle: settleWords(o, cache),
    explains: EXPLAINED,
  };
}
