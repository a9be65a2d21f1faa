/**
 * The helpers that walk the kernel's structures, one file a subsystem. Each takes a `Program`; each says in its comment what
 * it returns and what it throws.
 */
export { type AddressIdentity, addressIdentity } from './address-identity.ts';
export { type AddressWalk, addressWalk, taskPageTables } from './address-walk.ts';
export {
  type AllocationKind,
  type AllocationOutcome,
  type AllocationOutlook,
  allocationOutlook,
  type ZoneTest,
} from './allocation-outlook.ts';
export { allocatorCaller } from './allocator-frames.ts';
export { type AuditRecord, auditRecords } from './audit.ts';
export { type BitWait, bitWait } from './bit-wait.ts';
export { type Disk, type Disks, disks } from './block-device.ts';
export { type BlockStack, blockStack } from './block-stack.ts';
export {
  type BpfMap,
  type BpfObjects,
  type BpfProgram,
  bpfByteCode,
  bpfMaps,
  bpfPrograms,
  bpfTypeNames,
} from './bpf.ts';
export { type BtrfsState, btrfsState } from './btrfs.ts';
export { type FreeBlock, type FreeList, freeBlockOf, type ZoneFreeLists, zoneFreeLists } from './buddy.ts';
export { type BufferMemory, pipeMemory, socketMemory } from './buffer-memory.ts';
export { cacheType } from './cache-type.ts';
export { completionHolders } from './completion.ts';
export { type PendingCall, pendingCall } from './cpu-call.ts';
export { type UsedUpQuota, usedUpQuota } from './cpu-quota.ts';
export { cpuRegisters } from './cpu-registers.ts';
export { cpusInMask, nrCpuIds } from './cpumask.ts';
export { type Dentries, type DentryPath, dentries } from './dentry-path.ts';
export { type DescriptorFile, descriptorFiles } from './descriptor-files.ts';
export { type PhysicalPlace, physicalPlace } from './device-memory.ts';
export {
  blockDeviceNumbers,
  type CharDeviceNumber,
  charDeviceNumbers,
  type DeviceNumber,
  type DeviceNumbers,
} from './device-number.ts';
export { type DeviceStep, devicePath } from './device-path.ts';
export { type DiskDriver, diskDriver } from './disk-driver.ts';
export { type DiskRequests, diskRequests, type InFlightRequest } from './disk-requests.ts';
export { type DiskStats, diskStats } from './disk-stats.ts';
export { type MapperState, type MultipathState, mapperStates } from './dm-state.ts';
export { type MapperTarget, mapperTargets } from './dm-table.ts';
export { dmiHardware, dmiStrings } from './dmi.ts';
export { enumerators } from './enumerators.ts';
export { type Ext4Error, type Ext4State, ext4State } from './ext4.ts';
export { type FairEntity, type FairQueue, fairQueue, waitingTasks } from './fair-queue.ts';
export { type FileUse, type FileUser, type FileUsers, fileUsers } from './file-users.ts';
export { type FileDescriptor, type OpenFile, type OpenFiles, openFile, openFiles } from './files.ts';
export { type FilesystemState, type FilesystemStates, filesystemStates } from './filesystem-state.ts';
export { type FrozenWaits, frozenWaits } from './frozen-waits.ts';
export { type FilePath, type FilePaths, filePaths } from './fs-path.ts';
export { type TaskDirectories, type TaskDirectory, taskDirectories } from './fs-struct.ts';
export { type FuseConnection, type FuseRequest, fuseConnections } from './fuse.ts';
export { type FutexWait, futexWait } from './futex-wait.ts';
export { globalAddress } from './global-address.ts';
export { hlistBlEntries, hlistEntries, hlistNullsEntries } from './hlist.ts';
export { type HrClock, type HrTimer, type HrTimerBase, type HrTimers, hrTimers } from './hrtimer.ts';
export { hugePagePages } from './huge-page-size.ts';
export { type HugePageSize, hugePageSizes } from './hugetlb.ts';
export { type IndexEntries, idrEntries, xarrayEntries } from './idr-xarray.ts';
export { kernelConfig } from './ikconfig.ts';
export { type InodeKind, type InodeRecord, inodes, mappingPages } from './inode.ts';
export { type InodeCount, inodeCounts } from './inode-counts.ts';
export { type CachedPages, cachedPages } from './inode-pages.ts';
export {
  blockDeviceName,
  type InodePlace,
  inodeBlockDevice,
  inodePath,
  inodePlace,
  type SuperblockPlace,
  superblockPlace,
} from './inode-place.ts';
export {
  type IpcObject,
  type IpcObjects,
  ipcNamespace,
  type MessageQueue,
  messageQueues,
  type SemaphoreArray,
  type SharedMemory,
  semaphoreArrays,
  sharedMemory,
} from './ipc.ts';
export { type IrqAction, type IrqDescriptor, type Irqs, irqCount, irqs } from './irq.ts';
export { type Journal, type JournalTransaction, readJournal } from './jbd2.ts';
export { journalWait } from './journal-wait.ts';
export { accessibleBytes, type KasanShadow, kasanShadow } from './kasan-shadow.ts';
export { kasanTracks } from './kasan-track.ts';
export { isKernelPointer, KernelStruct } from './kernel-struct.ts';
export { type KfenceObject, kfenceObject } from './kfence.ts';
export { type KlistEntry, type KlistWalk, klistEntries } from './klist.ts';
export { type Alike, type ReachedLimit, reachedLimits } from './limits.ts';
export { type LinkedListShape, type LinkedListWalk, linkedList } from './linked-list.ts';
export {
  type ChainShape,
  chainEntries,
  type ListWalk,
  listBothWays,
  listEntries,
  listEntriesBackward,
} from './list.ts';
export { llistEntries } from './llist.ts';
export { type LockName, lockName } from './lock-name.ts';
export { type NotedLock, notedFor, notedLocks } from './lockdep.ts';
export { type FileLock, type FileLockKind, type FileLocks, fileLocks } from './locks.ts';
export { type MapleEntry, type MapleNode, type MapleSlot, type MapleWalk, mapleEntries } from './maple-tree.ts';
export { type MemInfo, memoryInfo } from './meminfo.ts';
export { MEMORY_HOLDERS, type MemoryBalance, type MemoryHolder, memoryBalance } from './memory-balance.ts';
export { type MemoryBlock, memoryBlocks } from './memory-block.ts';
export { cgroupPath, type MemoryCgroup, type MemoryCgroups, memoryCgroups } from './memory-cgroup.ts';
export { type MemoryRange, memoryMap } from './memory-map.ts';
export { type MemoryOverview, memoryOverview } from './memory-overview.ts';
export { type MemoryKind, type MemoryPresence, memoryPresence, type PresenceCount } from './memory-presence.ts';
export { type MemoryUsage, memoryUsage } from './memory-usage.ts';
export { type MmLayout, mmLayout, vmaName, vmaPath } from './mm.ts';
export { type ModuleMemory, type ModuleRecord, type ModuleState, type Modules, modules } from './module.ts';
export { type ModulePlace, modulePlace } from './module-place.ts';
export { type MountRecord, type Mounts, mounts, superblockOf } from './mount.ts';
export { mountOptions } from './mount-options.ts';
export { type MutexState, mutexState } from './mutex.ts';
export { formatIpv4, formatIpv6, formatIpv6Long } from './net-address.ts';
export {
  type DeviceAddress,
  type NetDevice,
  type NetDevices,
  netDeviceName,
  netDevices,
  netNamespace,
} from './net-device.ts';
export { arpCache, type Neighbour, type Neighbours } from './net-neighbour.ts';
export { type NfsMount, nfsMounts, type RpcCall } from './nfs.ts';
export { type ObjectIdentity, objectIdentity } from './object-identity.ts';
export { objectTracks } from './object-tracks.ts';
export { oomLog } from './oom-log.ts';
export { type OomScore, type OomScores, oomScores } from './oom-score.ts';
export { type Overcommit, type OvercommitMode, overcommit } from './overcommit.ts';
export { allPages, PageReader, type PageRecord, pageReader } from './page.ts';
export { type CachedFile, type PageCacheFiles, pageCacheFiles } from './page-cache.ts';
export { type PageEntry, pageEntry } from './page-entry.ts';
export { flagNamesOfPage, type PageFlag, pageFlagNames, pageFlags } from './page-flags.ts';
export { type PageMap, pageMap } from './page-map.ts';
export { type PageOwner, type PageTrack, pageOwner } from './page-owner.ts';
export { type PageTypes, pageTypes } from './page-type.ts';
export { type PageUse, pageUse, pageUseAt } from './page-use.ts';
export { type PanicFacts, panicFacts } from './panic.ts';
export { type PanicSetting, panicSetting } from './panic-settings.ts';
export { type PciBus, type PciBuses, type PciDevice, pciBuses } from './pci.ts';
export { onlineCpus, perCpu, perCpuOffset, possibleCpus, presentCpus } from './percpu.ts';
export { type PercpuList, percpuLists } from './percpu-list.ts';
export { mayBePerCpu } from './percpu-memory.ts';
export { type PercpuRwsemState, percpuRwsemState } from './percpu-rwsem.ts';
export { type PlistEntry, type PlistWalk, plistEntries } from './plist.ts';
export { type PreemptCount, preemptCount } from './preempt-count.ts';
export { type LogRecord, type LogRecords, logRecords } from './printk.ts';
export { type PrintkSafeBuffer, printkSafeBuffers } from './printk-safe.ts';
export { type RwlockState, rwlockState } from './qrwlock.ts';
export { type SpinlockState, spinlockState } from './qspinlock.ts';
export { type IndexedEntries, type IndexedEntry, radixTreeItems } from './radix-tree.ts';
export {
  type RbtreeNode,
  type RbtreeOrder,
  type RbtreeWalk,
  rbtreeCachedEntries,
  rbtreeEntries,
  rbtreeNodes,
} from './rbtree.ts';
export * from './rcu-callbacks.ts';
export { type GracePeriod, gracePeriod } from './rcu-grace-period.ts';
export { type ReclaimKind, type ReclaimTask, type ReclaimTasks, reclaimTasks } from './reclaim-tasks.ts';
export { type Referred, type Referrer, type Referrers, referrers } from './referrers.ts';
export { type RequestFacts, requestAge, requestFacts } from './request-facts.ts';
export { type Resource, type Resources, resources } from './resource.ts';
export { blockedOnRtMutex, type RtMutexWait } from './rt-mutex.ts';
export { rwbaseWait } from './rwbase.ts';
export { type RwsemState, rwsemState } from './rwsem.ts';
export {
  type Sbitmap,
  type SbitmapQueue,
  type SbitmapWaiters,
  type SbitmapWord,
  sbitmap,
  sbitmapQueue,
  sbitmapSetBits,
} from './sbitmap.ts';
export {
  currentTask,
  queuedTasks,
  type RealTimeEntry,
  type RunQueue,
  type RunQueues,
  realTimeTasks,
  runQueues,
} from './sched.ts';
export {
  type KernelParts,
  kernelSpace,
  physicalSpace,
  type SearchArea,
  type SearchSpace,
  userSpace,
} from './search-areas.ts';
export { MemorySearch, type SearchHit } from './search-memory.ts';
export { type Pattern, textPattern, unitPattern } from './search-pattern.ts';
export { type SemaphoreState, semaphoreState } from './semaphore.ts';
export {
  type PendingSignals,
  type ProcessSignals,
  processSignals,
  type SignalAction,
  type ThreadSignals,
  threadSignals,
} from './signal.ts';
export { actionFlagNames, SIGNALS, signalName, signalNames, signalsOf } from './signal-names.ts';
export { type ArraySlab, arraySlabs, type FreeArray, freeArrays, usesSlabArrays } from './slab-arrays.ts';
export { findSlabCache, type SlabCache, type SlabCaches, slabCaches } from './slab-cache.ts';
export { slabCacheOf } from './slab-cache-of.ts';
export { slabNamer } from './slab-name.ts';
export { type SlabHit, type SlabRecord, slabAt } from './slab-object.ts';
export { type FreePlace, type SlabList, type SlabObjectFacts, slabObjectFacts } from './slab-object-facts.ts';
export { type RedZone, type SlabPoison, slabPoison } from './slab-poison.ts';
export { type SlabCount, scannedSlabs } from './slab-scan.ts';
export { type CacheSheaves, cacheSheaves, type Sheaf, sheafObjects } from './slab-sheaves.ts';
export { type SlabSize, type SlabSizes, slabSizes } from './slab-sizes.ts';
export { type SlabTrack, slabTracks } from './slab-track.ts';
export { arraySlabAt, arraySlabRecords, slabUsage } from './slab-usage.ts';
export { type SlabUsage, slubUsage } from './slub.ts';
export { type SocketEnd, type SocketRecord, socketOfInode } from './socket.ts';
export { networkDiskPeers, type SocketPeer, socketPeer } from './socket-peer.ts';
export { softirqActions } from './softirq.ts';
export { type MemorySection, type MemorySections, memorySections } from './sparsemem.ts';
export { type StackText, stackOverflowSigns, stackText, stackWords } from './stack-text.ts';
export { stackTrace } from './stackdepot.ts';
export { type StartedFunction, startedFunction, threadFunction } from './started-function.ts';
export { type SwapArea, type SwapAreas, swapAreas } from './swap.ts';
export { type SystemCall, systemCalls } from './syscall.ts';
export { type SystemFacts, systemFacts } from './system.ts';
export { taintLetters, taintLine } from './taint.ts';
export { findTask, type TaskRecord, type TaskTable, taskTable } from './task.ts';
export { type TaskArguments, taskArguments } from './task-arguments.ts';
export {
  type ResourceLimit,
  resourceLimits,
  SCHED_POLICIES,
  savedStackPointer,
  schedPolicy,
  type TaskTimes,
  taskPriority,
  taskTimes,
} from './task-detail.ts';
export { type TaskHome, taskHome } from './task-home.ts';
export { taskStack } from './task-stack.ts';
export { taskStateCode, taskStateLetter, taskStateNames } from './task-state.ts';
export { type KernelTime, kernelTime, tickRate } from './timekeeping.ts';
export { type Timer, type TimerBase, type Timers, timers } from './timer.ts';
export { totalRamPages } from './total-ram.ts';
export { userSpaceOf, userTables } from './user-space.ts';
export { initUtsname, type Utsname } from './utsname.ts';
export { type CounterGroup, type VmCounters, type VmStat, vmCounters, vmStat } from './vm-stat.ts';
export { type Vma, type Vmas, vmas } from './vma.ts';
export { vmaFlagNames } from './vma-flags.ts';
export { type VmaPage, vmaPage, vmaPages } from './vma-pages.ts';
export { freedVmapAreas, type VmapArea, type VmapAreas, vmapAreas } from './vmalloc.ts';
export { vmallocPages } from './vmalloc-pages.ts';
export { plainName, type WaitKind, type WaitMode, type WaitSite } from './wait-function.ts';
export {
  type GraphResource,
  type TaskWait,
  type WaitCycle,
  type WaitGraph,
  type WaitRoot,
  waitGraph,
} from './wait-graph.ts';
export { type Waiter, type WaitQueue, waitQueue } from './wait-queue.ts';
export type { FoundHow, Holder, HolderHow, WaitResource } from './wait-resource.ts';
export { type CodeNames, throughCode } from './wait-through.ts';
export { blockedFor } from './wait-times.ts';
export { type Worker, type WorkerPool, type WorkerPools, workerPools } from './workqueue.ts';
export { xarrayItems } from './xarray.ts';
export { type XfsState, xfsState } from './xfs.ts';
export { type MemoryNodes, memoryNodeRecords, type NodeRecord, type ZoneRecord } from './zone.ts';
export { type MarkSettings, type Marks, type Watermarks, watermarks, type ZoneMarks } from './zone-marks.ts';
