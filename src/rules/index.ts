import type { Rule } from '../diagnosis/rule.ts';
import { allocatorReported } from './allocator-report.ts';
import { atomicSleep } from './atomic-sleep.ts';
import { badCall } from './bad-call.ts';
import { badPointer } from './bad-pointer.ts';
import { bitFlip } from './bit-flip.ts';
import { bootFailed } from './boot-failed.ts';
import { bugAssertion } from './bug-assertion.ts';
import { checkedCopy } from './checked-copy.ts';
import { copyLength } from './copy-length.ts';
import { cpuHardLockup } from './cpu-hard-lockup.ts';
import { cpuSilent } from './cpu-silent.ts';
import { cpuSoftLockup } from './cpu-soft-lockup.ts';
import { cpuSpinDeadlock } from './cpu-spin-deadlock.ts';
import { cpuStarved } from './cpu-starved.ts';
import { division } from './division.ts';
import { doubleFree } from './double-free.ts';
import { exception } from './exception.ts';
import { externalAbort } from './external-abort.ts';
import { filesystemError } from './filesystem-error.ts';
import { filesystemFrozen } from './filesystem-frozen.ts';
import { freeOfOther } from './free-of-other.ts';
import { freedPage } from './freed-page.ts';
import { brokenFreelist } from './freelist.ts';
import { fuseStuck } from './fuse-stuck.ts';
import { hugePagePools } from './huge-page-pools.ts';
import { initDied } from './init-died.ts';
import { ioSlow } from './io-slow.ts';
import { ioStuck } from './io-stuck.ts';
import { limitsReached } from './limits-reached.ts';
import { listCorruption } from './list-corruption.ts';
import { littleFreeMemory } from './little-free-memory.ts';
import { machineCheck } from './machine-check.ts';
import { mapperStuck } from './mapper-stuck.ts';
import { memoryExhausted } from './memory-exhausted.ts';
import { memoryPermission } from './memory-permission.ts';
import { misalignedAccess } from './misaligned-access.ts';
import { moduleInvolvement } from './module-involvement.ts';
import { netDeviceHeld } from './net-device-held.ts';
import { nfsStuck } from './nfs-stuck.ts';
import { nullPointer } from './null-pointer.ts';
import { oomGroup } from './oom-group.ts';
import { oomKill } from './oom-kill.ts';
import { oomPanic } from './oom-panic.ts';
import { overcommitted } from './overcommit.ts';
import { pageBadState } from './page-bad-state.ts';
import { pageCachePressure } from './page-cache.ts';
import { pageTableEntry } from './page-table-entry.ts';
import { panicAsked } from './panic-asked.ts';
import { panicAudit } from './panic-audit.ts';
import { panicCalled } from './panic-called.ts';
import { panicNmi } from './panic-nmi.ts';
import { panicPolicy } from './panic-policy.ts';
import { panicWatchdog } from './panic-watchdog.ts';
import { perCpuPointer } from './per-cpu-pointer.ts';
import { rcuCallbackFlood } from './rcu-callbacks.ts';
import { rcuStall } from './rcu-stall.ts';
import { reclaimAtDeath } from './reclaim-at-death.ts';
import { refcount } from './refcount.ts';
import { returnOverwritten } from './return-overwritten.ts';
import { skbPanic } from './skb-panic.ts';
import { slabAcross } from './slab-across.ts';
import { slabGrowth } from './slab-growth.ts';
import { stackObjectGone } from './stack-object-gone.ts';
import { stackOverflow } from './stack-overflow.ts';
import { stackProtector } from './stack-protector.ts';
import { swapSpace } from './swap-space.ts';
import { timerSelf } from './timer-self.ts';
import { unaccountedMemory } from './unaccounted-memory.ts';
import { unloadedModule } from './unloaded-module.ts';
import { useAfterFree } from './use-after-free.ts';
import { userMemoryAccess } from './user-memory-access.ts';
import { vmallocHole } from './vmalloc-hole.ts';
import { waitDeadlock } from './wait-deadlock.ts';
import { waitHang } from './wait-hang.ts';
import { waitHungTask } from './wait-hung-task.ts';
import { waitOwnFile } from './wait-own-file.ts';
import { waitOwnerGone } from './wait-owner-gone.ts';
import { waitSelfDeadlock } from './wait-self-deadlock.ts';
import { warning } from './warning.ts';
import { workStall } from './work-stall.ts';
import { wrongCache } from './wrong-cache.ts';

/** Every rule. Their findings are ranked together, so the order says nothing. */
export const rules: readonly Rule[] = [
  allocatorReported,
  atomicSleep,
  badCall,
  badPointer,
  unloadedModule,
  pageTableEntry,
  pageBadState,
  userMemoryAccess,
  vmallocHole,
  perCpuPointer,
  bitFlip,
  brokenFreelist,
  bootFailed,
  bugAssertion,
  checkedCopy,
  copyLength,
  cpuHardLockup,
  cpuSilent,
  cpuSoftLockup,
  cpuSpinDeadlock,
  cpuStarved,
  division,
  doubleFree,
  freeOfOther,
  exception,
  externalAbort,
  filesystemError,
  filesystemFrozen,
  freedPage,
  fuseStuck,
  hugePagePools,
  initDied,
  ioSlow,
  ioStuck,
  limitsReached,
  listCorruption,
  littleFreeMemory,
  machineCheck,
  mapperStuck,
  memoryExhausted,
  memoryPermission,
  misalignedAccess,
  moduleInvolvement,
  netDeviceHeld,
  nullPointer,
  nfsStuck,
  oomGroup,
  oomKill,
  oomPanic,
  overcommitted,
  pageCachePressure,
  panicAsked,
  panicAudit,
  panicCalled,
  panicNmi,
  panicPolicy,
  panicWatchdog,
  rcuCallbackFlood,
  rcuStall,
  reclaimAtDeath,
  refcount,
  returnOverwritten,
  skbPanic,
  slabAcross,
  slabGrowth,
  stackObjectGone,
  stackOverflow,
  stackProtector,
  swapSpace,
  timerSelf,
  unaccountedMemory,
  useAfterFree,
  waitDeadlock,
  waitHang,
  waitHungTask,
  waitOwnFile,
  waitOwnerGone,
  waitSelfDeadlock,
  warning,
  workStall,
  wrongCache,
];
