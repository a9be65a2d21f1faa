import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { callsFunction } from './function-calls.ts';
import { isKernelPointer, KernelStruct } from './kernel-struct.ts';
import { percpuCounters } from './memory-usage.ts';
import { attempt } from './note-problem.ts';
import { type TaskRecord, taskTable } from './task.ts';
import { totalRamPages } from './total-ram.ts';
import { longVariable } from './variable.ts';

/** What oom_badness() (mm/oom_kill.c) makes of a process, in pages. */
export interface OomScore {
  /** The leader of the process; where it has gone, a thread that still has the memory. */
  readonly task: TaskRecord;
  /** Resident pages as the kernel has added them up. */
  readonly rss: number;
  /** MM_SWAPENTS: pages in swap. */
  readonly swap: number;
  /** Pages of its page tables. */
  readonly pageTables: number;
  /** oom_score_adj, -1000 to 1000. */
  readonly adjust: number;
  /** rss + swap + pageTables + adjust * (totalPages / 1000). The process with the most is killed first. */
  readonly points: number;
  /** Why the OOM killer passes it over. */
  readonly exempt?: OomExemption;
}

export type OomExemption = 'init' | 'oom_score_adj -1000' | 'already being reaped' | 'vfork child';

export interface OomScores {
  /** What oom_score_adj is a part of: memory and swap. */
  readonly totalPages: number | undefined;
  /** The first to be killed first; those that would not be killed at the end. */
  readonly scores: readonly OomScore[];
  readonly problems: readonly Problem[];
}

/** MM_SWAPENTS of the counters of an address space, see memory-usage.ts. */
const SWAP_ENTRIES = 2;
const RESIDENT = [0, 1, 3];
const KINDS = [0, 1, 2, 3];
/** MMF_OOM_SKIP, include/linux/sched/coredump.h: the OOM killer has taken its memory, or could not. */
const OOM_SKIP = 21;
const OOM_SCORE_ADJ_MIN = -1000;

/** Every process with memory of its own. Never throws for damage. */
export function oomScores(prog: Program): OomScores {
  const problems: Problem[] = [];
  const { tasks } = taskTable(prog);
  const total = attempt(problems, 'total memory', () => totalRamPages(prog));
  const totalPages = total === undefined ? undefined : total + (longVariable(prog, 'total_swap_pages') ?? 0);
  const reader = attempt(problems, 'scores of the OOM killer', () => new ScoreReader(prog, totalPages ?? 0));
  const scores: OomScore[] = [];
  for (const task of reader ? processes(prog, tasks) : []) {
    const score = attempt(problems, `score of process ${task.pid}`, () => reader?.read(task));
    if (score) scores.push(score);
  }
  scores.sort((a, b) => Number(a.exempt !== undefined) - Number(b.exempt !== undefined) || b.points - a.points);
  return { totalPages, scores, problems };
}

/** find_lock_task_mm(): a thread of each process that has its memory, the leader when it can be. */
function processes(prog: Program, tasks: readonly TaskRecord[]): TaskRecord[] {
  const found = new Map<number, TaskRecord>();
  for (const task of tasks) {
    if (task.kernelThread || !isKernelPointer(prog, task.mm)) continue;
    if (task.threadGroupLeader || !found.has(task.tgid)) found.set(task.tgid, task);
  }
  return [...found.values()];
}

class ScoreReader {
  readonly #prog: Program;
  readonly #totalPages: number;
  readonly #mm: KernelStruct;
  readonly #at: { readonly counters: number; readonly tables: number | undefined; readonly flags: number };
  readonly #perCpu: ReturnType<typeof percpuCounters> | undefined;
  /** The kernel adds what CPUs still hold (7.2 does); 6.18 and before took the part that was added up already. */
  readonly #sums: boolean;

  /** @throws NotFoundError when the types are unknown */
  constructor(prog: Program, totalPages: number) {
    this.#prog = prog;
    this.#totalPages = totalPages;
    const shared = prog.findMember('mm_struct', 'rss_stat.count');
    this.#perCpu = shared ? undefined : percpuCounters(prog);
    this.#sums = this.#perCpu !== undefined && callsFunction(prog, 'oom_badness', '__percpu_counter_sum');
    this.#at = {
      counters: shared?.offset ?? prog.offset('mm_struct', 'rss_stat'),
      // one counter of all levels since commit af5b0f6a09e4 ("mm: consolidate page table accounting", v4.15)
      tables: prog.findMember('mm_struct', 'pgtables_bytes')?.offset,
      flags: prog.offset('mm_struct', 'flags'),
    };
    const end = this.#at.counters + 4 * (this.#perCpu?.size ?? 8);
    this.#mm = new KernelStruct(prog, Math.max(end, (this.#at.tables ?? 0) + 8, this.#at.flags + 8));
  }

  read(task: TaskRecord): OomScore {
    const prog = this.#prog;
    const mm = this.#mm;
    prog.memory.read(task.mm, mm.bytes);
    const place = (kind: number): number => this.#at.counters + kind * (this.#perCpu?.size ?? prog.arch.pointerSize);
    const parts = this.#sums ? (this.#perCpu?.parts(mm, KINDS.map(place)) ?? []) : [];
    const count = (kind: number): number => {
      const common = this.#perCpu ? this.#perCpu.common(mm, place(kind)) : mm.long(place(kind));
      return Math.max(0, common + (parts[kind] ?? 0));
    };
    const signal = prog.memory.ulong(addrAdd(task.address, prog.offset('task_struct', 'signal')));
    const adjust = (prog.memory.u16(addrAdd(signal, prog.offset('signal_struct', 'oom_score_adj'))) << 16) >> 16;
    const rss = RESIDENT.reduce((sum, kind) => sum + count(kind), 0);
    const swap = count(SWAP_ENTRIES);
    const bytes = this.#at.tables === undefined ? 0 : Math.max(0, mm.long(this.#at.tables));
    const pageTables = Math.floor(bytes / prog.pageSize);
    const flags = mm.pointer(this.#at.flags);
    const exempt = this.#exempt(task, adjust, flags);
    const points = rss + swap + pageTables + adjust * Math.floor(this.#totalPages / 1000);
    return { task, rss, swap, pageTables, adjust, points, ...(exempt && { exempt }) };
  }

  #exempt(task: TaskRecord, adjust: number, flags: bigint): OomExemption | undefined {
    if (task.tgid === 1) return 'init';
    if (adjust === OOM_SCORE_ADJ_MIN) return 'oom_score_adj -1000';
    if (((flags >> BigInt(OOM_SKIP)) & 1n) === 1n) return 'already being reaped';
    return this.#sharesParentsMemory(task) ? 'vfork child' : undefined;
  }

  /** in_vfork() (include/linux/sched/mm.h): it runs in its parent's memory until it calls exec. */
  #sharesParentsMemory(task: TaskRecord): boolean {
    const word = (at: Addr, member: string): Addr =>
      this.#prog.memory.ulong(addrAdd(at, this.#prog.offset('task_struct', member)));
    if (word(task.address, 'vfork_done') === 0n) return false;
    const parent = word(task.address, 'real_parent');
    return isKernelPointer(this.#prog, parent) && word(parent, 'mm') === task.mm;
  }
}
