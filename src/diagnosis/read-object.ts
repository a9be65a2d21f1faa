import { attempt } from '../base/attempt.ts';
import type { Addr } from '../base/units.ts';
import type { Case } from './case.ts';
import { examineObject } from './examine-objects.ts';
import type { ExaminedObject } from './examined-object.ts';

/** Of data without a name: a structure with a pointer is smaller. */
const UNKNOWN_SIZE = 0x1000;

/** Where the explanation of the fault read the bad pointer from, the last memory before the fault. */
export function readPlace({ chain }: Case): Addr | undefined {
  return chain?.strands[0]?.steps.find((s) => s.readFrom)?.readFrom?.address;
}

/** The object that the bad pointer was read from: the one that the load's address lies in. */
export function readObject(of: Case): ExaminedObject | undefined {
  const from = readPlace(of);
  if (from === undefined) return undefined;
  const size = (o: ExaminedObject): number => o.slab?.cache.size ?? o.symbol?.size ?? UNKNOWN_SIZE;
  return of.objects.find((o) => from >= o.address && from < o.address + BigInt(size(o)));
}

/** The same, of a slab, whether or not a register leads to it. */
export function readSlabObject(of: Case): ExaminedObject | undefined {
  const from = readPlace(of);
  const known = readObject(of);
  if (known?.slab || from === undefined) return known?.slab ? known : undefined;
  const found = attempt(() => examineObject(of.prog, from, []));
  return found?.slab ? found : undefined;
}
