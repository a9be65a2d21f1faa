import type { Program } from '../program/program.ts';
import { enumerators } from './enumerators.ts';
import { longVariable } from './variable.ts';
import { type Watermarks, watermarks, type ZoneMarks } from './zone-marks.ts';

/**
 * What the page allocator would do with an ordinary allocation of one page at the moment of the dump:
 * `nothing` it is served; `kswapd` served, and kswapd woken; `reclaim` the task has to reclaim memory itself; `oom` even all
 * that can be reclaimed would not do, and after its last tries (MAX_RECLAIM_RETRIES, 16) it calls the OOM killer.
 */
export type AllocationOutcome = 'nothing' | 'kswapd' | 'reclaim' | 'oom';

/** One comparison of __zone_watermark_ok() (mm/page_alloc.c): usable > mark + reserve. In pages. */
export interface ZoneTest {
  readonly zone: ZoneMarks;
  /** Free pages, or, for the last question, free pages and those that can be reclaimed. */
  readonly available: number;
  /** Of them what the kernel keeps for others: for urgent allocations, and for movable ones (CMA). */
  readonly unusable: number;
  /** Watermark with its boost. */
  readonly mark: number;
  /** `lowmem_reserve[]` for allocations that could use a higher zone. */
  readonly reserve: number;
  readonly ok: boolean;
}

export interface AllocationOutlook {
  readonly outcome: AllocationOutcome;
  /** `GFP_KERNEL`, or `GFP_HIGHUSER_MOVABLE` (the memory of processes). */
  readonly kind: AllocationKind;
  /** In the order in which the allocator tries the zones. */
  readonly low: readonly ZoneTest[];
  readonly min: readonly ZoneTest[];
  /** should_reclaim_retry(): were everything reclaimed. */
  readonly retry: readonly ZoneTest[];
  /** Whether memory of processes can be swapped out, and so be reclaimed. */
  readonly swappable: boolean;
}

export type AllocationKind = 'GFP_KERNEL' | 'GFP_HIGHUSER_MOVABLE';

/** Undefined when no zone could be read. @throws MemoryFault */
export function allocationOutlook(prog: Program, kind: AllocationKind): AllocationOutlook | undefined {
  const marks = watermarks(prog);
  // nr_swap_pages may be below zero while an area is switched off
  const swappable = (longVariable(prog, 'nr_swap_pages') ?? 0) > 0;
  return judgeAllocation(marks, kind, highestZone(prog, marks, kind), swappable);
}

/** gfp_zone(): the highest zone that an allocation may use, by its index; its lowmem reserves are for that. */
function highestZone(prog: Program, marks: Watermarks, kind: AllocationKind): number {
  const zones = enumerators(prog, 'zone_type');
  const named = zones.get(kind === 'GFP_KERNEL' ? 'ZONE_NORMAL' : 'ZONE_MOVABLE');
  return named ?? Math.max(0, ...marks.zones.map((z) => z.zone.index));
}

/** @param highest index of the highest zone that the allocation may use */
function judgeAllocation(
  marks: Watermarks,
  kind: AllocationKind,
  highest: number,
  swappable: boolean,
): AllocationOutlook | undefined {
  const zones = marks.zones
    .filter((z) => z.zone.index <= highest)
    .sort((a, b) => a.zone.node - b.zone.node || b.zone.index - a.zone.index);
  if (zones.length === 0) return undefined;
  const movable = kind === 'GFP_HIGHUSER_MOVABLE';
  const test = (mark: 'low' | 'min', more: (z: ZoneMarks) => number): ZoneTest[] =>
    zones.map((zone) => {
      const available = zone.free + more(zone);
      const unusable = zone.highAtomic + (movable ? 0 : zone.freeCma);
      const limit = zone.marks[mark] + zone.boost;
      const reserve = zone.reserves[highest] ?? 0;
      return { zone, available, unusable, mark: limit, reserve, ok: available - unusable > limit + reserve };
    });
  const low = test('low', () => 0);
  const min = test('min', () => 0);
  const retry = test('min', (z) => reclaimable(z, swappable));
  const passes = (tests: readonly ZoneTest[]): boolean => tests.some((t) => t.ok);
  const outcome = passes(low) ? 'nothing' : passes(min) ? 'kswapd' : passes(retry) ? 'reclaim' : 'oom';
  return { outcome, kind, low, min, retry, swappable };
}

/** zone_reclaimable_pages() (mm/vmscan.c): file pages, and anonymous ones when there is swap space left. */
function reclaimable({ zone }: ZoneMarks, swappable: boolean): number {
  const count = (name: string): number => zone.counters.get(name) ?? 0;
  const file = count('NR_ZONE_INACTIVE_FILE') + count('NR_ZONE_ACTIVE_FILE');
  return file + (swappable ? count('NR_ZONE_INACTIVE_ANON') + count('NR_ZONE_ACTIVE_ANON') : 0);
}
