import { attempt } from '../base/attempt.ts';
import { AnalysisError } from '../base/errors.ts';
import type { Addr, Bytes, Pfn } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import type { CType } from '../types/c-type.ts';
import { memberAt } from '../types/member-at.ts';
import { cacheType } from './cache-type.ts';
import { framesAround } from './frames-around.ts';
import { isKernelPointer } from './kernel-struct.ts';
import { findStruct } from './module-struct.ts';
import { objectIdentity } from './object-identity.ts';
import { type FrameRange, type PageReader, pageFrames, pageReader } from './page.ts';
import { type PointerFit, PointerFits, structsAt } from './pointer-members.ts';
import type { SearchArea, SearchSpace } from './search-areas.ts';
import { MemorySearch, type SearchHit } from './search-memory.ts';
import { unitPattern } from './search-pattern.ts';
import { type SlabCache, slabCaches } from './slab-cache.ts';
import { SlabHeads } from './slab-heads.ts';
import { slabAt } from './slab-object.ts';
import { slabObjectFacts } from './slab-object-facts.ts';

/** A member of an object of a slab that holds one of the addresses looked for. */
export interface Referrer {
  readonly at: Addr;
  /** What it holds. */
  readonly value: Addr;
  readonly cache: SlabCache;
  /** Where the object begins, its type and the member. */
  readonly object: Addr;
  readonly type: string;
  readonly member: string;
  /** Whether that object is in use; a free one keeps stale pointers. Undefined where it cannot be told. */
  readonly allocated?: boolean;
  /** What it says of itself, such as the path of a dentry. */
  readonly words?: string;
}

/** What is pointed to. */
export interface Referred extends SearchArea {
  /** Its C type, where it is known. */
  readonly type?: string;
  /** Addresses in it that are looked for; its words themselves are left out. */
  readonly values: readonly Addr[];
}

export interface Referrers {
  readonly found: readonly Referrer[];
  /** Bytes looked at. */
  readonly searched: Bytes;
  /** False when the search ended at its bound. */
  readonly complete: boolean;
}

/** How likely caches are searched first, and memory of all of one kind that may be looked at. */
const KINDS: ReadonlyMap<PointerFit, Bytes> = new Map([
  ['typed', 64 * 1024 * 1024],
  ['embedding', 1024 * 1024],
  ['untyped', 2 * 1024 * 1024],
]);
/** Page frames to both sides of the object in which the likeliest caches are looked at first: what is made together lies together. */
const NEAR = 1 << 14;
/** Page descriptors that one search may go through, and places after which it ends. */
const MAX_PAGES = 1 << 18;
const MOST = 8;
/** Words that are equal, members or not. */
const MAX_HITS = 1024;
const MAX_SLAB = 1 << 21;

/**
 * Which objects of slabs point to an object, up to a bound: those that it leads to itself, and only where none does, of the
 * caches whose type has a pointer that may lead there, those first of which it is the likeliest and that lie near the object,
 * and small ones before large ones; the less likely only where the others have none.
 * @param distance page frames to both sides of the object that are near
 */
export function referrers(prog: Program, referred: Referred, distance = NEAR): Referrers {
  const none = { found: [], searched: 0, complete: false };
  const holders = attempt(() => holdersOf(prog, referred));
  const pointing = holders ? (attempt(() => pointingBack(prog, referred, holders)) ?? []) : [];
  if (pointing.some((r) => r.allocated !== false)) return { ...none, found: pointing };
  const reader = attempt(() => pageReader(prog));
  if (!holders || !reader) return none;
  const { near, far } = framesAround(pageFrames(prog), ownFrame(prog, referred), distance);
  const search = new HolderSearch(prog, referred, holders);
  if (addSlabs(prog, reader, near, holders) === undefined) return none;
  search.run('typed');
  if (search.isFound && far.length > 0) return { found: search.found, searched: search.searched, complete: false };
  const all = addSlabs(prog, reader, far, holders);
  // what is less likely takes as long and tells less
  for (const fit of KINDS.keys()) if (!search.isFound) search.run(fit);
  const { found, searched, cut } = search;
  const bytes = [...holders.values()].reduce((sum, h) => sum + h.bytes, 0);
  return { found, searched, complete: all === 'all' && !cut && searched === bytes };
}

/** The first page frame of an object, 0 where its address is not mapped. */
function ownFrame(prog: Program, { start }: Referred): Pfn {
  const at = attempt(() => prog.map.translate(start));
  return typeof at === 'object' ? Math.floor(at.phys / prog.pageSize) : 0;
}

/** A cache whose objects may point to what is looked for. */
interface Holder {
  readonly cache: SlabCache;
  readonly type: CType;
  readonly fit: PointerFit;
  /** The memory of its slabs, as far as they were looked for. */
  readonly areas: SearchArea[];
  /** Of all of them. */
  bytes: Bytes;
  /** How many areas were searched. */
  done: number;
}

/** By address of the cache. @throws NotFoundError when the kernel's types are not known */
function holdersOf(prog: Program, { type, values, start }: Referred): Map<Addr, Holder> {
  const own = type === undefined ? undefined : findStruct(prog, type);
  const fits = new PointerFits(new Set(own ? values.flatMap((v) => structsAt(own, Number(v - start))) : []));
  const holders = new Map<Addr, Holder>();
  for (const cache of slabCaches(prog).caches) {
    const type = cacheType(prog, cache);
    const fit = type && fits.of(type);
    if (type && fit !== undefined) holders.set(cache.address, { cache, type, fit, areas: [], bytes: 0, done: 0 });
  }
  return holders;
}

