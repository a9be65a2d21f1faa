import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer, KernelStruct } from './kernel-struct.ts';
import { perCpuOffset, presentCpus } from './percpu.ts';
import type { TaskEntry } from './task-entry.ts';

// The counters of an address space (include/linux/mm_types_task.h, an enum without a name, in this order since commit
// eca56ff906bd, "mm, shmem: add internal shmem resident memory accounting", v4.5): file, anonymous, swap, shared memory.
const RESIDENT = [0, 1, 3];

/** Pages of an address space: mapped, and resident. */
export interface MemoryUsage {
  readonly virtualPages: number;
  readonly residentPages: number;
  /** What has been added up so far: what /proc/PID/stat tells, and so the guest's own ps. */
  readonly countedPages: number;
}

/**
 * How much memory the processes use, per `mm_struct`: `total_vm`, and the resident pages with the parts that CPUs (since
 * commit f1a7941243c1, "mm: convert mm's rss stats into percpu_counter", v6.2) or tasks (before) have not handed in yet.
 * An address space that cannot be read is left out.
 * @throws NotFoundError when the types are unknown
 */
export function memoryUsage(
  prog: Program,
  tasks: Iterable<Pick<TaskEntry, 'mm' | 'rssParts'>>,
): ReadonlyMap<Addr, MemoryUsage> {
  const totalVm = prog.offset('mm_struct', 'total_vm');
  const shared = prog.findMember('mm_struct', 'rss_stat.count');
  const perCpu = shared ? undefined : percpuCounters(prog);
  const counters = shared?.offset ?? prog.offset('mm_struct', 'rss_stat');
  const span = Math.max(totalVm + 8, counters + (perCpu ? 4 * perCpu.size : 32));
  const mm = new KernelStruct(prog, span);
  const parts = new Map<Addr, [number, number, number]>();
  for (const task of tasks) {
    if (!isKernelPointer(prog, task.mm)) continue;
    const sum = parts.get(task.mm);
    const [file, anon, shmem] = task.rssParts;
    if (!sum) parts.set(task.mm, [file, anon, shmem]);
    else if (shared) {
      sum[0] += file;
      sum[1] += anon;
      sum[2] += shmem;
    }
  }
  const usage = new Map<Addr, MemoryUsage>();
  for (const [at, own] of parts) {
    if (mm.load(at)) continue;
    let resident = 0;
    let counted = 0;
    const places = RESIDENT.map((kind) => counters + kind * (perCpu?.size ?? prog.arch.pointerSize));
    const pending = perCpu ? perCpu.parts(mm, places) : own;
    for (let i = 0; i < places.length; i++) {
      const place = places[i] as number;
      const common = perCpu ? perCpu.common(mm, place) : mm.long(place);
      // A counter that is caught in between may be negative.
      counted += Math.max(0, common);
      resident += Math.max(0, common + (pending[i] as number));
    }
    usage.set(at, { virtualPages: mm.long(totalVm), residentPages: resident, countedPages: counted });
  }
  return usage;
}

/** A reader of `struct percpu_counter` inside a copied object. */
export interface PercpuCounters {
  readonly size: Bytes;
  /** What has been added up, as `percpu_counter_read` returns it. */
  common(object: KernelStruct, offset: Bytes): number;
  /**
   * What CPUs still hold of each of some counters of one object; with the common part it is `percpu_counter_sum`. A part
   * that cannot be read counts nothing.
   */
  parts(object: KernelStruct, offsets: readonly Bytes[]): number[];
}

/** Bytes in which the per-CPU parts of counters that were allocated together lie. */
const GROUP = 64;

/** @throws AnalysisError when the type or the CPUs are unknown */
export function percpuCounters(prog: Program): PercpuCounters {
  const count = prog.offset('percpu_counter', 'count');
  const counters = prog.offset('percpu_counter', 'counters');
  // A CPU that is gone has handed its part in.
  const cpus = presentCpus(prog).map((cpu) => perCpuOffset(prog, cpu));
  const one = new KernelStruct(prog, 4);
  const group = new KernelStruct(prog, GROUP);
  return {
    size: prog.type('percpu_counter').size,
    common: (object, offset) => object.i64(offset + count),
    parts(object, offsets) {
      const sums = offsets.map(() => 0);
      const at = offsets.map((offset) => object.pointer(offset + counters));
      // One allocation since commit c439d5e8a0da ("pcpcntr: add group allocation/free", v6.6): one read a CPU will do.
      const first = at.reduce((low, place) => (place < low ? place : low));
      const near = first !== 0n && at.every((place) => place - first <= GROUP - 4);
      for (const cpu of cpus) {
        const together = near && !group.load(addrAdd(first, cpu));
        for (let i = 0; i < at.length; i++) {
          const place = at[i] as bigint;
          if (together) sums[i] = (sums[i] as number) + group.i32(Number(place - first));
          else if (place !== 0n && !one.load(addrAdd(place, cpu))) sums[i] = (sums[i] as number) + one.i32(0);
        }
      }
      return sums;
    },
  };
}
