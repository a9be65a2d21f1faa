import type { Phrase } from '../../base/phrase.ts';
import type { DeathGroup } from '../../report/comparison-data.ts';
import { kindPhrase } from '../../report/words.ts';
import type { Death } from './death.ts';

/** How alike two lists of functions must be to be one path: shared ones of all. */
const ALIKE = 0.5;

/** Deaths with one cause together, largest group first. */
export function groupDeaths(deaths: readonly Death[]): DeathGroup[] {
  const group = deaths.map((_, i) => i);
  const root = (i: number): number => (group[i] === i ? i : root(group[i] as number));
  for (let a = 0; a < deaths.length; a++) {
    for (let b = a + 1; b < deaths.length; b++) {
      if (sameCause(deaths[a] as Death, deaths[b] as Death).length > 0) group[root(b)] = root(a);
    }
  }
  const members = new Map<number, number[]>();
  for (const i of deaths.keys()) members.set(root(i), [...(members.get(root(i)) ?? []), i]);
  return [...members.values()].map((of) => describe(of, deaths)).sort((a, b) => b.members.length - a.members.length);
}

function describe(members: readonly number[], deaths: readonly Death[]): DeathGroup {
  const own = members.map((i) => deaths[i] as Death);
  const first = own[0] as Death;
  const kind = kindPhrase(first.report.crash.kind);
  const where = first.place;
  const plain: Phrase = where === null ? kind : { en: `${kind.en} in ${where}`, zh: `${kind.zh}，位于 ${where}` };
  const reasons = new Map<string, Phrase>();
  for (const other of own.slice(1)) for (const r of sameCause(first, other)) reasons.set(r.en, r);
  return {
    title: first.cause?.title ?? plain,
    members,
    reasons: [...reasons.values()],
    functions: sharedFunctions(own),
  };
}

/** Functions that stand in every one of the stacks, in the order of the first. */
function sharedFunctions(deaths: readonly Death[]): string[] {
  const [first, ...others] = deaths;
  return (first?.functions ?? []).filter((f) => others.every((d) => d.functions.includes(f)));
}

/** Why two deaths are taken for one; empty when they are not. */
function sameCause(a: Death, b: Death): Phrase[] {
  const reasons: Phrase[] = [];
  const [x, y] = [a.cause, b.cause];
  if (x && y && x.rule === y.rule && x.rule !== undefined) {
    const shared = (['cache', 'function', 'module', 'type'] as const).filter(
      (member) => x.subject?.[member] !== undefined && x.subject[member] === y.subject?.[member],
    );
    const names = shared.map((member) => x.subject?.[member]).join(', ');
    if (shared.length > 0) reasons.push({ en: `the same finding about ${names}`, zh: `对 ${names} 的结论相同` });
  }
  const { signature } = a.report.crash;
  if (signature !== null && signature === b.report.crash.signature) {
    reasons.push({ en: `the same signature ${signature}`, zh: `特征相同：${signature}` });
  }
  const place = a.place;
  const sameKind = a.report.crash.kind === b.report.crash.kind;
  if (place !== null && place === b.place && sameKind && !(x && y && x.rule !== y.rule)) {
    reasons.push({ en: `both died in ${place}`, zh: `都死于 ${place}` });
  }
  const alike = likeness(a.functions, b.functions);
  if (sameKind && alike >= ALIKE) {
    const percent = Math.round(100 * alike);
    reasons.push({ en: `${percent} % of the stack is the same`, zh: `栈有 ${percent} % 相同` });
  }
  return reasons;
}

function likeness(a: readonly string[], b: readonly string[]): number {
  if (a.length < 2 || b.length < 2) return 0;
  const shared = a.filter((f) => b.includes(f)).length;
  return shared / new Set([...a, ...b]).size;
}
