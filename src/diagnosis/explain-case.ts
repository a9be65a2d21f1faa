import type { FaultChain } from '../fault/chain.ts';
import { explainFault } from '../fault/explain-fault.ts';
import type { Case } from './case.ts';

/**
 * The fault of a case explained with what debug information there is by now; undefined where it was none.
 * @param stated the access as the log states it
 */
export function explainCase(of: Omit<Case, 'chain' | 'fault'>, stated: Case['fault']): FaultChain | undefined {
  const { prog, unwound, place, panic } = of;
  if (!unwound || !place) return undefined;
  return explainFault(prog, {
    ...{ stack: unwound, index: place.index },
    ...(panic.cpu !== undefined && { cpu: panic.cpu }),
    ...(panic.task !== undefined && { task: panic.task }),
    ...(stated && { target: stated.address }),
  });
}
