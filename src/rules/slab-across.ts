import { attempt } from '../base/attempt.ts';
import { hex } from '../base/hex.ts';
import type { Addr, Bytes } from '../base/units.ts';
import { frameName, frameSubject } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { chainEvidence } from '../diagnosis/chain-evidence.ts';
import { interruptedEvidence } from '../diagnosis/context-evidence.ts';
import { logEvidence, present, wordEvidence } from '../diagnosis/evidence.ts';
import type { ExaminedObject } from '../diagnosis/examined-object.ts';
import { moduleCaller } from '../diagnosis/module-caller.ts';
import { objectEvidence } from '../diagnosis/object-evidence.ts';
import { objectName, objectSubject } from '../diagnosis/object-words.ts';
import { readSlabObject } from '../diagnosis/read-object.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { OBJECT_ALLOCATED } from '../kernel/slab-freelist.ts';
import type { Program } from '../program/program.ts';
import type { Finding } from '../report/finding.ts';

/**
 * An object has the contents of its like, but shifted: another one was laid across it, because an address inside of an object was
 * freed, which SLUB takes without a word.
 */
export const slabAcross: Rule = {
  id: 'slab.across',
  title: 'An object of a slab lies across another one',
  source: 'mm/slub.c, kfree(): which object an address belongs to is checked under slub_debug=F alone',
  *check(of) {
    if (!of.fault && of.chain?.kind !== 'jump') return;
    const object = readSlabObject(of);
    const shift = object && shiftOf(of.prog, object);
    if (object && shift) yield finding(of, object, shift);
  },
};

/** Objects of a slab and words of an object that are compared. */
const MOST_OBJECTS = 64;
const MOST_BYTES: Bytes = 2048;
/** Objects alike before it is said what their like has. */
const LEAST = 3;

/** Lists that are shifted by the same: one may be anything. */
const LISTS = 2;
/** Caches of anything that has the size. */
const SHARED = /^(?:dma-|cg-)?kmalloc-/;

interface Shift {
  /** Where the other object begins, counted from this one. */
  readonly distance: number;
  /** An empty list in it, and the same of one of its like. */
  readonly link: Addr;
  readonly sibling: Addr;
}

/** How far the empty lists of an object lie from where its like have them; an empty list points to itself. */
function shiftOf(prog: Program, { slab, address }: ExaminedObject): Shift | undefined {
  if (!slab?.allocated || SHARED.test(slab.cache.name)) return undefined;
  const { cache, index } = slab;
  const size = Math.min(cache.objectSize, MOST_BYTES);
  const own = emptyLists(prog, address, size);
  if (own.length === 0) return undefined;
  const first = address - BigInt(index * cache.size);
  const counts = new Map<number, Addr[]>();
  let alike = 0;
  slab.slab.states.slice(0, MOST_OBJECTS).forEach((state, i) => {
    if (state !== OBJECT_ALLOCATED || i === index) return;
    const at = first + BigInt(i * cache.size);
    const lists = emptyLists(prog, at, size);
    if (lists.length > 0) alike++;
    for (const offset of lists) counts.set(offset, [...(counts.get(offset) ?? []), at]);
  });
  const usual = [...counts].filter(([, at]) => alike >= LEAST && at.length * 2 > alike);
  // what has one of them in its place is as it should be
  if (usual.length === 0 || usual.some(([offset]) => own.includes(offset))) return undefined;
  for (const [offset, siblings] of usual) {
    for (const found of own) {
      const distance = found - offset;
      const fits = usual.filter(([o]) => o + distance >= 0 && o + distance + 16 <= size);
      if (fits.length < LISTS || !fits.every(([o]) => own.includes(o + distance))) continue;
      return { distance, link: address + BigInt(found), sibling: (siblings[0] as Addr) + BigInt(offset) };
    }
  }
  return undefined;
}

/** Offsets of list heads that point to themselves. */
function emptyLists(prog: Program, at: Addr, size: Bytes): number[] {
  const found: number[] = [];
  for (let offset = 0; offset + 16 <= size; offset += 8) {
    const place = at + BigInt(offset);
    const both = [place, place + 8n].map((a) => attempt(() => prog.memory.u64(a)));
    if (both.every((v) => v === place)) found.push(offset);
  }
  return found;
}

function finding(of: Case, object: ExaminedObject, { distance, link, sibling }: Shift): Finding {
  const caller = moduleCaller(of) ?? of.site;
  const where = frameName(of.site?.symbol === null ? of.stack?.frames[(of.place?.index ?? 0) + 1] : of.site);
  const name = objectName(object);
  const cache = object.slab?.cache.name ?? '';
  const begins = hex(object.address + BigInt(distance));
  const side = distance < 0 ? { en: 'in front of', zh: '之前' } : { en: 'behind', zh: '之后' };
  const bytes = Math.abs(distance);
  const inside = hex(BigInt(distance < 0 ? (object.slab?.cache.size ?? 0) + distance : distance));
  const owner = distance < 0 ? { en: 'the object in front', zh: '前一个对象' } : { en: 'it', zh: '它' };
  return {
    severity: 'cause',
    confidence: 'likely',
    title: { en: `Objects of ${cache} lie across each other`, zh: `${cache} 的对象相互重叠` },
    sentence: {
      en: `${where} used ${name.en}, whose contents are those of its like shifted by ${bytes} bytes: another object was made across it, at ${begins}, ${bytes} bytes ${side.en} its beginning. That is offset ${inside} of ${owner.en}: somebody freed an address inside of an object, as that of a member, and the allocator gave it out again.`,
      zh: `${where} 使用了${name.zh}，其内容与同类对象相同，但偏移了 ${bytes} 字节：另一个对象从 ${begins}（其起点${side.zh} ${bytes} 字节处）开始与它重叠。该处是${owner.zh}的偏移 ${inside}：有代码释放了对象内部（例如某个成员）的地址，分配器又把它分配了出去。`,
    },
    subject: { ...frameSubject(caller), ...objectSubject(object) },
    evidence: [
      ...(of.fault ? [logEvidence(of.fault.line)] : []),
      ...present(
        wordEvidence(of.prog, { en: 'an empty list in it, which points to itself', zh: '其中指向自身的空链表' }, link),
        wordEvidence(
          of.prog,
          { en: 'the same list of another object of its slab', zh: '同一 slab 中另一对象的同一链表' },
          sibling,
        ),
      ),
      ...objectEvidence(of, object),
      ...chainEvidence(of, 4),
      ...interruptedEvidence(of),
    ],
    settle: [
      {
        en: `boot with slub_debug=FZ,${cache}: the free itself is reported, with who did it`,
        zh: `以 slub_debug=FZ,${cache} 启动：错误的释放会在当时被报告，并指出由谁所为`,
      },
    ],
    explains: ['pointer.null', 'pointer.bad', 'call.bad', 'death.exception', 'pointer.per-cpu'],
  };
}
