import { perOwner } from '../base/lazy.ts';
import type { Addr } from '../base/units.ts';
import { type AllocatorReport, allocatorReport } from './allocator-report.ts';
import type { Case } from './case.ts';
import { examineObject } from './examine-objects.ts';
import type { ExaminedObject } from './examined-object.ts';

/** What the allocator's own checks, KASAN or KFENCE reported. */
export const reportOfCase = perOwner((of: Case): AllocatorReport | undefined =>
  allocatorReport(of.log.flatMap((r) => r.text.split('\n'))),
);

/** The object of that report, as it is in memory. */
export const reportedObject = perOwner((of: Case): ExaminedObject | undefined => {
  const report = reportOfCase(of);
  if (report?.object !== undefined) return examineObject(of.prog, report.object, []);
  return report && heldObject(of, report);
});

/** Where the report's addresses are hashed: the one object of its cache, at its place in a slab, that the dying code still held. */
function heldObject(of: Case, { cache, offset }: AllocatorReport): ExaminedObject | undefined {
  if (cache === undefined || offset === undefined) return undefined;
  const pageSize = BigInt(of.prog.pageSize);
  const found = new Map<Addr, ExaminedObject>();
  for (const object of of.objects) {
    const slab = object.slab?.slab;
    if (!slab || object.slab?.cache.name !== cache) continue;
    const start = slab.memory - (slab.memory % pageSize); // the first object may stand behind its red zone
    if (object.address - start === BigInt(offset)) found.set(object.address, object);
  }
  return found.size === 1 ? [...found.values()][0] : undefined;
}
