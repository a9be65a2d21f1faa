import { attempt } from '../base/attempt.ts';
import { hex, hexPad } from '../base/hex.ts';
import type { Bytes } from '../base/units.ts';
import type { Evidence } from '../report/finding.ts';
import type { Case } from './case.ts';
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
  for (const object of of.objects) {
    const size = Math.min(object.slab?.cache.objectSize ?? object.symbol?.size ?? 0, MOST);
    for (let offset = 0; offset + 4 <= size; offset += 4) {
      const at = object.address + BigInt(offset);
      const value = attempt(() => of.prog.memory.u32(at));
      if (value === undefined) break;
      if (value !== SATURATED) continue;
      const member = objectMember(of.prog, object, offset);
      const place = member ?? hex(offset);
      const what = {
        en: `the count ${member === undefined ? `at offset ${place}` : place} of the object: the kernel has saturated it`,
        zh: `该对象${member === undefined ? `偏移 ${place} 处` : `的 ${place}`} 的计数：内核已将其置为饱和值`,
      };
      return { object, place, evidence: { what, value: 'c0000000', command: `rd -32 ${hexPad(at)}` } };
    }
  }
  return undefined;
}
