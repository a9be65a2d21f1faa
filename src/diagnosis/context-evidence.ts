import { attempt } from '../base/attempt.ts';
import { structAt } from '../kernel/module-struct.ts';
import type { Evidence } from '../report/finding.ts';
import { inRcuCallback } from './blame.ts';
import type { Case } from './case.ts';
import { stackCommand } from './evidence.ts';
import type { ExaminedObject } from './examined-object.ts';

/** What a death in an interrupt had interrupted. */
export function interruptedEvidence(of: Case): Evidence[] {
  const { place, stack } = of;
  if (!place?.interrupted || place.interrupted.symbol === null) return [];
  const { symbol } = place.interrupted;
  const who = stack ? `${stack.comm} (pid ${stack.pid})` : '';
  const kind = { softirq: 'softirq', hardirq: 'hardirq', nmi: 'NMI', process: '', unknown: '' }[place.context];
  const what = {
    en: `it happened in a ${kind} that had interrupted ${who} in this function`,
    zh: `发生在 ${kind} 中，被中断的是 ${who}，当时正在此函数中`,
  };
  return [{ what, value: symbol, command: stackCommand(of) }];
}

/** Members of objects that lead to the function by which RCU frees them. */
const CALLBACKS = [
  'i_rcu.func',
  'free_inode',
  'rcu.func',
  'rcu_head.func',
  'd_u.d_rcu.func',
  'f_rcuhead.func',
  'u.rcu.func',
];

/** The function that RCU was to free the object by, as the object names it. */
export function rcuOwner(
  of: Case,
  o: ExaminedObject,
): { function: string; module?: string; evidence: Evidence } | undefined {
  if (o.type === undefined || !inRcuCallback(of)) return undefined;
  const prefix = o.identity && o.identity.inside !== '' ? `${o.identity.inside}.` : '';
  for (const member of CALLBACKS) {
    const path = prefix + member;
    const value = attempt(() =>
      structAt(of.prog, o.type as string, o.address)
        .find(path)
        ?.toBigInt(),
    );
    const symbol = value === undefined || value === 0n ? undefined : attempt(() => of.prog.symbolAt(value));
    if (value === undefined || !symbol || symbol.address !== value || !/[tw]/i.test(symbol.letter)) continue;
    const what = {
      en: `its ${path}: the function by which RCU frees it`,
      zh: `它的 ${path}：RCU 释放它所用的函数`,
    };
    const evidence = { what, value: `<${symbol.name}>`, command: `struct ${o.type}.${path} ${o.address.toString(16)}` };
    return { function: symbol.name, ...(symbol.module !== undefined && { module: symbol.module }), evidence };
  }
  return undefined;
}

/** Who still points to the object, the most telling first: at most a few. */
export function referrerEvidence(of: Case, o: ExaminedObject): Evidence[] {
  const found = attempt(() => of.referrersOf(o))?.found ?? [];
  const telling = found.filter((r) => r.allocated !== false);
  return telling.slice(0, MOST_REFERRERS).map(({ value, type, member, object, words }) => {
    const own = words === undefined || words === '' ? '' : ` (${words})`;
    const what = {
      en: `still referenced by ${type} ${object.toString(16)}${own}, member ${member}`,
      zh: `仍被 ${type} ${object.toString(16)}${own} 的成员 ${member} 引用`,
    };
    return { what, value: `0x${value.toString(16)}`, command: `struct ${type}.${member} ${object.toString(16)}` };
  });
}

const MOST_REFERRERS = 3;
