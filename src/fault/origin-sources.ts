import type { FaultFrame } from './fault-frame.ts';
import { type Linear, type Origin, plus } from './origin.ts';
import type { Term } from './term.ts';

/** The one value, but for constants, that another was computed from. */
export function onlySource(frame: FaultFrame, origin: Origin): Linear | undefined {
  const found: Linear[] = [];
  const collect = (term: Term): void => {
    if (term.kind === 'sum' || term.kind === 'operation') {
      collect(term.left);
      collect(term.right);
    } else if (term.kind === 'part') collect(term.of);
    else if (term.kind !== 'constant') found.push(frame.origins.ofTerm(term, origin.index, origin.place));
  };
  if (origin.term && origin.term.kind !== 'this-cpu') collect(origin.term);
  const values = found.filter((v) => v.origin.kind !== 'constant');
  return values.length === 1 && values[0]?.origin.key !== origin.key ? values[0] : undefined;
}

/** What a value may be, ways that were merged before among them. */
export function flattened(origin: Origin, depth = 0): readonly Linear[] {
  return (origin.of ?? []).flatMap((v) =>
    v.origin.kind === 'merged' && depth < 4
      ? flattened(v.origin, depth + 1).map((inner) => plus(inner, v.addend))
      : [v],
  );
}
