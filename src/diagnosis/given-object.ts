import { attempt } from '../base/attempt.ts';
import { type FrameArgument, frameArguments } from '../fault/frame-arguments.ts';
import type { Evidence } from '../report/finding.ts';
import type { Case } from './case.ts';
import type { ExaminedObject } from './examined-object.ts';
import { heldEvidence } from './object-evidence.ts';

/** An object that the function in which it died was given. */
export interface GivenObject {
  readonly object: ExaminedObject;
  /** What the function calls it. */
  readonly name: string;
  readonly evidence: readonly Evidence[];
}

/** The first argument of the function in which it died that lies in an object of a kind. */
export function givenObject(of: Case, wanted: (o: ExaminedObject) => boolean): GivenObject | undefined {
  const { prog, unwound, place, panic } = of;
  if (!unwound || !place || !of.objects.some(wanted)) return undefined;
  const own = {
    ...(panic.cpu !== undefined && { cpu: panic.cpu }),
    ...(panic.task !== undefined && { task: panic.task }),
  };
  const given = attempt((): readonly FrameArgument[] =>
    frameArguments(prog, { stack: unwound, index: place.index, ...own }),
  );
  for (const { name, value } of given ?? []) {
    const object = value === undefined ? undefined : of.objects.find((o) => wanted(o) && holds(o, value));
    if (object && value !== undefined) return { object, name, evidence: heldEvidence(of, object) };
  }
  return undefined;
}

function holds(o: ExaminedObject, at: bigint): boolean {
  return at >= o.address && at < o.address + BigInt(o.slab?.cache.objectSize ?? 0);
}
