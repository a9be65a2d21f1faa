import type { Addr } from '../base/units.ts';
import type { Case } from './case.ts';
import { isErrorPointer } from './pointer-kind.ts';

/** The pointer of the access that failed, where it is an error code: what was added to it may lead to NULL and above. */
export function errorPointer(of: Case): Addr | undefined {
  if (of.chain?.kind !== 'access' || of.chain.indexed) return undefined; // an index may be negative
  const value = of.chain.strands[0]?.steps[0]?.value;
  return value !== undefined && isErrorPointer(value) && nullBehind(of) === undefined ? value : undefined;
}

/**
 * What the pointer of the access that failed was made of, when that is NULL: the structure around a member is sought by
 * container_of(), which takes the member's offset off. The offset; undefined where the pointer is no such one.
 */
export function nullBehind({ chain }: Pick<Case, 'chain'>): bigint | undefined {
  const steps = chain?.kind === 'access' && !chain.indexed ? (chain.strands[0]?.steps ?? []) : [];
  const value = steps[0]?.value;
  if (value === undefined || !isErrorPointer(value)) return undefined;
  // only a constant was added on the way to what was loaded
  const loaded = steps.slice(1).find((s) => s.readFrom !== undefined);
  if (loaded?.value !== 0n || loaded.readFrom?.now !== 0n) return undefined;
  return BigInt.asUintN(64, -value);
}
