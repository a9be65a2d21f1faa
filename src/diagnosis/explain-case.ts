import type { FaultChain } from '../fault/chain.ts';
import { explainFault } from '../fault/explain-fault.ts';
import type { Case } from './case.ts';

/** The fault of a case explained with what debug information there is by now; undefined where it was none. */
export function explainCase({ prog, unwound, place, panic, fault }: Omit<Case, 'chain'>): FaultChain | undefined {
  if (!unwound || !place) return undefined;
  return explainFault(prog, {
    ...{ stack: unwound, index: place.index },
    ...(panic.cpu !== undefined && { cpu: panic.cpu }),
    ...(panic.task !== undefined && { task: panic.task }),
    ...(fault && { target: fault.address }),
  });
}
