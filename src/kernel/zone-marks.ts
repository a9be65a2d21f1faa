import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { attempt } from './note-problem.ts';
import { intVariable } from './variable.ts';
import { memoryNodeRecords, type ZoneRecord } from './zone.ts';

/** Min, low and high watermark of a zone in pages. */
export interface Marks {
  readonly min: number;
  readonly low: number;
  readonly high: number;
}

/** The watermarks of a zone as the kernel holds them, and what else it keeps from an allocation. In pages. */
export interface ZoneMarks {
  readonly zone: ZoneRecord;
  /** Without the boost. */
  readonly marks: Marks;
  /** `watermark_boost`: added to each mark for a while after an allocation took pages of another type of mobility. */
  readonly boost: number;
  /** `lowmem_reserve[]`: kept from allocations that could use the zone of this index. */
  readonly reserves: readonly number[];
  /** Free pages kept for urgent allocations of higher orders. */
  readonly highAtomic: number;
  /** `NR_FREE_PAGES`, as the allocator itself compares it: without what CPUs have not added yet. */
  readonly free: number;
  /** Free pages of the contiguous memory allocator, which only movable allocations may take. */
  readonly freeCma: number;
  /** What __setup_per_zone_wmarks() would make of the settings; undefined where they cannot be read. */
  readonly computed: Marks | undefined;
}

/** The settings from which the watermarks are made. */
export interface MarkSettings {
  /** vm.min_free_kbytes */
  readonly minFreeKiB: number;
  /** vm.watermark_scale_factor, in 1/10000 of a zone. */
  readonly scaleFactor: number;
}

export interface Watermarks {
  readonly settings: MarkSettings | undefined;
  /** Zones with memory, node by node. */
  readonly zones: readonly ZoneMarks[];
  readonly problems: readonly Problem[];
}

/** Never throws for damage. */
export const watermarks = perOwner((prog: Program): Watermarks => {
  const problems: Problem[] = [];
  const nodes = attempt(problems, 'zones', () => memoryNodeRecords(prog));
  const zones = (nodes?.nodes ?? []).flatMap((n) => n.zones).filter((z) => z.managed > 0);
  const settings = attempt(problems, 'settings of the watermarks', () => markSettings(prog));
  const computed = computedMarks(prog, zones, settings);
  const found: ZoneMarks[] = [];
  for (const zone of zones) {
    const marks = attempt(problems, `zone ${zone.name}`, () => zoneMarks(prog, zone, computed.get(zone)));
    if (marks) found.push(marks);
  }
  return { settings, zones: found, problems: [...(nodes?.problems ?? []), ...problems] };
});

function markSettings(prog: Program): MarkSettings | undefined {
  const minFreeKiB = intVariable(prog, 'min_free_kbytes');
  const scaleFactor = intVariable(prog, 'watermark_scale_factor');
  return minFreeKiB === undefined || scaleFactor === undefined ? undefined : { minFreeKiB, scaleFactor };
}

function zoneMarks(prog: Program, zone: ZoneRecord, computed: Marks | undefined): ZoneMarks {
  const long = (offset: number): number => Number(BigInt.asIntN(64, prog.memory.ulong(addrAdd(zone.address, offset))));
  const reserve = prog.findMember('zone', 'lowmem_reserve');
  const boost = prog.findMember('zone', 'watermark_boost'); // v5.0
  // nr_free_highatomic since v6.13, the free part of the reserved pages alone
  const highAtomic = prog.findMember('zone', 'nr_free_highatomic') ?? prog.findMember('zone', 'nr_reserved_highatomic');
  const length = Math.min(reserve?.type.resolve().length ?? 0, 16);
  const [min = 0, low = 0, high = 0] = zone.watermarks;
  return {
    zone,
    marks: { min, low, high },
    boost: boost ? long(boost.offset) : 0,
    reserves: Array.from({ length }, (_, i) => long((reserve?.offset ?? 0) + i * prog.arch.pointerSize)),
    highAtomic: highAtomic ? long(highAtomic.offset) : 0,
    free: zone.counters.get('NR_FREE_PAGES') ?? 0,
    freeCma: zone.counters.get('NR_FREE_CMA_PAGES') ?? 0,
    computed,
  };
}

/**
 * __setup_per_zone_wmarks() (mm/page_alloc.c): each zone's part of min_free_kbytes, and the distance between the marks: a
 * quarter of that, or watermark_scale_factor / 10000 of the zone when that is more.
 */
function computedMarks(
  prog: Program,
  zones: readonly ZoneRecord[],
  settings: MarkSettings | undefined,
): ReadonlyMap<ZoneRecord, Marks> {
  const computed = new Map<ZoneRecord, Marks>();
  // Highmem and movable zones are computed otherwise.
  const low = zones.filter((z) => z.name !== 'Movable' && z.name !== 'HighMem');
  const total = low.reduce((sum, z) => sum + z.managed, 0);
  if (!settings || total === 0) return computed;
  const pages = Math.floor(settings.minFreeKiB / (prog.pageSize / 1024));
  for (const zone of low) {
    const min = Math.floor((pages * zone.managed) / total);
    const step = Math.max(min >> 2, Math.floor((zone.managed * settings.scaleFactor) / 10000));
    computed.set(zone, { min, low: min + step, high: min + 2 * step });
  }
  return computed;
}
