import { attempt } from '../base/attempt.ts';
import { hex, hexPad } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import type { Addr } from '../base/units.ts';
import { callerFrame, frameName, frameSubject } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { chainEvidence } from '../diagnosis/chain-evidence.ts';
import { interruptedEvidence } from '../diagnosis/context-evidence.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { frameArguments } from '../fault/frame-arguments.ts';
import { addressIdentity } from '../kernel/address-identity.ts';
import { modulePlace } from '../kernel/module-place.ts';
import type { Finding } from '../report/finding.ts';

/** The slab allocator was told to free what it never gave out. */
export const freeOfOther: Rule = {
  id: 'slab.free-of-other',
  title: 'Memory was freed that is of no slab: of a stack, static, or of vmalloc',
  source: 'mm/slub.c, kfree(): the page of the pointer is taken for a slab, whatever it points to (virt_to_folio)',
  *check(of) {
    const freed = freedPointer(of);
    const place = freed === undefined ? undefined : placeOf(of, freed);
    if (freed !== undefined && place) yield finding(of, freed, place);
  },
};

/** The allocator takes the page of the pointer for a slab, and may find none there. */
const EXPLAINED: readonly string[] = [
  ...[
    'death.exception',
    'death.bug',
    'death.warning',
    'pointer.bad',
    'pointer.null',
    'pointer.permission',
    'pointer.vmalloc',
  ],
];

/** Frames inside the allocator whose arguments are looked at, the outermost first. */
const FRAMES = 4;
/** What the allocator's functions call the object. */
const NAMES = /^(?:object|objp|x|p|addr|head)$/;

/** What the allocator was told to free, where its argument can be recovered. */
function freedPointer(of: Case): Addr | undefined {
  const { allocator, unwound, place, prog } = of;
  if (allocator?.kind !== 'free' || !unwound || !place) return undefined;
  if (isOfSlab(of, allocator.index)) return undefined;
  const task = of.crashed?.address;
  for (let index = allocator.index; index >= Math.max(place.index, allocator.index - FRAMES); index--) {
    const found = attempt(() => frameArguments(prog, { stack: unwound, index, ...(task !== undefined && { task }) }));
    const value = found?.find((a) => NAMES.test(a.name))?.value;
    if (value !== undefined) return value >= prog.kernelStart ? value : undefined;
  }
  return undefined;
}

/** What is free already was a slab object: who was given what is then not looked for, which takes its time. */
function isOfSlab(of: Case, index: number): boolean {
  return of.objects.some(
    (o) => o.slab && !o.slab.allocated && o.pointer === o.address && o.roles.some((r) => r.frame <= index + 1),
  );
}

interface Place {
  readonly words: Phrase;
  readonly command: string;
  readonly value: string;
}

/** What the memory is when it is no slab's. */
function placeOf(of: Case, at: Addr): Place | undefined {
  const { prog } = of;
  const identity = addressIdentity(prog, at);
  const { slab, task, vmap, symbol } = identity;
  if (slab) return undefined;
  if (task?.part === 'stack') {
    const who = `${task.record.comm} (pid ${task.record.pid})`;
    const words = { en: `on the kernel stack of ${who}`, zh: `位于 ${who} 的内核栈上` };
    return { words, command: `task -R stack ${task.record.pid}`, value: 'stack' };
  }
  const inside = symbol && at < symbol.address + BigInt(Math.max(1, symbol.size));
  const module = attempt(() => modulePlace(prog, at));
  if (symbol && (inside || !module)) {
    const name = `${symbol.name}${symbol.module === undefined ? '' : ` [${symbol.module}]`}`;
    const words = { en: `in the static memory of ${name}`, zh: `位于 ${name} 的静态内存中` };
    return { words, command: `sym ${hexPad(at)}`, value: symbol.name };
  }
  if (module) {
    const { name } = module.module;
    const place = `${name}+${hex(at - module.base)} [${name}]`;
    const words =
      module.part === 'data'
        ? { en: `in the static memory of ${place}`, zh: `位于 ${place} 的静态内存中` }
        : { en: `in text of module ${name}`, zh: `位于模块 ${name} 的代码中` };
    return { words, command: `sym ${hexPad(at)}`, value: name };
  }
  if (!vmap) return undefined;
  const by = attempt(() => prog.symbolAt(vmap.caller));
  const asked = by ? ` that ${by.name}${by.module === undefined ? '' : ` [${by.module}]`} asked for` : '';
  return {
    words: {
      en: `in an area of vmalloc${asked}, which vfree() or kvfree() takes`,
      zh: `位于${by ? ` ${by.name} 申请的` : ''} vmalloc 区域中，应由 vfree() 或 kvfree() 释放`,
    },
    command: `kmem ${hexPad(at)}`,
    value: hexPad(vmap.start),
  };
}

function finding(of: Case, at: Addr, { words, command, value }: Place): Finding {
  const caller = callerFrame(of);
  const where = frameName(caller);
  const line = of.fault?.line ?? of.fatalLines[0];
  return {
    severity: 'cause',
    confidence: 'likely',
    title: { en: `Free of what is no slab object by ${where}`, zh: `${where} 释放了不是 slab 对象的内存` },
    sentence: {
      en: `${where} told the slab allocator to free ${hex(at)}, which is ${words.en}: the allocator never gave it out.`,
      zh: `${where} 让 slab 分配器释放 ${hex(at)}，而它${words.zh}：该内存并非由分配器分配。`,
    },
    subject: { ...frameSubject(caller), address: hex(at) },
    evidence: [
      ...(line === undefined ? [] : [logEvidence(line)]),
      { what: { en: 'what lies there', zh: '那里是什么' }, value, command },
      ...chainEvidence(of),
      ...interruptedEvidence(of),
    ],
    explains: EXPLAINED,
  };
}
