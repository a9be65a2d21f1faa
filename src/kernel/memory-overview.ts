import { addrAdd } from '../base/u64.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { hugePageSizes } from './hugetlb.ts';
import { memoryInfo } from './meminfo.ts';
import { attempt } from './note-problem.ts';
import { commitLimit } from './overcommit.ts';
import { allPages, pageReader } from './page.ts';
import { pageFlags } from './page-flags.ts';

/** How the memory of the machine is used, in pages. What is not known is absent. */
export interface MemoryOverview {
  readonly total: number | undefined;
  readonly free: number | undefined;
  readonly buffers: number | undefined;
  readonly cached: number | undefined;
  readonly slab: number | undefined;
  readonly hugeTotal: number;
  readonly hugeFree: number;
  readonly swapTotal: number | undefined;
  readonly swapFree: number | undefined;
  readonly commitLimit: number | undefined;
  /** `vm_committed_as.count`: without the parts that CPUs have not added. */
  readonly committed: number | undefined;
  readonly problems: readonly Problem[];
}

/** Never throws for damage. */
export function memoryOverview(prog: Program): MemoryOverview {
  const info = memoryInfo(prog);
  const problems: Problem[] = [...info.problems];
  const perPage = prog.pageSize / 1024;
  const pages = (kib: number | undefined): number | undefined => (kib === undefined ? undefined : kib / perPage);
  const huge = attempt(problems, 'huge pages', () => hugePageSizes(prog)) ?? [];
  const hugePages = (which: 'free' | 'total'): number =>
    huge.reduce((sum, size) => sum + size[which] * (size.bytes / prog.pageSize), 0);
  return {
    total: pages(info.totalKiB),
    free: pages(info.freeKiB),
    buffers: pages(info.buffersKiB),
    cached: pages(info.cachedKiB),
    slab: pages(info.slabKiB),
    hugeTotal: hugePages('total'),
    hugeFree: hugePages('free'),
    swapTotal: pages(info.swapTotalKiB),
    swapFree: pages(info.swapFreeKiB),
    commitLimit: attempt(problems, 'commit limit', () => commitLimit(prog)),
    committed: attempt(problems, 'committed pages', () => committed(prog)),
    problems,
  };
}

function committed(prog: Program): number | undefined {
  const symbol = prog.findSymbol('vm_committed_as');
  if (!symbol) return undefined;
  const count = prog.memory.u64(addrAdd(symbol.address, prog.offset('percpu_counter', 'count')));
  return Math.max(0, Number(BigInt.asIntN(64, count)));
}

/** Pages with more than one reference; reads every page descriptor. */
export function sharedPages(prog: Program): number {
  const reader = pageReader(prog);
  let shared = 0;
  if (reader) {
    // what the kernel keeps for itself, such as the descriptors, is not shared
    const flag = pageFlags(prog).find(({ name }) => name === 'PG_reserved')?.bit;
    const reserved = flag === undefined ? 0n : 1n << BigInt(flag);
    for (const page of allPages(prog, reader)) if (page.count > 1 && (page.flags & reserved) === 0n) shared++;
  }
  return shared;
}
