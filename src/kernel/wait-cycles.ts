import { perOwner } from '../base/lazy.ts';

/** Cycles told at most: one more says nothing new. */
const MAX_CYCLES = 64;

/** A directed graph of small numbers: to whom each node leads. */
export type Links = ReadonlyMap<number, readonly number[]>;

/**
 * The cycles of a graph, each once and begun with its smallest node; of nodes on several cycles one or more are told.
 * No recursion: chains are as long as a dump makes them.
 */
export function cyclesOf(links: Links): number[][] {
  const done = new Set<number>();
  const found = new Map<string, number[]>();
  for (const start of links.keys()) {
    if (done.has(start)) continue;
    const path: number[] = [start];
    const place = new Map<number, number>([[start, 0]]);
    const next: number[] = [0];
    while (path.length > 0) {
      const node = path[path.length - 1] as number;
      const step = next[next.length - 1] as number;
      const to = links.get(node)?.[step];
      if (to === undefined) {
        done.add(node);
        place.delete(node);
        path.pop();
        next.pop();
        continue;
      }
      next[next.length - 1] = step + 1;
      const at = place.get(to);
      if (at !== undefined) keep(found, path.slice(at));
      else if (!done.has(to)) {
        place.set(to, path.length);
        path.push(to);
        next.push(0);
      }
    }
    if (found.size >= MAX_CYCLES) break;
  }
  return [...found.values()].slice(0, MAX_CYCLES);
}

function keep(found: Map<string, number[]>, cycle: number[]): void {
  const least = cycle.indexOf(cycle.reduce((a, b) => (b < a ? b : a)));
  const turned = [...cycle.slice(least), ...cycle.slice(0, least)];
  found.set(turned.join(), turned);
}

/** Every node from which one of `targets` can be reached, the targets themselves left out, the nearest first. */
export function reaching(links: Links, targets: readonly number[]): number[] {
  const back = reversed(links);
  const seen = new Set(targets);
  const queue = [...targets];
  const found: number[] = [];
  for (let i = 0; i < queue.length; i++) {
    for (const from of back.get(queue[i] as number) ?? []) {
      if (seen.has(from)) continue;
      seen.add(from);
      queue.push(from);
      found.push(from);
    }
  }
  return found;
}

const reversed = perOwner((links: Links): ReadonlyMap<number, readonly number[]> => {
  const back = new Map<number, number[]>();
  for (const [from, tos] of links) {
    for (const to of tos) {
      const list = back.get(to);
      if (list) list.push(from);
      else back.set(to, [from]);
    }
  }
  return back;
});
