import { attempt } from '../base/attempt.ts';
import { hex, hexPad } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import type { Addr } from '../base/units.ts';
import { callerFrame, frameName, frameSubject } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { chainEvidence, strandEvidence } from '../diagnosis/chain-evidence.ts';
import { interruptedEvidence } from '../diagnosis/context-evidence.ts';
import { logEvidence, present, registerEvidence } from '../diagnosis/evidence.ts';
import { type PointerKind, pointerKind } from '../diagnosis/pointer-kind.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { explainArgument } from '../fault/explain-argument.ts';
import { type FrameArgument, frameArguments } from '../fault/frame-arguments.ts';
import { addressIdentity } from '../kernel/address-identity.ts';
import { modulePlace } from '../kernel/module-place.ts';
import type { Evidence, Finding } from '../report/finding.ts';

/** The slab allocator was told to free what it never gave out. */
export const freeOfOther: Rule = {
  id: 'slab.free-of-other',
  title: 'Memory was freed that is of no slab: of a stack, static, or of vmalloc; or no pointer at all',
  source: 'mm/slub.c, kfree(): the page of the pointer is taken for a slab, whatever it points to (virt_to_folio)',
  *check(of) {
    const freed = freedPointer(of);
    if (!freed) return;
    const place = placeOf(of, freed);
    if (place) yield finding(of, freed, place);
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

interface Freed {
  readonly value: Addr;
  /** The frame that was given it, and as which of its arguments. */
  readonly index: number;
  readonly argument: number;
}

/** What the allocator was told to free, where its argument can be recovered. */
function freedPointer(of: Case): Freed | undefined {
  const { allocator, unwound, place, prog } = of;
  if (allocator?.kind !== 'free' || !unwound || !place) return undefined;
  if (isOfSlab(of, allocator.index)) return undefined;
  const task = of.crashed?.address;
  for (let index = allocator.index; index >= Math.max(place.index, allocator.index - FRAMES); index--) {
    const found = attempt((): readonly FrameArgument[] =>
      frameArguments(prog, { stack: unwound, index, ...(task !== undefined && { task }) }),
    );
    const argument = found?.findIndex((a) => NAMES.test(a.name)) ?? -1;
    const value = found?.[argument]?.value;
    if (value !== undefined) return { value, index, argument };
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
  readonly evidence: readonly Evidence[];
  /** It is no address of any memory. */
  readonly none?: true;
}

/** A value that is no address at all, and where the caller had it from. */
function noMemory(of: Case, { index, argument, value }: Freed, { words }: PointerKind): Place {
  const { prog, unwound, crashed } = of;
  const task = crashed?.address;
  const from =
    unwound &&
    attempt(() => explainArgument(prog, { stack: unwound, index, ...(task !== undefined && { task }) }, argument));
  // a register's name says nothing to who does not see the code
  const name = from?.expression === undefined || from.expression.includes('%') ? undefined : `\`${from.expression}\``;
  const made = from?.origin?.kind === 'result' && from.origin.expression !== from.expression ? from.origin : undefined;
  const whence = made ? { en: ` that ${made.expression} returned`, zh: `（由 ${made.expression} 返回）` } : undefined;
  return {
    words: {
      en: `${words.en}${name ? `: it is ${name}${whence?.en ?? ''}` : ''}`,
      zh: `${words.zh}${name ? `：即 ${name}${whence?.zh ?? ''}` : ''}`,
    },
    evidence: [...heldIn(of, value), ...(from ? strandEvidence([from]) : [])],
    none: true,
  };
}

/** The register of an interrupted frame that has it. */
function heldIn(of: Case, value: Addr): Evidence[] {
  const index = of.place?.index ?? 0;
  const registers = of.stack?.frames[index]?.registers ?? {};
  const name = Object.keys(registers).find((r) => BigInt(registers[r] ?? 0) === value);
  const what = { en: `register ${name}, what was to be freed`, zh: `寄存器 ${name}，要释放的值` };
  return name === undefined ? [] : present(registerEvidence(of, index, name, what));
}

/** What the memory is when it is no slab's. */
function placeOf(of: Case, freed: Freed): Place | undefined {
  const { prog } = of;
  const at = freed.value;
  const kind = pointerKind(at);
  if (kind.kind !== 'null' && kind.kind !== 'wild') return noMemory(of, freed, kind);
  if (at < prog.kernelStart) return undefined;
  const identity = addressIdentity(prog, at);
  const { slab, task, vmap, symbol } = identity;
  if (slab) return undefined;
  if (task?.part === 'stack') {
    const who = `${task.record.comm} (pid ${task.record.pid})`;
    const words = { en: `on the kernel stack of ${who}`, zh: `位于 ${who} 的内核栈上` };
    return placed(words, 'stack', `task -R stack ${task.record.pid}`);
  }
  const inside = symbol && at < symbol.address + BigInt(Math.max(1, symbol.size));
  const module = attempt(() => modulePlace(prog, at));
  if (symbol && (inside || !module)) {
    const name = `${symbol.name}${symbol.module === undefined ? '' : ` [${symbol.module}]`}`;
    const words = { en: `in the static memory of ${name}`, zh: `位于 ${name} 的静态内存中` };
    return placed(words, symbol.name, `sym ${hexPad(at)}`);
  }
  if (module) {
    const { name } = module.module;
    const place = `${name}+${hex(at - module.base)} [${name}]`;
    const words =
      module.part === 'data'
        ? { en: `in the static memory of ${place}`, zh: `位于 ${place} 的静态内存中` }
        : { en: `in text of module ${name}`, zh: `位于模块 ${name} 的代码中` };
    return placed(words, name, `sym ${hexPad(at)}`);
  }
  if (!vmap) return undefined;
  const by = attempt(() => prog.symbolAt(vmap.caller));
  const asked = by ? ` that ${by.name}${by.module === undefined ? '' : ` [${by.module}]`} asked for` : '';
  const words = {
    en: `in an area of vmalloc${asked}, which vfree() or kvfree() takes`,
    zh: `位于${by ? ` ${by.name} 申请的` : ''} vmalloc 区域中，应由 vfree() 或 kvfree() 释放`,
  };
  return placed(words, hexPad(vmap.start), `kmem ${hexPad(at)}`);
}

function placed(words: Phrase, value: string, command: string): Place {
  return { words, evidence: [{ what: { en: 'what lies there', zh: '那里是什么' }, value, command }] };
}

function finding(of: Case, { value: at }: Freed, { words, evidence, none }: Place): Finding {
  const caller = callerFrame(of);
  const where = frameName(caller);
  const line = of.fault?.line ?? of.fatalLines[0];
  return {
    severity: 'cause',
    confidence: 'likely',
    title: none
      ? { en: `Free of what is no pointer by ${where}`, zh: `${where} 释放了不是指针的值` }
      : { en: `Free of what is no slab object by ${where}`, zh: `${where} 释放了不是 slab 对象的内存` },
    sentence: {
      en: `${where} told the slab allocator to free ${hex(at)}, which is ${words.en}${none ? '' : ': the allocator never gave it out'}.`,
      zh: `${where} 让 slab 分配器释放 ${hex(at)}，而它${none ? '是' : ''}${words.zh}${none ? '' : '：该内存并非由分配器分配'}。`,
    },
    subject: { ...frameSubject(caller), ...(!none && { address: hex(at) }) },
    evidence: [
      ...(line === undefined ? [] : [logEvidence(line)]),
      ...evidence,
      ...chainEvidence(of),
      ...interruptedEvidence(of),
    ],
    explains: EXPLAINED,
  };
}
