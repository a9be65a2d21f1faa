import { perOwner } from '../base/lazy.ts';
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
  const address = reportOfCase(of)?.object;
  return address === undefined ? undefined : examineObject(of.prog, address, []);
});
