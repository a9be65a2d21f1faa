import { bpftraceFrees } from './bpftrace-frees.ts';
import { bpftraceLocks } from './bpftrace-locks.ts';
import { bpftraceUnlink } from './bpftrace-unlink.ts';
import { crashkernel } from './crashkernel.ts';
import { debugObjects } from './debug-objects.ts';
import { kasan } from './kasan.ts';
import { kfence } from './kfence.ts';
import { leakWatch } from './leak-watch.ts';
import { listChecks } from './list-checks.ts';
import { lockdep } from './lockdep.ts';
import { memorySysctls } from './memory-sysctls.ts';
import { memoryTest } from './memory-test.ts';
import { moduleExperiment } from './module-experiment.ts';
import { pageOwner } from './page-owner.ts';
import { searchFix } from './search-fix.ts';
import { slubDebug } from './slub-debug.ts';
import { stackDepth } from './stack-depth.ts';
import type { StepMaker } from './step-facts.ts';
import { storageCheck } from './storage-check.ts';
import { stuckSysctls } from './stuck-sysctls.ts';
import { swap } from './swap.ts';

/** Every step that can be proposed, what tells most for least first. */
export const stepMakers: readonly StepMaker[] = [
  slubDebug,
  memoryTest,
  storageCheck,
  stuckSysctls,
  swap,
  memorySysctls,
  bpftraceFrees,
  bpftraceUnlink,
  bpftraceLocks,
  stackDepth,
  moduleExperiment,
  searchFix,
  kfence,
  pageOwner,
  leakWatch,
  lockdep,
  listChecks,
  debugObjects,
  kasan,
  crashkernel,
];
