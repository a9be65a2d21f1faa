import { attempt } from '../base/attempt.ts';
import { hex } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import { bareName } from '../diagnosis/allocator-calls.ts';
import type { AllocatorReport } from '../diagnosis/allocator-report.ts';
import { frameName, frameSubject } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import type { ExaminedObject } from '../diagnosis/examined-object.ts';
import { kfenceEvidence } from '../diagnosis/kfence-evidence.ts';
import { objectEvidence } from '../diagnosis/object-evidence.ts';
import { objectMember } from '../diagnosis/object-member.ts';
import { objectName, objectSubject } from '../diagnosis/object-words.ts';
import { reportedMemory } from '../diagnosis/reported-memory.ts';
import { reportedObject, reportOfCase } from '../diagnosis/reported-object.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { accessibleBytes } from '../kernel/kasan-shadow.ts';
import { type KfenceObject, kfenceObject } from '../kernel/kfence.ts';
import type { Finding, FindingSubject } from '../report/finding.ts';

/** The slab allocator's own checks, KASAN or KFENCE found a memory error. */
export const allocatorReported: Rule = {
  id: 'slab.report',
  title: "The allocator's own checks found an error",
  source: 'mm/slub.c (slub_debug), mm/kasan/report.c, mm/kfence/report.c',
  *check(of) {
    const report = reportOfCase(of);
    if (report) yield finding(of, withDestroyer(of, report));
  },
};

const KINDS: Readonly<Record<AllocatorReport['kind'], Phrase>> = {
  'double-free': { en: 'Double free', zh: '重复释放' },
  'use-after-free': { en: 'Use after free', zh: '释放后使用' },
  'written-after-free': { en: 'Write after free', zh: '释放后写入' },
  'out-of-bounds': { en: 'Access beyond an object', zh: '越界访问' },
  'bad-free': { en: 'Free of what is no object', zh: '释放了不是对象的地址' },
  'free-list': { en: 'Broken free list', zh: '空闲链表损坏' },
  'in-use': { en: 'Destruction with objects in use', zh: '在仍有对象在用时销毁' },
  other: { en: 'Memory error', zh: '内存错误' },
};
const TOOLS = { slub: 'SLUB', kasan: 'KASAN', kfence: 'KFENCE' } as const;

function finding(of: Case, report: AllocatorReport): Finding {
  const { cache, words, place } = report;
  const guarded = report.number === undefined ? undefined : attempt(() => kfenceObject(of.prog, Number(report.number)));
  const object = guarded ? undefined : reportedObject(of);
  const memory = object || guarded ? undefined : reportedMemory(of, report);
  const freedBy = report.freedBy ?? memory?.freedBy;
  const allocatedBy = report.allocatedBy ?? memory?.allocatedBy;
  const tool = TOOLS[report.by];
  const kind = memory?.title ?? KINDS[report.kind];
  const callback = handedOver(freedBy, report.handedBy);
  const freed = freedWords(freedBy, callback);
  const access = accessWords(of, report, object);
  const inCache = cache === undefined ? '' : ` of ${cache}`;
  const name = guarded
    ? guardedName(guarded, cache)
    : object
      ? objectName(object)
      : (memory?.words ?? { en: `an object${inCache}`, zh: cache === undefined ? '一个对象' : `${cache} 的对象` });
  const parts = {
    en: [
      place === undefined ? '' : `${memory ? ', by' : ' in'} ${place}`,
      freed.en,
      allocatedBy === undefined ? '' : `, allocated in ${allocatedBy}`,
    ].join(''),
    zh: [
      place === undefined ? '' : `，位置 ${place}`,
      freed.zh,
      allocatedBy === undefined ? '' : `，在 ${allocatedBy} 中分配`,
    ].join(''),
  };
  return {
    severity: 'cause',
    confidence: 'certain',
    title: {
      en: `${kind.en}${inCache}, reported by ${tool}`,
      zh: `${tool} 报告：${cache === undefined ? '' : `${cache} 的`}${kind.zh}`,
    },
    sentence:
      report.kind === 'in-use'
        ? inUseWords(report)
        : {
            en: `${tool} found "${words}"${access.en} on ${name.en}${parts.en}.`,
            zh: `${tool} 在${name.zh}上发现“${words}”${access.zh}${parts.zh}。`,
          },
    subject: {
      ...placeSubject(callback ?? freedBy ?? place),
      ...(object ? objectSubject(object) : cacheSubject(report, guarded)),
    },
    evidence: [
      logEvidence(report.line),
      ...(report.allocatedLine === undefined ? [] : [logEvidence(report.allocatedLine)]),
      ...(report.freedLine === undefined ? [] : [logEvidence(report.freedLine)]),
      ...(callback === undefined || report.handedLine === undefined ? [] : [logEvidence(report.handedLine)]),
      ...(object ? objectEvidence(of, object) : []),
      ...(memory?.evidence ?? []),
      ...(guarded ? kfenceEvidence(of, guarded) : []),
    ],
    explains: EXPLAINED,
  };
}

/**
 * Who destroyed a cache that has objects, by the stack: since v6.12 the allocator warns of it before kmem_cache_destroy() tells
 * who called it.
 */
