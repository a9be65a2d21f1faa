import { hexPad } from '../base/hex.ts';
import { frameName, frameSubject } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { chainEvidence } from '../diagnosis/chain-evidence.ts';
import { interruptedEvidence } from '../diagnosis/context-evidence.ts';
import { logEvidence, memberEvidence, present, wordEvidence } from '../diagnosis/evidence.ts';
import type { ExaminedObject } from '../diagnosis/examined-object.ts';
import { heldEvidence } from '../diagnosis/object-evidence.ts';
import { objectName, objectSubject, pageWords } from '../diagnosis/object-words.ts';
import { pageOwnerEvidence } from '../diagnosis/page-owner-evidence.ts';
import type { Rule } from '../diagnosis/rule.ts';
import type { PageUse } from '../kernel/page-use.ts';
import { slabPageLayout } from '../kernel/slab-layout.ts';
import type { Confidence, Evidence, Finding } from '../report/finding.ts';

/**
 * An object is freed whose page is no slab, or a slab of no cache: freed twice, its page given back too early, or the
 * page's descriptor overwritten. They are told apart by what the page is now.
 */
export const freedPage: Rule = {
  id: 'slab.page-gone',
  title: 'An object was freed whose page is no slab any more',
  source:
    'mm/slab.h, cache_from_obj(): a NULL page->slab_cache is followed when an object is freed; ' +
    'a case of ext4_inode_info dead in kmem_cache_free (arm64, 4.19)',
  *check(of) {
    const { allocator, stack } = of;
    if (allocator?.kind !== 'free' || !of.fault) return;
    const object = pagelessObject(of, allocator.index);
    const page = object?.page;
    if (!object || !page) return;
    const caller = stack?.frames[allocator.caller ?? -1];
    for (const make of [freedTwice, givenBack, strayWrite]) yield make(of, object, page, caller);
  },
};

type Frame = Parameters<typeof frameName>[0];

/** The address that was being freed: of the direct map, in no slab of a known cache. */
function pagelessObject(of: Case, last: number): ExaminedObject | undefined {
  const near = of.objects.filter((o) => !o.slab && o.page && o.roles.some((r) => r.frame <= last + 1));
  const objects = near.filter((o) => !o.descriptor && !o.symbol && o.module === undefined);
  const descriptors = near.filter((o) => o.descriptor);
  // the code that frees an object looks at the descriptor of its page
  const ofPage = objects.find((o) => descriptors.some((d) => d.page?.head.address === o.page?.head.address));
  return ofPage ?? objects.find((o) => o.page?.kind !== 'other');
}

function freedTwice(of: Case, o: ExaminedObject, page: PageUse, caller: Frame): Finding {
  const slab = page.kind === 'slab';
  const name = objectName(o);
  const state = pageWords(page);
  return {
    severity: 'cause',
    ...rated(slab ? 'possible' : 'likely'),
    title: { en: 'Object freed twice: its page is no slab any more', zh: '对象被释放两次：其所在页已不再是 slab' },
    sentence: {
      en: `${frameName(caller)} freed ${name.en}, but that page is ${state.en}: the object had been freed before, and with it the last one of its slab.`,
      zh: `${frameName(caller)} 释放了 ${name.zh}，但该页是${state.zh}：此前它已被释放，其 slab 也随最后一个对象被归还。`,
    },
    subject: { ...frameSubject(caller), ...objectSubject(o) },
    evidence: common(of, o, page),
    against: slab ? pageEvidence(of, page) : [],
    settle: [
      {
        en: 'boot with slub_debug=UFPZ for the cache: the kernel then refuses the second free and tells who freed it first',
        zh: '对该缓存启用 slub_debug=UFPZ 启动：内核会拒绝第二次释放，并说明第一次由谁释放',
      },
    ],
    explains: ['pointer.null', 'pointer.bad', 'death.exception', 'death.bug'],
  };
}

function givenBack(of: Case, o: ExaminedObject, page: PageUse, caller: Frame): Finding {
  return {
    severity: 'cause',
    ...rated('possible'),
    title: { en: 'Page given back while an object in it was in use', zh: '页在其中对象仍在使用时被归还' },
    sentence: {
      en: `The page of the object that ${frameName(caller)} freed was given back to the page allocator while the object was in use: a reference to the page too many was dropped.`,
      zh: `${frameName(caller)} 所释放对象的页在对象仍被使用时就归还给了页分配器：该页的引用被多减了一次。`,
    },
    subject: objectSubject(o),
    evidence: pageEvidence(of, page),
    settle: [
      {
        en: 'boot with page_owner=on: the kernel then keeps who allocated and who freed each page',
        zh: '以 page_owner=on 启动：内核会记录每个页由谁分配、由谁释放',
      },
    ],
  };
}

function strayWrite(of: Case, o: ExaminedObject, page: PageUse): Finding {
  const slab = page.kind === 'slab';
  return {
    severity: 'cause',
    ...rated(slab ? 'likely' : 'possible'),
    title: { en: 'Page descriptor overwritten', zh: '页描述符被意外写入' },
    sentence: {
      en: slab
        ? 'The page is marked as a slab, but its descriptor names no slab cache: something wrote over the descriptor.'
        : 'Something wrote over the descriptor of the page, so that it no longer names its slab cache.',
      zh: slab
        ? '该页标记为 slab，但其描述符没有指向任何 slab 缓存：描述符被意外写入。'
        : '该页的描述符被意外写入，因此不再指向其 slab 缓存。',
    },
    subject: objectSubject(o),
    evidence: pageEvidence(of, page),
    // who overwrote one member would hardly have left the rest of a page that was given back in order
    against: slab ? [] : pageEvidence(of, page),
  };
}

function rated(confidence: Confidence): { confidence: Confidence } {
  return { confidence };
}

function common(of: Case, o: ExaminedObject, page: PageUse): Evidence[] {
  return [
    ...heldEvidence(of, o),
    ...pageEvidence(of, page),
    ...pageOwnerEvidence(of, page),
    ...chainEvidence(of),
    ...interruptedEvidence(of),
    ...(of.fault ? [logEvidence(of.fault.line)] : []),
  ];
}

/** What the descriptor of the page says: its cache, flags and references. */
function pageEvidence(of: Case, page: PageUse): Evidence[] {
  const { address } = page.head;
  const { type } = slabPageLayout(of.prog);
  return present(
    memberEvidence(
      of.prog,
      { en: 'the slab cache that the page names', zh: '该页所指的 slab 缓存' },
      type,
      'slab_cache',
      address,
    ),
    wordEvidence(
      of.prog,
      { en: `flags of the page: ${pageWords(page).en}`, zh: `页的标志：${pageWords(page).zh}` },
      address,
    ),
    memberEvidence(
      of.prog,
      { en: 'references to the page', zh: '该页的引用计数' },
      'page',
      '_refcount.counter',
      address,
    ),
    page.block && {
      what: { en: 'the free block that it is in', zh: '它所在的空闲块' },
      value: page.block.first.address.toString(16),
      command: `kmem ${hexPad(page.page.address)}`,
    },
  );
}
