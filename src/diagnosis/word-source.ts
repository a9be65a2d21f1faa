import { attempt } from '../base/attempt.ts';
import { hex } from '../base/hex.ts';
import { frameOnStack } from '../fault/frame-on-stack.ts';
import { functionCode } from '../fault/function-code.ts';
import { loopLoad } from '../fault/loop-load.ts';
import type { Evidence } from '../report/finding.ts';
import type { Case } from './case.ts';
import { wordEvidence } from './evidence.ts';
import { examineObject } from './examine-objects.ts';
import type { ExaminedObject } from './examined-object.ts';
import { objectMember } from './object-member.ts';

/** The word of an object that holds a bad value. */
export interface WordSource {
  readonly object: ExaminedObject;
  /** Bytes from the object's beginning. */
  readonly offset: number;
  /** Its member, where the type is known. */
  readonly member?: string;
  readonly evidence: Evidence;
}

/** How far a member may lie from the pointer that leads to it. */
const NEAR = 0x1000n;
/** Low bits that say something else, and are taken off a pointer before it is used. */
const FLAGS = 0xffn;
const MAX_OBJECT = 0x10000;

/**
 * Where a bad address came from: a word of an object in the registers that holds it, or holds what lies a member before it.
 * The exact value goes before a near one. @param exact only that one: of what was called, which no offset is added to
 */
export function wordSource(of: Case, bad: bigint, exact = false): WordSource | undefined {
  if (bad < NEAR) return undefined; // a small number is anywhere
  const walked = attempt(() => walkedSource(of, bad));
  if (walked) return walked;
  let near: WordSource | undefined;
  for (const object of of.objects) {
    if (object.pointer === bad) continue; // what it points to did not give it
    const size = Math.min(object.slab?.cache.objectSize ?? object.symbol?.size ?? 0, MAX_OBJECT);
    for (let offset = 0; offset + 8 <= size; offset += 8) {
      const value = attempt(() => of.prog.memory.u64(object.address + BigInt(offset)));
      if (value === undefined) break;
      if (value === bad) return source(of, object, offset) ?? near;
      const distance = bad - value;
      const flags = (bad & FLAGS) === 0n && (value & ~FLAGS) === bad;
      if (!near && value >= NEAR && (flags || (distance > 0n && distance < NEAR))) near = source(of, object, offset);
    }
  }
  return exact ? undefined : near;
}

/** The code walked along links until it met the bad one: the object that has it, which no register points to any more. */
function walkedSource(of: Case, bad: bigint): WordSource | undefined {
  const { prog, unwound, place, crashed } = of;
  const at = place && unwound?.frames[place.index];
  const code = at?.symbol && functionCode(prog, at.lookupPc);
  const frame = code && frameOnStack({ prog, cpu: of.panic.cpu, task: crashed?.address }, code, at);
  if (!frame) return undefined;
  for (const [name, value] of frame.registers) {
    const distance = bad - value;
    if (value < NEAR || distance < 0n || distance >= NEAR) continue;
    const load = loopLoad(frame, name, value);
    const object = load && examineObject(prog, load.address, []);
    const found = load && object?.slab && source(of, object, Number(load.address - object.address));
    if (found) return found;
  }
  return undefined;
}

function source(of: Case, object: ExaminedObject, offset: number): WordSource | undefined {
  const member = objectMember(of.prog, object, offset);
  const place = member ?? hex(offset);
  const what = {
    en: `the object holds that value ${member === undefined ? `at offset ${place}` : `in ${place}`}`,
    zh: `该对象${member === undefined ? `偏移 ${place} 处` : `的 ${place}`} 保存着这个值`,
  };
  const evidence = wordEvidence(of.prog, what, object.address + BigInt(offset));
  return evidence && { object, offset, ...(member !== undefined && { member }), evidence };
}