function withDestroyer({ stack }: Case, report: AllocatorReport): AllocatorReport {
  if (report.kind !== 'in-use' || report.place !== undefined || !stack) return report;
  const at = stack.frames.findIndex((f) => bareName(f.symbol ?? '') === 'kmem_cache_destroy');
  const caller = at < 0 ? undefined : stack.frames[at + 1];
  return caller?.symbol && caller.stack !== 'user' ? { ...report, place: frameName(caller) } : report;
}

/** What runs the callbacks of others: who frees by one leaves no name where the callback only jumps on to the allocator. */
const RUNS_CALLBACKS =
  /^(?:rcu_(?:core|do_batch|cpu_kthread|nocb_cb_kthread)|srcu_invoke_callbacks|process_one_work|call_timer_fn|task_work_run)\b/;

/** Who asked for the callback that freed it. */
function handedOver(freedBy: string | undefined, handedBy: string | undefined): string | undefined {
  return freedBy !== undefined && RUNS_CALLBACKS.test(freedBy) ? handedBy : undefined;
}

function freedWords(freedBy: string | undefined, callback: string | undefined): Phrase {
  if (freedBy === undefined) return { en: '', zh: '' };
  if (callback === undefined) return { en: `; it had been freed in ${freedBy}`, zh: `；它此前在 ${freedBy} 中被释放` };
  return {
    en: `; it had been freed by a callback that ${callback} had asked for and ${freedBy} ran`,
    zh: `；它此前被 ${callback} 提交、${freedBy} 执行的回调释放`,
  };
}

/** What KASAN saw, and of an object whose type is known the member: ` (a read of 8 bytes at offset 0x2c8, vfs_inode.i_sb)`. */
function accessWords(of: Case, { access }: AllocatorReport, object: ExaminedObject | undefined): Phrase {
  if (!access) return { en: '', zh: '' };
  const inside = object?.slab ? Number(access.address - object.address) : undefined;
  if (access.size === undefined) {
    const middle = inside === undefined || inside === 0 ? undefined : hex(inside);
    return middle === undefined
      ? { en: '', zh: '' }
      : { en: ` (a free at offset ${middle})`, zh: `（在偏移 ${middle} 处释放）` };
  }
  const member = object && inside !== undefined ? objectMember(of.prog, object, inside) : undefined;
  const size = object?.slab?.allocated
    ? accessibleBytes(of.prog, object.address, object.slab.cache.objectSize)
    : undefined;
  const asked = size === undefined || inside === undefined || inside < size ? undefined : size;
  const more = memberWords(member, asked);
  const offset = inside === undefined ? undefined : hex(inside);
  const at =
    offset === undefined
      ? { en: '', zh: '' }
      : { en: ` at offset ${offset}${more.en}`, zh: `，偏移 ${offset}${more.zh}` };
  const bytes = access.size === 1 ? { en: '1 byte', zh: '1 字节' } : bytesWords(access.size);
  const what = { en: access.what, zh: access.what === 'write' ? '写' : '读' };
  return {
    en: ` (a ${what.en} of ${bytes.en}${at.en})`,
    zh: `（${what.zh} ${bytes.zh}${at.zh}）`,
  };
}

function bytesWords(bytes: number): Phrase {
  return { en: `${bytes} bytes`, zh: `${bytes} 字节` };
}

function memberWords(member: string | undefined, asked: number | undefined): Phrase {
  if (member !== undefined) return { en: `, ${member}`, zh: `（${member}）` };
  return asked === undefined ? { en: '', zh: '' } : { en: ` of ${asked} bytes`, zh: `（对象仅 ${asked} 字节）` };
}

/** What follows from a memory error that was reported before. */
const EXPLAINED = [
  'slab.freelist',
  'pointer.bad',
  'pointer.null',
  'call.bad',
  'death.bug',
  'death.warning',
  'death.exception',
  'list.corruption',
];

/** A cache may be destroyed only when all of its objects were freed. */
function inUseWords({ cache = '', place }: AllocatorReport): Phrase {
  return {
    en: `The slab cache ${cache} was destroyed${place === undefined ? '' : ` by ${place}`} while objects of it were in use: they were never freed, or are still needed.`,
    zh: `slab 缓存 ${cache} ${place === undefined ? '' : `被 ${place} `}销毁时仍有对象在用：它们从未被释放，或仍被需要。`,
  };
}

function cacheSubject({ cache, object }: AllocatorReport, guarded: KfenceObject | undefined): FindingSubject {
  const address = guarded?.address ?? object;
  return { ...(cache !== undefined && { cache }), ...(address !== undefined && { address: hex(address) }) };
}

function guardedName({ address, size }: KfenceObject, cache: string | undefined): Phrase {
  return {
    en: `the object ${hex(address)} (${size} bytes)${cache === undefined ? '' : ` of ${cache}`}`,
    zh: `${cache === undefined ? '' : `${cache} 的`}对象 ${hex(address)}（${size} 字节）`,
  };
}

/** `foo+0x12/0x34 [module]` */
function placeSubject(place: string | undefined): FindingSubject {
  const found = /^([\w.]+)(?:\+0x[^ ]*)?(?: \[(\w+)\])?/.exec(place ?? '');
  if (!found) return {};
  return frameSubject({ symbol: found[1] ?? null, module: found[2] ?? null });
}
