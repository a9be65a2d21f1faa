import type { Pfn } from '../base/units.ts';
import type { FaultFrame } from './fault-frame.ts';
import type { Linear, Origin } from './origin.ts';
import type { Term } from './term.ts';

const MAX_DEPTH = 16;
/** Pages that one descriptor stands for at most, of those that are looked for. */
const LARGEST_SLAB = 64;

/** The address of memory in page frame `frame` that the address of its descriptor was computed from. */
export function pageSource(frame: FaultFrame, origin: Origin, wanted: Pfn): Linear | undefined {
  const { prog } = frame.context;
  const seen = new Set<string>();

  const isOfPage = (value: bigint | undefined): boolean => {
    const where = value === undefined ? undefined : prog.map.translate(value);
    if (typeof where !== 'object') return false;
    const frameNumber = Math.floor(where.phys / prog.pageSize);
    return frameNumber >= wanted && frameNumber < wanted + LARGEST_SLAB;
  };

  function ofLinear(value: Linear, depth: number): Linear | undefined {
    const plain = { origin: value.origin, addend: 0n };
    for (const one of [value, plain]) if (value.origin.kind !== 'constant' && isOfPage(frame.value(one))) return one;
    if (seen.has(value.origin.key) || depth > MAX_DEPTH) return undefined;
    seen.add(value.origin.key);
    if (value.origin.kind === 'merged') return first(value.origin.of ?? [], (v) => ofLinear(v, depth + 1));
    const { term, index } = value.origin;
    return term && value.origin.kind === 'computed' ? ofTerm(term, index, depth + 1) : undefined;
  }

  function ofTerm(term: Term, index: number, depth: number): Linear | undefined {
    if (depth > MAX_DEPTH) return undefined;
    if (term.kind === 'register') return ofLinear(frame.origins.of(term.name, index), depth);
    if (term.kind === 'part') return ofTerm(term.of, index, depth + 1);
    if (term.kind !== 'sum' && term.kind !== 'operation') return undefined;
    return ofTerm(term.left, index, depth + 1) ?? ofTerm(term.right, index, depth + 1);
  }

  return ofLinear({ origin, addend: 0n }, 0);
}

function first<T>(of: readonly T[], find: (item: T) => T | undefined): T | undefined {
  for (const item of of) {
    const found = find(item);
    if (found) return found;
  }
  return undefined;
}
