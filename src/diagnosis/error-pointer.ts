import type { Addr } from '../base/units.ts';
import type { Case } from './case.ts';
import { isErrorPointer } from './pointer-kind.ts';

/** The pointer of the access that failed, where it is an error code: what was added to it may lead to NULL and above. */
export function errorPointer(of: Case): Addr | undefined {
  if (of.chain?.kind !== 'access' || of.chain.indexed) return undefined; // an index may be negative
  const value = of.chain.strands[0]?.steps[0]?.value;
  return value !== undefined && isErrorPointer(value) ? value : undefined;
}
