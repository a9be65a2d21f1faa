import { hex64 } from '../base/hex.ts';
import { functionName } from '../kernel/function-name.ts';
import { OBJECT_ALLOCATED } from '../kernel/slab-freelist.ts';
import type { SlabObjectFacts } from '../kernel/slab-object-facts.ts';
import type { ExaminedObjectData } from '../report/examined-object-data.ts';
import type { Case } from './case.ts';
import type { ExaminedObject } from './examined-object.ts';
import { objectEvidence } from './object-evidence.ts';
import { objectName, stateWords } from './object-words.ts';

/** The objects of a case as data for its report. */
export function examinedObjectsData(of: Case): ExaminedObjectData[] {
  return of.objects
    .filter((o) => o.slab || o.page || o.roles.some((r) => r.expression !== undefined))
    .map((o) => data(of, o));
}

function data(of: Case, o: ExaminedObject): ExaminedObjectData {
  const { slab, page } = o;
  return {
    address: hex64(o.address),
    from: sources(of, o),
    name: objectName(o),
    state: stateWords(o),
    cache: slab?.cache.name ?? null,
    type: o.type ?? null,
    ...(slab && { allocated: slab.allocated }),
    page: page?.kind ?? null,
    lists: (slab?.lists ?? []).map(({ kind, where, headAt, head, objects, chain }) => ({
      ...{ kind, where: where ?? null, headAt: hex64(headAt), head: hex64(head) },
      objects: objects.map((at) => hex64(at)),
      ...(chain.why !== undefined && { broken: chain.why }),
    })),
    neighbours: slab ? neighbours(slab) : [],
    evidence: objectEvidence(of, o),
  };
}

/** What leads to it: expressions of the explanation, then registers of the innermost frame that has it: a caller's by its name. */
function sources(of: Case, o: ExaminedObject): string[] {
  const expressions = o.roles.flatMap((r) => (r.expression === undefined ? [] : [r.expression]));
  const first = o.roles.find((r) => r.register !== undefined);
  const registers = o.roles.flatMap((r) => (r.frame === first?.frame && r.register !== undefined ? [r.register] : []));
  const caller = first && !first.printed ? of.unwound?.frames[first.frame]?.symbol?.name : undefined;
  const whose = caller === undefined ? '' : ` in ${functionName(caller)}`;
  return [...new Set([...expressions, ...registers.map((r) => `${r}${whose}`)])];
}

function neighbours({ slab, index, cache, object }: SlabObjectFacts): ExaminedObjectData['neighbours'] {
  return [index - 1, index + 1]
    .filter((i) => i >= 0 && i < slab.total)
    .map((i) => ({
      address: hex64(object + BigInt((i - index) * cache.size)),
      allocated: slab.states[i] === OBJECT_ALLOCATED,
    }));
}
