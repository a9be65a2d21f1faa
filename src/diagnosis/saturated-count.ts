import { attempt } from '../base/attempt.ts';
import { hex, hexPad } from '../base/hex.ts';
import type { Bytes } from '../base/units.ts';
import { explainArgument } from '../fault/explain-argument.ts';
import type { Evidence } from '../report/finding.ts';
import type { Case } from './case.ts';
import { examineObject } from './examine-objects.ts';
import type { ExaminedObject } from './examined-object.ts';
import { objectMember } from './object-member.ts';

/** REFCOUNT_SATURATED, include/linux/refcount.h (v5.5): what refcount_warn_saturate() sets a count to that went wrong. */
const SATURATED = 0xc0000000;
/** Of an object, looked through for the count. */
const MOST: Bytes = 4096;

/** A reference count that the kernel has given up. */
export interface SaturatedCount {
  readonly object: ExaminedObject;
  /** `f_count`, or the offset where no type is known. */
  readonly place: string;
  readonly evidence: Evidence;
}

/** The object among those of the dying code that has a saturated count in it. */
export function saturatedCount(of: Case): SaturatedCount | undefined {
  return givenCount(of) ?? knownCount(of);
}

/** By what refcount_warn_saturate() was given: the address of the count. */
function givenCount(of: Case): SaturatedCount | undefined {
  const { prog, unwound, place, site, panic } = of;
  if (!unwound || !place || site?.symbol !== 'refcount_warn_saturate') return undefined;
  const own = {
    ...(panic.cpu !== undefined && { cpu: panic.cpu }),
    ...(panic.task !== undefined && { task: panic.task }),
  };
  const argumentOf = (up: number): bigint | undefined =>
    attempt(() => explainArgument(prog, { stack: unwound, index: place.index, ...own }, 0, up))?.steps.find(
      (s) => s.value !== undefined,
    )?.value;
  const at = argumentOf(0);
  const object = at === undefined ? undefined : attempt(() => examineObject(prog, at, []));
  if (at !== undefined && object && attempt(() => prog.memory.u32(at)) !== undefined) {
    return countAt(of, object, Number(at - object.address));
  }
  // the function around it may have jumped there: what that one was given has the count
  for (const up of [1, 2]) {
    const given = argumentOf(up);
    const around = given === undefined ? undefined : attempt(() => examineObject(prog, given, []));
    const found = around && countIn(of, around);
    if (found) return found;
  }
  return undefined;
}

/** By a count that the kernel has given up, in what registers lead to. */
function knownCount(of: Case): SaturatedCount | undefined {
  for (const object of of.objects) {
    const found = countIn(of, object);
    if (found) return found;
  }
  return undefined;
}

function countIn(of: Case, object: ExaminedObject): SaturatedCount | undefined {
  const size = Math.min(object.slab?.cache.objectSize ?? object.symbol?.size ?? 0, MOST);
  for (let offset = 0; offset + 4 <= size; offset += 4) {
    const at = object.address + BigInt(offset);
    const value = attempt(() => of.prog.memory.u32(at));
    if (value === undefined) break;
    if (value !== SATURATED) continue;
    return countAt(of, object, offset);
  }
  return undefined;
}

function countAt(of: Case, object: ExaminedObject, offset: Bytes): SaturatedCount {
  const at = object.address + BigInt(offset);
  const value = (attempt(() => of.prog.memory.u32(at)) ?? SATURATED) >>> 0;
  const member = objectMember(of.prog, object, offset);
  const place = member ?? hex(offset);
  const state =
    value === SATURATED ? { en: ': the kernel has saturated it', zh: '：内核已将其置为饱和值' } : { en: '', zh: '' };
  const what = {
    en: `the count ${member === undefined ? `at offset ${place}` : place} of the object${state.en}`,
    zh: `该对象${member === undefined ? `偏移 ${place} 处` : `的 ${place}`} 的计数${state.zh}`,
  };
  return {
    object,
    place,
    evidence: { what, value: value.toString(16).padStart(8, '0'), command: `rd -32 ${hexPad(at)}` },
  };
}
