import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { hugePageSizes } from './hugetlb.ts';
import { KernelStruct } from './kernel-struct.ts';
import { percpuCounters } from './memory-usage.ts';
import { attempt } from './note-problem.ts';
import { totalRamPages } from './total-ram.ts';
import { intVariable, longVariable } from './variable.ts';

/** vm.overcommit_memory: OVERCOMMIT_GUESS, OVERCOMMIT_ALWAYS, OVERCOMMIT_NEVER (include/uapi/linux/mman.h). */
const OVERCOMMIT_MODES = ['heuristic', 'always', 'never'] as const;
export type OvercommitMode = (typeof OVERCOMMIT_MODES)[number];

/** How much memory the kernel lets processes ask for, and how much they have asked for. Sizes in pages. */
export interface Overcommit {
  /** vm.overcommit_memory; undefined for a value that no kernel has, or where it cannot be read. */
  readonly mode: OvercommitMode | undefined;
  /** vm.overcommit_ratio, percent; used when `kbytes` is 0. */
  readonly ratio: number | undefined;
  /** vm.overcommit_kbytes, KiB. */
  readonly kbytes: number | undefined;
  readonly ram: number | undefined;
  /** In the pools of huge pages, which the limit leaves out. */
  readonly hugetlb: number;
  readonly swap: number | undefined;
  /** `CommitLimit`. The kernel enforces it in mode `never` only. */
  readonly limit: number | undefined;
  /** `Committed_AS`. */
  readonly committed: number | undefined;
  readonly problems: readonly Problem[];
}

/** Never throws for damage. */
export function overcommit(prog: Program): Overcommit {
  const problems: Problem[] = [];
  const get = <T>(what: string, read: () => T): T | undefined => attempt(problems, what, read);
  const mode = get('vm.overcommit_memory', () => intVariable(prog, 'sysctl_overcommit_memory'));
  return {
    mode: mode === undefined ? undefined : OVERCOMMIT_MODES[mode],
    ratio: get('vm.overcommit_ratio', () => intVariable(prog, 'sysctl_overcommit_ratio')),
    kbytes: get('vm.overcommit_kbytes', () => longVariable(prog, 'sysctl_overcommit_kbytes')),
    ram: get('total memory', () => totalRamPages(prog)),
    hugetlb: get('huge pages', () => hugetlbPages(prog)) ?? 0,
    swap: get('total swap', () => longVariable(prog, 'total_swap_pages')),
    limit: get('commit limit', () => commitLimit(prog)),
    committed: get('committed memory', () => committedPages(prog)),
    problems,
  };
}

/** Pages in the pools of huge pages, hugetlb_total_pages(). @throws NotFoundError MemoryFault */
export function hugetlbPages(prog: Program): number {
  return hugePageSizes(prog).reduce((pages, size) => pages + (size.total * size.bytes) / prog.pageSize, 0);
}

/**
 * vm_commit_limit() (mm/util.c), in pages: undefined where a variable has no symbol. @throws NotFoundError MemoryFault
 */
export function commitLimit(prog: Program): number | undefined {
  const kbytes = longVariable(prog, 'sysctl_overcommit_kbytes');
  const ratio = intVariable(prog, 'sysctl_overcommit_ratio');
  const total = totalRamPages(prog);
  const swap = longVariable(prog, 'total_swap_pages') ?? (prog.findType('swap_info_struct') ? undefined : 0);
  if (swap === undefined) return undefined;
  if (kbytes !== undefined && kbytes > 0) return Math.floor(kbytes / (prog.pageSize / 1024)) + swap;
  if (total === undefined || ratio === undefined || kbytes === undefined) return undefined;
  return Math.floor(((total - hugetlbPages(prog)) * ratio) / 100) + swap;
}

/** `vm_committed_as` with the parts of every CPU; undefined where no symbol tells its place. @throws NotFoundError MemoryFault */
export function committedPages(prog: Program): number | undefined {
  const symbol = prog.findSymbol('vm_committed_as');
  if (!symbol) return undefined;
  const counters = percpuCounters(prog);
  const object = new KernelStruct(prog, counters.size);
  prog.memory.read(symbol.address, object.bytes);
  return Math.max(0, counters.common(object, 0) + (counters.parts(object, [0])[0] ?? 0));
}
