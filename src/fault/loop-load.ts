import type { Addr } from '../base/units.ts';
import type { FaultFrame } from './fault-frame.ts';
import type { Origin } from './origin.ts';
import type { Term } from './term.ts';

/** Links that are followed: a longer way is not proved by where it ends. */
const MAX_STEPS = 100_000;

/** Where the last link of a walk through a list or tree was read. */
export interface LoopLoad {
  readonly address: Addr;
  /** Links that were followed before it. */
  readonly steps: number;
}

/**
 * Where a register got a value that walks along links in a loop, as in `while (node->left) node = node->left`: it begins with
 * what memory says and follows the same link until the value is met. Undefined where the register is not made so, or memory
 * does not lead to the value.
 */
export function loopLoad(frame: FaultFrame, register: string, value: bigint): LoopLoad | undefined {
  const { origin, addend } = frame.origins.of(register, frame.index);
  if (origin.kind !== 'merged' || addend !== 0n) return undefined;
  const all = origin.of ?? [];
  const links = all.flatMap((v) => (v.addend === 0n ? (linkOffset(frame, v.origin, origin) ?? []) : []));
  const [link] = links;
  if (link === undefined || links.length !== 1) return undefined;
  for (const first of all) {
    const { term, index } = first.origin;
    if (first.addend !== 0n || first.origin.kind !== 'load' || term?.kind !== 'memory') continue;
    if (linkOffset(frame, first.origin, origin) !== undefined) continue;
    const from = frame.evaluate(term.address, index);
    const found = from === undefined ? undefined : follow(frame, from, link, value);
    if (found) return found;
  }
  return undefined;
}

function follow(frame: FaultFrame, from: Addr, link: bigint, value: bigint): LoopLoad | undefined {
  const seen = new Set<Addr>();
  for (let at = from; seen.size < MAX_STEPS && !seen.has(at); ) {
    const next = frame.read(at, 8);
    if (next === value) return { address: at, steps: seen.size };
    if (next === undefined || next === 0n) return undefined;
    seen.add(at);
    at = BigInt.asUintN(64, next + link);
  }
  return undefined;
}

/** Of a load through the value itself: how far the link lies from it. */
export function linkOffset(frame: FaultFrame, made: Origin, merged: Origin): bigint | undefined {
  if (made.kind !== 'load' || made.term?.kind !== 'memory' || made.term.size !== 8) return undefined;
  const { address } = made.term;
  const [base, offset]: readonly [Term, bigint] =
    address.kind === 'sum' && address.right.kind === 'constant' ? [address.left, address.right.value] : [address, 0n];
  if (base.kind !== 'register') return undefined;
  const from = frame.origins.of(base.name, made.index);
  return from.origin.key === merged.key ? BigInt.asUintN(64, from.addend + offset) : undefined;
}
