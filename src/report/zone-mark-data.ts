import type { Phrase } from '../base/phrase.ts';
import {
  type AllocationKind,
  type AllocationOutcome,
  type AllocationOutlook,
  allocationOutlook,
  type ZoneTest,
} from '../kernel/allocation-outlook.ts';
import { attempt } from '../kernel/note-problem.ts';
import { watermarks, type ZoneMarks } from '../kernel/zone-marks.ts';
import type { Program } from '../program/program.ts';
import type { ProblemData } from './problems.ts';
import { arrayOf, boolean, integer, nullable, object, oneOf, type Schema, string } from './schema.ts';

/** A zone with its watermarks, in pages. */
export interface ZoneMarkData {
  readonly node: number;
  readonly zone: string;
  readonly managed: number;
  readonly free: number;
  readonly min: number;
  readonly low: number;
  readonly high: number;
  readonly boost: number;
  readonly highAtomic: number;
  readonly freeCma: number;
  readonly reserves: readonly number[];
  /** What the rule of thumb "low is 1.25 min, high is 1.5 low" would say. */
  readonly thumbLow: number;
  readonly thumbHigh: number;
}

/** One comparison of the allocator. */
export interface ZoneTestData {
  readonly node: number;
  readonly zone: string;
  readonly available: number;
  readonly unusable: number;
  readonly mark: number;
  readonly reserve: number;
  readonly passes: boolean;
}

export interface AllocationData {
  readonly kind: AllocationKind;
  readonly outcome: AllocationOutcome;
  readonly low: readonly ZoneTestData[];
  readonly min: readonly ZoneTestData[];
  readonly retry: readonly ZoneTestData[];
  readonly swappable: boolean;
}

export interface WatermarkData {
  /** vm.min_free_kbytes and vm.watermark_scale_factor; null where they cannot be read. */
  readonly minFreeKiB: number | null;
  readonly scaleFactor: number | null;
  readonly zones: readonly ZoneMarkData[];
  readonly allocations: readonly AllocationData[];
}

const zoneMark = object('A zone with memory. Pages.', {
  node: integer('Memory node.'),
  zone: string('Name.'),
  managed: integer('Pages that the allocator has.'),
  free: integer('NR_FREE_PAGES, as the allocator compares it.'),
  min: integer('Watermark, without the boost.'),
  low: integer('Watermark, without the boost.'),
  high: integer('Watermark, without the boost.'),
  boost: integer('What is added to each mark for a while.'),
  highAtomic: integer('Kept for urgent allocations of higher orders.'),
  freeCma: integer('Of the free pages those that only movable allocations may take.'),
  reserves: arrayOf('lowmem_reserve[], by the highest zone that an allocation may use.', integer('Pages.')),
  thumbLow: integer('1.25 min, a rule of thumb for low: compare.'),
  thumbHigh: integer('1.5 times that, a rule of thumb for high: compare.'),
});

const zoneTest = object('available - unusable > mark + reserve? Pages.', {
  node: integer('Memory node.'),
  zone: string('Name.'),
  available: integer('Free pages; in the last question with those that can be reclaimed.'),
  unusable: integer('Of them kept for others.'),
  mark: integer('Watermark with its boost.'),
  reserve: integer('lowmem_reserve for this allocation.'),
  passes: boolean('Whether the zone would give a page.'),
});

export const watermarkSchema: Schema = object('Zones, their watermarks, and what an allocation would meet.', {
  minFreeKiB: nullable(integer('vm.min_free_kbytes.')),
  scaleFactor: nullable(integer('vm.watermark_scale_factor, in 1/10000 of a zone.')),
  zones: arrayOf('Node by node.', zoneMark),
  allocations: arrayOf(
    'For the kernel itself, and for the memory of processes.',
    object('An allocation of one page.', {
      kind: oneOf('Which.', ['GFP_KERNEL', 'GFP_HIGHUSER_MOVABLE']),
      outcome: oneOf('What the kernel would do.', ['nothing', 'kswapd', 'reclaim', 'oom']),
      low: arrayOf('Is a zone above its low watermark? Then nothing is reclaimed.', zoneTest),
      min: arrayOf('Above its min watermark? Then only kswapd is woken.', zoneTest),
      retry: arrayOf('Above min, were all reclaimed that can be? Else the OOM killer is called.', zoneTest),
      swappable: boolean('Memory of processes counts as reclaimable: there is swap space left.'),
    }),
  ),
});

const KINDS = ['GFP_KERNEL', 'GFP_HIGHUSER_MOVABLE'] as const;

export function watermarkData(prog: Program, problems: ProblemData[]): WatermarkData {
  const { settings, zones, problems: own } = watermarks(prog);
  problems.push(...own);
  return {
    minFreeKiB: settings?.minFreeKiB ?? null,
    scaleFactor: settings?.scaleFactor ?? null,
    zones: zones.map(zoneData),
    allocations: KINDS.flatMap((kind) => {
      const outlook = attempt(problems, 'outlook of an allocation', () => allocationOutlook(prog, kind));
      return outlook ? [allocationData(outlook)] : [];
    }),
  };
}

function zoneData({ zone, marks, boost, highAtomic, free, freeCma, reserves }: ZoneMarks): ZoneMarkData {
  const thumbLow = Math.floor(marks.min * 1.25);
  return {
    node: zone.node,
    zone: zone.name,
    managed: zone.managed,
    free,
    ...marks,
    boost,
    highAtomic,
    freeCma,
    reserves,
    thumbLow,
    thumbHigh: Math.floor(thumbLow * 1.5),
  };
}

function allocationData(outlook: AllocationOutlook): AllocationData {
  const test = (t: ZoneTest): ZoneTestData => ({
    node: t.zone.zone.node,
    zone: t.zone.zone.name,
    available: t.available,
    unusable: t.unusable,
    mark: t.mark,
    reserve: t.reserve,
    passes: t.ok,
  });
  const { kind, outcome, swappable } = outlook;
  return {
    kind,
    outcome,
    low: outlook.low.map(test),
    min: outlook.min.map(test),
    retry: outlook.retry.map(test),
    swappable,
  };
}

/** What the kernel would do next, in a sentence. */
export const OUTCOMES: Readonly<Record<AllocationOutcome, Phrase>> = {
  nothing: {
    en: 'it is served at once: a zone is above its low watermark, nothing is reclaimed',
    zh: '立即满足：有内存区域高于 low 水位，不会回收内存',
  },
  kswapd: {
    en: 'it is served, and kswapd is woken: no zone is above its low watermark, one is above min',
    zh: '可以满足，同时唤醒 kswapd：没有内存区域高于 low 水位，但有区域高于 min 水位',
  },
  reclaim: {
    en: 'the task has to reclaim memory itself before it gets a page: no zone is above its min watermark',
    zh: '任务必须先自己回收内存（直接回收）才能得到页：没有内存区域高于 min 水位',
  },
  oom: {
    en: 'the OOM killer is called after the last tries: even if all that can be reclaimed were, no zone would be above min',
    zh: '最后几次重试之后调用 OOM killer：即使回收全部可回收的页，也没有内存区域能高于 min 水位',
  },
};

/** The comparison of one zone as it is made. */
export function testText(t: ZoneTestData): string {
  const left = `${t.available} - ${t.unusable} = ${t.available - t.unusable}`;
  const right = `${t.mark} + ${t.reserve} = ${t.mark + t.reserve}`;
  return `${left} ${t.passes ? '>' : '<='} ${right}`;
}
