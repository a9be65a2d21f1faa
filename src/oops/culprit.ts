import { isMachinery } from './skip-functions.ts';
import { DISPATCHERS } from './stall-anchors.ts';
import { WAITING } from './wait-functions.ts';

/** The first function that is not machinery; undefined when there is none. @param names innermost first */
export function firstCulprit(names: readonly string[], skip?: RegExp): string | undefined {
  return names.find((n) => !isMachinery(n) && !skip?.test(n));
}

/** The function that a dispatcher called, innermost dispatcher first. */
export function anchorCulprit(names: readonly string[]): string | undefined {
  const many = names.find(
    (n) => /^(?:__)?smp_call_function\w*$|^on_each_cpu\w*$/.test(n) && n.startsWith('smp_call_function'),
  );
  if (many) return many;
  for (let i = 1; i < names.length; i++) {
    const inner = names[i - 1] as string;
    if (DISPATCHERS.test(names[i] as string) && !DISPATCHERS.test(inner) && !isMachinery(inner)) return inner;
  }
  return undefined;
}

/** What a sleeper sleeps for. */
export function waitCulprit(names: readonly string[]): string | undefined {
  return (
    names.find((n) => /^(?:synchronize_(?:rcu|sched|net)\w*|rtnl_lock\w*)$/.test(n)) ??
    names.find((n) => !WAITING.test(n) && !isMachinery(n))
  );
}