/** Of an object, looked through for pointers to its neighbours. */
const OWN: Bytes = 4096;
const MOST_NEAR = 64;

/** Objects that the object itself leads to and that point back, as those of lists do: found without a search of all memory. */
function pointingBack(prog: Program, referred: Referred, holders: ReadonlyMap<Addr, Holder>): Referrer[] {
  const { start, end, values } = referred;
  const found: Referrer[] = [];
  const seen = new Set<Addr>();
  const pattern = unitPattern(values, 8, 0n);
  for (let at = start; at < end && at < start + BigInt(OWN) && seen.size < MOST_NEAR; at += 8n) {
    const value = attempt(() => prog.memory.ulong(at));
    if (value === undefined) break;
    if (!isKernelPointer(prog, value) || (value >= start && value < end)) continue;
    const hit = attempt(() => slabAt(prog, value));
    const holder = hit && holders.get(hit.slab.cache.address);
    if (holder?.fit !== 'typed' || hit?.object === undefined || seen.has(hit.object)) continue;
    seen.add(hit.object);
    const first = hit.object - BigInt(holder.cache.leftPad);
    const area = { start: first, end: first + BigInt(holder.cache.size) };
    const search = new MemorySearch(prog, pattern, MAX_HITS);
    search.run({ kind: 'kernel', areas: [], translate: prog.map.translate, problems: [] }, [area]);
    found.push(...search.hits.flatMap((h) => describe(prog, h, holder, area) ?? []));
  }
  return found;
}

/** Adds the slabs of some page frames to the caches that have them: whether these are all, undefined where none can be told. */
function addSlabs(
  prog: Program,
  reader: PageReader,
  frames: readonly FrameRange[],
  holders: ReadonlyMap<Addr, Holder>,
): 'all' | 'some' | undefined {
  try {
    const heads = new SlabHeads(prog, reader, MAX_PAGES, frames);
    for (const slab of heads) {
      const holder = holders.get(slab.cache);
      const size = holder ? slab.objects * holder.cache.size : 0;
      if (!holder || size > MAX_SLAB) continue;
      holder.areas.push({ start: slab.memory, end: slab.memory + BigInt(size) });
      holder.bytes += size;
    }
    return heads.full ? 'some' : 'all';
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e; // without the allocator's types its memory cannot be told
    return undefined;
  }
}

class HolderSearch {
  readonly found: Referrer[] = [];
  searched: Bytes = 0;
  /** Not everything was searched. */
  cut = false;
  readonly #prog: Program;
  readonly #own: Referred;
  readonly #holders: readonly Holder[];
  readonly #left = new Map(KINDS);
  readonly #memory: MemorySearch;
  readonly #space: SearchSpace;

  constructor(prog: Program, own: Referred, holders: ReadonlyMap<Addr, Holder>) {
    this.#prog = prog;
    this.#own = own;
    this.#holders = [...holders.values()];
    this.#memory = new MemorySearch(prog, unitPattern(own.values, 8, 0n), MAX_HITS);
    this.#space = { kind: 'kernel', areas: [], translate: prog.map.translate, problems: [] };
  }

  /** Something that is in use points there. */
  get isFound(): boolean {
    return this.found.some((r) => r.allocated !== false);
  }

  /** Searches the slabs of one kind of caches that were not searched yet. */
  run(fit: PointerFit): void {
    let left = this.#left.get(fit) ?? 0;
    const ofKind = this.#holders.filter((h) => h.fit === fit).sort((a, b) => a.bytes - b.bytes);
    for (const holder of ofKind) {
      for (; holder.done < holder.areas.length; holder.done++) {
        const area = holder.areas[holder.done] as SearchArea;
        const size = Number(area.end - area.start);
        if (size > left || this.found.length >= MOST) {
          this.cut = true;
          return;
        }
        left -= size;
        this.#left.set(fit, left);
        this.searched += size;
        this.#search(holder, area);
      }
    }
  }

  #search(holder: Holder, area: SearchArea): void {
    const { hits } = this.#memory;
    const before = hits.length;
    this.#memory.run(this.#space, [area]);
    for (const hit of hits.slice(before)) {
      if (hit.address >= this.#own.start && hit.address < this.#own.end) continue;
      const one = describe(this.#prog, hit, holder, area);
      if (one) this.found.push(one);
    }
  }
}

/** Undefined where no member begins. */
function describe(prog: Program, hit: SearchHit, { cache, type }: Holder, area: SearchArea): Referrer | undefined {
  const { address, value } = hit;
  const stride = BigInt(cache.size);
  const object = area.start + ((address - area.start) / stride) * stride + BigInt(cache.leftPad);
  const member = memberAt(type, Number(address - object));
  if (member === undefined) return undefined;
  const facts = attempt(() => slabObjectFacts(prog, object));
  const words = attempt(() => objectIdentity(prog, type.name, object)?.words);
  return {
    ...{ at: address, value, cache, object, type: type.name, member },
    ...(facts && { allocated: facts.allocated }),
    ...(words !== undefined && { words }),
  };
}
