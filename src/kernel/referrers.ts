import { attempt } from '../base/attempt.ts';
import { AnalysisError } from '../base/errors.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { KernelSymbol } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { memberAt } from '../types/member-at.ts';
import { cacheType } from './cache-type.ts';
import { modules } from './module.ts';
import { objectIdentity } from './object-identity.ts';
import { pageReader } from './page.ts';
import { type SearchArea, type SearchSpace, stackArea } from './search-areas.ts';
import { MemorySearch, type SearchHit } from './search-memory.ts';
import { unitPattern } from './search-pattern.ts';
import type { SlabCache } from './slab-cache.ts';
import { findSlabCache } from './slab-cache.ts';
import { SlabHeads } from './slab-heads.ts';
import { slabObjectFacts } from './slab-object-facts.ts';
import { SlabPage } from './slab-page.ts';
import { type TaskRecord, taskTable } from './task.ts';

/** A word in memory that holds one of the addresses looked for. */
export interface Referrer {
  readonly at: Addr;
  /** What it holds. */
  readonly value: Addr;
  /** In an object of a slab: its cache, where the object begins, its type and the member where these can be told. */
  readonly slab?: {
    readonly cache: SlabCache;
    readonly object: Addr;
    readonly inside: Bytes;
    readonly type?: string;
    readonly member?: string;
    /** Whether that object is in use; a free one keeps stale pointers. Undefined where it cannot be told. */
    readonly allocated?: boolean;
    /** What it says of itself, such as the path of a dentry. */
    readonly words?: string;
  };
  /** On the stack of a task. */
  readonly task?: TaskRecord;
  /** In a variable. */
  readonly symbol?: KernelSymbol;
}

export interface Referrers {
  readonly found: readonly Referrer[];
  /** Bytes looked at. */
  readonly searched: Bytes;
  /** False when the search ended at its bound. */
  readonly complete: boolean;
}

/** Memory that one search may look at, page descriptors that it may go through, and places that it keeps. */
const BUDGET: Bytes = 64 * 1024 * 1024;
const MAX_PAGES = 1 << 18;
const MOST = 32;
const MAX_STACKS = 512;
const MAX_SLAB = 1 << 21;

/**
 * Who points to one of `values`: data of the kernel and its modules, stacks of tasks, objects of slabs, up to a bound. Words
 * that lie in `[own.start, own.end)` are left out.
 */
export function referrers(prog: Program, values: readonly Addr[], own: SearchArea): Referrers {
  const areas = new AreaList(BUDGET);
  for (const area of dataAreas(prog)) areas.add(area);
  for (const { area } of stacks(prog)) areas.add(area);
  const caches = slabAreas(prog, areas);
  const search = new MemorySearch(prog, unitPattern(values, 8, 0n), MOST * 4);
  const space: SearchSpace = { kind: 'kernel', areas: [], translate: prog.map.translate, problems: [] };
  search.run(space, areas.list);
  const hits = search.hits.filter((h) => h.address < own.start || h.address >= own.end);
  const found = hits.slice(0, MOST).map((hit) => describe(prog, hit, values, caches));
  return { found, searched: areas.bytes, complete: !areas.full && hits.length <= MOST };
}

/** Areas to search, up to a number of bytes. */
class AreaList {
  readonly list: SearchArea[] = [];
  readonly #budget: Bytes;
  bytes: Bytes = 0;
  full = false;

  constructor(budget: Bytes) {
    this.#budget = budget;
  }

  add(area: SearchArea): void {
    const size = Number(area.end - area.start);
    if (size <= 0) return;
    if (this.bytes + size > this.#budget) this.full = true;
    else {
      this.bytes += size;
      this.list.push(area);
    }
  }
}

/** Variables of the kernel and of its modules. */
function dataAreas(prog: Program): SearchArea[] {
  const areas: SearchArea[] = [];
  for (const [from, to] of [
    ['_sdata', '_edata'],
    ['__bss_start', '__bss_stop'],
  ] as const) {
    const start = prog.findSymbol(from)?.address;
    const end = prog.findSymbol(to)?.address;
    if (start !== undefined && end !== undefined && end > start) areas.push({ start, end });
  }
  for (const module of modules(prog).modules) {
    for (const { kind, base, size, init } of module.memory) {
      if (!init && !/TEXT/.test(kind ?? '')) areas.push({ start: base, end: base + BigInt(size) });
    }
  }
  return areas;
}

function stacks(prog: Program): { task: TaskRecord; area: SearchArea }[] {
  const tasks = [...taskTable(prog).tasks].sort((a, b) => Number(b.active) - Number(a.active));
  return tasks.slice(0, MAX_STACKS).flatMap((task) => {
    try {
      const area = stackArea(prog, task.address);
      return area ? [{ task, area }] : [];
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e; // a task without a stack points nowhere from it
      return [];
    }
  });
}

interface SlabArea extends SearchArea {
  readonly cache: Addr;
}

/** The memory of slabs, ascending, added to what is searched. */
function slabAreas(prog: Program, areas: AreaList): SlabArea[] {
  const found: SlabArea[] = [];
  try {
    const reader = pageReader(prog);
    if (!reader) return found;
    const slab = new SlabPage(prog);
    const heads = new SlabHeads(prog, reader, MAX_PAGES);
    for (const page of heads) {
      if (areas.full) break;
      if (slab.load(page)) continue;
      const cache = findSlabCache(prog, slab.cache);
      const size = cache ? slab.objects * cache.size : 0;
      if (!cache || size > MAX_SLAB) continue;
      const area = { start: slab.memory, end: slab.memory + BigInt(size), cache: slab.cache };
      found.push(area);
      areas.add(area);
    }
    if (heads.full) areas.full = true;
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    areas.full = true; // without the allocator's types its memory cannot be told
  }
  return found;
}

function describe(prog: Program, hit: SearchHit, values: readonly Addr[], slabs: readonly SlabArea[]): Referrer {
  const base = { at: hit.address, value: values[hit.target] ?? hit.value };
  const area = slabs.find((s) => hit.address >= s.start && hit.address < s.end);
  const cache = area && findSlabCache(prog, area.cache);
  if (area && cache) {
    const stride = BigInt(cache.size);
    const object = area.start + ((hit.address - area.start) / stride) * stride + BigInt(cache.leftPad);
    const inside = Number(hit.address - object);
    const type = cacheType(prog, cache);
    const member = type === undefined ? undefined : memberAt(prog.type(type), inside);
    const facts = attempt(() => slabObjectFacts(prog, object));
    const words = type === undefined ? undefined : attempt(() => objectIdentity(prog, type, object)?.words);
    return {
      ...base,
      slab: {
        ...{ cache, object, inside },
        ...(type !== undefined && { type }),
        ...(member !== undefined && { member }),
        ...(facts && { allocated: facts.allocated }),
        ...(words !== undefined && { words }),
      },
    };
  }
  const holder = stacks(prog).find(({ area: a }) => hit.address >= a.start && hit.address < a.end);
  if (holder) return { ...base, task: holder.task };
  const symbol = prog.symbolAt(hit.address);
  return symbol ? { ...base, symbol } : base;
}
