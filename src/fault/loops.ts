import type { FaultFrame } from './fault-frame.ts';
import { type Linear, type Origin, plus } from './origin.ts';
import { onlySource } from './origin-sources.ts';

/** A value that each round of a loop adds a constant to. */
export interface Advance {
  /** What it was before the loop. */
  readonly start: Linear;
  /** The instruction that adds. */
  readonly index: number;
}

/** Of a value that comes from a loop what it began with; undefined where it is still that, or no loop changes it by constants. */
export function advanceOf(frame: FaultFrame, origin: Origin): Advance | undefined {
  if (origin.kind !== 'merged' || !origin.key.startsWith('merged')) return undefined;
  const values = partsOf(origin, 0n, 0);
  const round = values.find((v) => isRound(v.part, origin));
  const start =
    round &&
    onlyStart(
      frame,
      values.map((v) => v.part).filter((v) => !isRound(v, origin)),
    );
  if (!start) return undefined;
  const now = frame.value({ origin, addend: 0n });
  const before = frame.value(start);
  if (now !== undefined && now === before) return undefined;
  return { start, index: round.at };
}

/** The one value that they are, or that they are all computed from, as aligned pointers are. */
function onlyStart(frame: FaultFrame, starts: readonly Linear[]): Linear | undefined {
  const [first] = starts;
  if (!first || first.origin.kind === 'lost') return undefined;
  if (starts.every((s) => s.origin.key === first.origin.key)) return first;
  const sources = starts.map((s) => (s.origin.kind === 'computed' ? onlySource(frame, s.origin) : s));
  const [source] = sources;
  return source && sources.every((s) => s?.origin.key === source.origin.key) ? source : undefined;
}

interface Part {
  readonly part: Linear;
  readonly at: number;
}

/** What a value may be; the ways of a round are merged again at each instruction that adds to it. */
function partsOf(origin: Origin, added: bigint, depth: number): Part[] {
  return (origin.of ?? []).flatMap((v, i): Part[] => {
    const part = plus(v, added);
    const inner = v.origin.kind === 'merged' && v.origin.place === origin.place && depth < 4;
    if (inner) return partsOf(v.origin, part.addend, depth + 1);
    return [{ part, at: origin.at?.[i] ?? origin.index }];
  });
}

function isRound({ origin, addend }: Linear, { place }: Origin): boolean {
  return origin.kind === 'lost' && origin.key.startsWith('loop:') && origin.place === place && addend !== 0n;
}
