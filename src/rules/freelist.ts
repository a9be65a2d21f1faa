import { hex } from '../base/hex.ts';
import { callerFrame, frameSubject } from '../diagnosis/blame.ts';
import { type BrokenList, brokenLists } from '../diagnosis/cache-damage.ts';
import type { Case } from '../diagnosis/case.ts';
import { logEvidence, present, wordEvidence } from '../diagnosis/evidence.ts';
import { pointerKind } from '../diagnosis/pointer-kind.ts';
import type { Rule } from '../diagnosis/rule.ts';
import type { Finding } from '../report/finding.ts';

/** A free list of the slab allocator leads to what is no object, or back into itself. */
export const brokenFreelist: Rule = {
  id: 'slab.freelist',
  title: 'A free list of the slab allocator is broken',
  source: 'mm/slub.c, get_freepointer(); CONFIG_SLAB_FREELIST_HARDENED',
  *check(of) {
    for (const broken of brokenLists(of)) yield finding(of, broken);
  },
};

function finding(of: Case, { slab, list }: BrokenList): Finding {
  const { cache } = slab;
  const { chain } = list;
  const inside = chain.bad?.index;
  const holder = inside === undefined ? undefined : slab.slab.memory + BigInt(cache.leftPad + inside * cache.size);
  const dying = of.allocator !== undefined;
  const cycle = chain.cycle !== undefined;
  const value = chain.bad?.value ?? 0n;
  const at = holder === undefined ? undefined : hex(holder);
  const caller = dying ? callerFrame(of) : undefined;
  const words = pointerKind(value);
  return {
    severity: dying ? 'cause' : 'suspect',
    confidence: dying ? 'likely' : 'possible',
    title: { en: `Broken free list of ${cache.name}`, zh: `${cache.name} 的空闲链表损坏` },
    sentence: cycle
      ? {
          en: `The free list of a slab of ${cache.name} runs into itself: an object was freed twice.`,
          zh: `${cache.name} 的一个 slab 的空闲链表形成环：有对象被释放两次。`,
        }
      : {
          en: `The free list of a slab of ${cache.name} leads to ${hex(value)}, ${words.words.en}${at === undefined ? '' : `: the free object ${at} was written to after it was freed`}.`,
          zh: `${cache.name} 的一个 slab 的空闲链表指向 ${hex(value)}，${words.words.zh}${at === undefined ? '' : `：空闲对象 ${at} 在释放后被写入`}。`,
        },
    subject: {
      ...(caller && frameSubject(caller)),
      cache: cache.name,
      ...(at !== undefined && { address: at }),
    },
    evidence: present(
      wordEvidence(of.prog, { en: 'head of the list', zh: '链表头' }, list.headAt),
      holder === undefined
        ? undefined
        : wordEvidence(
            of.prog,
            { en: 'the free pointer as it lies in the object', zh: '对象中保存的空闲指针' },
            holder + BigInt(cache.freePointer),
          ),
      of.fault && logEvidence(of.fault.line),
    ),
    settle: [
      {
        en: `boot with slub_debug=FPU,${cache.name}: the write is noticed at the next allocation, with who freed the object`,
        zh: `以 slub_debug=FPU,${cache.name} 启动：下一次分配时即可发现该写入，并说明由谁释放了对象`,
      },
    ],
    ...(dying && { explains: ['pointer.bad', 'pointer.null', 'death.exception'] }),
  };
}
