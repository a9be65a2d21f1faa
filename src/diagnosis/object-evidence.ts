import { hex, hexPad } from '../base/hex.ts';
import { kasanShadowAddress } from '../kernel/kasan-shadow.ts';
import { slabPageLayout } from '../kernel/slab-layout.ts';
import type { FreePlace, SlabObjectFacts } from '../kernel/slab-object-facts.ts';
import type { Evidence } from '../report/finding.ts';
import type { Case } from './case.ts';
import { memberEvidence, placeText, present, registerEvidence, wordEvidence } from './evidence.ts';
import type { ExaminedObject } from './examined-object.ts';
import { trackText } from './object-words.ts';

/** Which register holds the object where the kernel died. */
export function heldEvidence(of: Case, o: ExaminedObject): Evidence[] {
  const role = o.roles.find((r) => r.printed && r.register !== undefined);
  if (role?.register === undefined) return [];
  const inside = Number(o.pointer - o.address);
  const place = inside === 0 ? '' : ` + ${hex(inside)}`;
  const what = {
    en: `${role.register} points to the object${place}`,
    zh: `寄存器 ${role.register} 指向该对象${place}`,
  };
  return present(registerEvidence(of, role.frame, role.register, what));
}

/** The slab that the object is of: its cache, and the state of the object as `kmem` shows it. */
function slabEvidence(of: Case, o: ExaminedObject): Evidence[] {
  const { slab } = o;
  if (!slab) return [];
  const { type } = slabPageLayout(of.prog);
  const shown = hexPad(slab.object);
  return present(
    memberEvidence(
      of.prog,
      { en: `the slab belongs to the cache ${slab.cache.name}`, zh: `该 slab 属于缓存 ${slab.cache.name}` },
      type,
      'slab_cache',
      slab.slab.address,
    ),
    slab.allocated
      ? { what: { en: 'it is allocated', zh: '该对象已分配' }, value: `[${shown}]`, command: `kmem ${shown}` }
      : undefined,
    slab.quarantined ? shadowEvidence(of, o) : undefined,
    ...slab.free.map((place) => freeEvidence(of, slab, place)),
  );
}

/** KASAN's bytes of its first 64. */
function shadowEvidence(of: Case, o: ExaminedObject): Evidence | undefined {
  const at = kasanShadowAddress(of.prog, o.address);
  const what = { en: "KASAN's shadow of it says that it was freed", zh: 'KASAN 的影子内存表明它已被释放' };
  return at === undefined ? undefined : wordEvidence(of.prog, what, at);
}

/** The list on which it is free: its head, and the pointer before the object where it is not the head. */
function freeEvidence(of: Case, slab: SlabObjectFacts, place: FreePlace): Evidence | undefined {
  if (place.kind === 'sheaf') {
    const what = {
      en: `slot ${place.position} of a sheaf of free objects holds it`,
      zh: `空闲对象 sheaf 的第 ${place.position} 个槽指向该对象`,
    };
    return wordEvidence(of.prog, what, place.headAt);
  }
  const owner =
    place.kind === 'cpu'
      ? { en: `free list of CPU ${place.where}`, zh: `CPU ${place.where} 的空闲链表` }
      : { en: 'free list of the slab', zh: 'slab 的空闲链表' };
  if (place.position === 0) {
    const what = { en: `head of the ${owner.en}: the object itself`, zh: `${owner.zh}的表头：正是该对象` };
    return wordEvidence(of.prog, what, place.headAt);
  }
  const shown = hexPad(slab.object);
  const what = {
    en: `on the ${owner.en}, ${place.position} behind the head ${hex(place.head)}`,
    zh: `在${owner.zh}中，表头 ${hex(place.head)} 之后第 ${place.position} 个`,
  };
  return { what, value: shown, command: `kmem ${shown}` };
}

const TRACK_WORDS = {
  allocated: { en: 'allocated last', zh: '最近一次分配' },
  freed: { en: 'freed last', zh: '最近一次释放' },
  deferred: { en: 'handed to be done later', zh: '交由稍后处理' },
} as const;

/** Who allocated and freed it, where the kernel kept that. */
function trackEvidence(of: Case, o: ExaminedObject): Evidence[] {
  return o.tracks.flatMap((track) => {
    const command = `kmem ${hexPad(o.address)}`;
    const head: Evidence = { what: TRACK_WORDS[track.what], value: trackText(of.prog, track), command };
    // the traces of some checkers begin with the allocator's own functions
    const by = track.stack.slice(track.stack.indexOf(track.caller) + 1).find((at) => at !== track.caller);
    if (by === undefined) return [head];
    return [head, { what: { en: 'called from', zh: '调用者' }, value: placeText(of.prog, by), command }];
  });
}

/** What the object says of itself: counts of references, numbers, owners. */
function identityEvidence(of: Case, o: ExaminedObject): Evidence[] {
  const { identity, type } = o;
  if (!identity || type === undefined) return [];
  return present(
    ...identity.members.map((member) =>
      memberEvidence(of.prog, { en: `its ${member}`, zh: `它的 ${member}` }, type, member, o.address),
    ),
  );
}

/** Poison and red zones that say something. */
function poisonEvidence(of: Case, o: ExaminedObject): Evidence[] {
  const found: Evidence[] = [];
  if (!o.poison || !o.slab) return found;
  const { freeBytes, writtenAt, redZone } = o.poison;
  if (freeBytes >= 16) {
    const what = { en: 'filled with the pattern of freed memory', zh: '已填充为释放内存的标记' };
    const word = wordEvidence(of.prog, what, o.address);
    if (word) found.push(word);
  }
  if (writtenAt !== undefined && !o.slab.allocated) {
    const at = o.address + BigInt(writtenAt - (writtenAt % 8));
    const what = {
      en: `written after it was freed, at offset ${hex(writtenAt)}`,
      zh: `释放之后在偏移 ${hex(writtenAt)} 处被写入`,
    };
    const word = wordEvidence(of.prog, what, at);
    if (word) found.push(word);
  }
  for (const side of ['left', 'right'] as const) {
    if (redZone?.[side] !== 'damaged') continue;
    const at = side === 'left' ? o.address - 8n : o.address + BigInt(o.slab.cache.objectSize);
    const what = {
      en: `the red zone ${side === 'left' ? 'before' : 'behind'} it is damaged`,
      zh: `${side === 'left' ? '前' : '后'}方的红区已损坏`,
    };
    const word = wordEvidence(of.prog, what, at);
    if (word) found.push(word);
  }
  return found;
}

/** Everything that memory tells of an object, the surest first. */
export function objectEvidence(of: Case, o: ExaminedObject): Evidence[] {
  return [
    ...heldEvidence(of, o),
    ...slabEvidence(of, o),
    ...trackEvidence(of, o),
    ...poisonEvidence(of, o),
    ...identityEvidence(of, o),
  ];
}
