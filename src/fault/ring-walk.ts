import type { Addr } from '../base/units.ts';
import type { FaultFrame } from './fault-frame.ts';
import { linkOffset } from './loop-load.ts';
import type { Linear, Origin } from './origin.ts';
import { testOf } from './tests.ts';

/** Links that are followed: a longer list is no ring that can be shown. */
const MAX_LINKS = 200_000;

/** A walk along links that comes back to where it was, and never to where its loop would end. */
export interface RingWalk {
  /** Where the links of the ring are, from the one that is read next on. */
  readonly links: readonly Addr[];
  /** Links that were followed from there before the ring began again. */
  readonly length: number;
  /** What the loop goes on until it meets: the head of its list, or 0. */
  readonly end: Addr;
}

/**
 * Whether the loop at a frame walks along links, as `while (node != head) node = node->next`, in a ring that does not have its end
 * in it. Undefined where the loop is none of this, its end cannot be told, or memory leads there.
 */
export function ringWalk(frame: FaultFrame): RingWalk | undefined {
  for (const register of frame.registers.keys()) {
    const walk = walkOf(frame, register);
    const ring = walk && followed(frame, walk);
    if (walk && ring) return ring;
  }
  return undefined;
}

interface Walk {
  /** The value that goes round, now. */
  readonly value: bigint;
  /** Where the link lies from it, and what is added to a link to make the next value. */
  readonly link: bigint;
  readonly more: bigint;
  /** What the tests of the loop compare links with, as links. */
  readonly ends: readonly bigint[];
}

function walkOf(frame: FaultFrame, register: string): Walk | undefined {
  const { origin, addend } = frame.origins.of(register, frame.index);
  if (origin.kind !== 'merged' || addend !== 0n) return undefined;
  const own = (origin.of ?? []).flatMap((of) => {
    const link = linkOffset(frame, of.origin, origin);
    return link === undefined ? [] : [{ of, link }];
  });
  const [only] = own;
  const value = frame.value({ origin, addend });
  if (!only || own.length !== 1 || value === undefined || value === 0n) return undefined;
  const more = only.of.addend;
  const ends = endsOf(frame, origin, only.of.origin, more);
  return ends.length === 0 ? undefined : { value, link: only.link, more, ends };
}

/** Values that a jump of the function compares the value or its link with. */
function endsOf(frame: FaultFrame, merged: Origin, load: Origin, more: bigint): bigint[] {
  const { code } = frame;
  const ends: bigint[] = [];
  code.instructions.forEach((insn, i) => {
    if (!code.machine.isConditional(insn)) return;
    const placed = frame.attempt(() => testOf(frame, i));
    if (!placed) return;
    const { left, right } = placed.test;
    for (const [side, other] of [
      [left, right],
      [right, left],
    ] as const) {
      const from = linkValue(frame.origins.ofTerm(side, placed.index), merged, load, more);
      const value = from === undefined ? undefined : frame.evaluate(other, placed.index);
      if (from !== undefined && value !== undefined) ends.push(BigInt.asUintN(64, value - from));
    }
  });
  return ends;
}

/** What is added to a link where it is compared; undefined for another value. */
function linkValue({ origin, addend }: Linear, merged: Origin, load: Origin, more: bigint): bigint | undefined {
  if (origin.key === load.key) return addend;
  if (origin.key === merged.key) return addend + more;
  const all = origin.kind === 'merged' ? (origin.of ?? []) : [];
  const same = all.find((o) => o.origin.key === load.key);
  return same && addend + same.addend;
}

function followed(frame: FaultFrame, { value, link, more, ends }: Walk): RingWalk | undefined {
  const seen = new Map<bigint, number>();
  const links: Addr[] = [];
  for (let at = value; seen.size < MAX_LINKS; ) {
    const before = seen.get(at);
    if (before !== undefined) {
      const end = ends[0] as bigint;
      return { links: links.slice(before), length: links.length - before, end };
    }
    seen.set(at, links.length);
    const place = BigInt.asUintN(64, at + link);
    const next = frame.read(place, 8);
    if (next === undefined || next === 0n || ends.includes(next)) return undefined;
    links.push(place);
    at = BigInt.asUintN(64, next + more);
  }
  return undefined;
}
