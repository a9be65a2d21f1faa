import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes, Pfn, PhysAddr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer, KernelStruct } from './kernel-struct.ts';
import { type PageMap, pageMap } from './page-map.ts';
import { memorySections } from './sparsemem.ts';

/** A page descriptor, `struct page`. */
export interface PageRecord {
  readonly address: Addr;
  readonly frame: Pfn;
  readonly physical: PhysAddr;
  readonly mapping: bigint;
  readonly index: bigint;
  /** `_refcount` */
  readonly count: number;
  readonly flags: bigint;
  /** Descriptor of the first page of the compound page that this is a tail of; its own when it is none. */
  readonly head: Addr;
}

/** A mask instead of an address in the word that leads a tail page to its head has all these bits set. */
const MASK_BITS = 0xffffffffc0000000n;

/** Reads page descriptors, many in one go. */
export class PageReader {
  readonly map: PageMap;
  readonly #prog: Program;
  readonly #object: KernelStruct;
  readonly #mapping: Bytes;
  readonly #index: Bytes;
  readonly #count: Bytes;
  /** Of the word that leads a tail page to its head. */
  readonly headOffset: Bytes;

  /** @throws NotFoundError when the dump does not tell where the descriptors are */
  constructor(prog: Program, map: PageMap) {
    this.#prog = prog;
    this.map = map;
    this.#object = new KernelStruct(prog, map.stride);
    this.#mapping = prog.offset('page', 'mapping');
    // page.__folio_index since commit acc53a0b4c15 ("mm: rename page->index to page->__folio_index", v6.16)
    this.#index = prog.offset('page', '__folio_index', 'index');
    this.#count = prog.offset('page', '_refcount', '_count');
    // page.compound_info since "mm: rename the 'compound_head' field in the 'struct page' to 'compound_info'" (v7.0)
    this.headOffset = prog.offset('page', 'compound_info', 'compound_head');
  }

  /** Undefined when `address` is no descriptor, or cannot be read. */
  read(address: Addr): PageRecord | undefined {
    const frame = this.map.frameOf(address);
    if (frame === undefined || this.#object.load(address)) return undefined;
    return this.#decode(address, frame);
  }

  /** The descriptor of a page frame. */
  ofFrame(frame: Pfn): PageRecord | undefined {
    const address = this.map.pageOf(frame);
    return address === undefined || this.#object.load(address) ? undefined : this.#decode(address, frame);
  }

  #decode(address: Addr, frame: Pfn): PageRecord {
    const object = this.#object;
    return {
      address,
      frame,
      physical: frame * this.#prog.pageSize,
      mapping: object.pointer(this.#mapping),
      index: object.pointer(this.#index),
      count: object.i32(this.#count),
      flags: object.pointer(0),
      head: headOf(this.#prog, address, object.pointer(this.headOffset)),
    };
  }
}

/**
 * The head page that the word of a tail page leads to: bit 0 marks a tail, the rest is the head's address, or (where
 * descriptors are a power of two in size and the kernel can drop those of huge pages, since v7.0) a mask for the tail's.
 */
export function headOf(prog: Program, page: Addr, word: bigint): Addr {
  if ((word & 1n) === 0n) return page;
  const value = word - 1n;
  if (page < MASK_BITS && (value & MASK_BITS) === MASK_BITS) return page & value;
  return isKernelPointer(prog, value) ? value : page;
}

/** A reader when the dump tells where the descriptors are. */
export function pageReader(prog: Program): PageReader | undefined {
  const map = pageMap(prog);
  return map && new PageReader(prog, map);
}

/** Page frames from `first` to before `last`. */
export interface FrameRange {
  readonly first: Pfn;
  readonly last: Pfn;
}

/** The page frames that the kernel has descriptors of, ascending. */
export function pageFrames(prog: Program): FrameRange[] {
  const { sections, pagesPerSection } = memorySections(prog);
  const ranges = prog.physical.ranges().map((r) => ({
    first: Math.floor(r.start / prog.pageSize),
    last: Math.ceil(r.end / prog.pageSize),
  }));
  if (sections.length === 0) return ranges;
  // sections that damage has made up may lie anywhere
  const end = Math.max(0, ...ranges.map((r) => r.last));
  return sections.map((s) => ({ first: s.firstFrame, last: Math.min(s.firstFrame + pagesPerSection, end) }));
}

/** Every page descriptor that the kernel has, ascending; those that the dump lacks are left out. */
export function* allPages(prog: Program, reader: PageReader): Generator<PageRecord> {
  for (const { first, last } of pageFrames(prog)) {
    for (let frame = first; frame < last; frame++) {
      const page = reader.ofFrame(frame);
      if (page) yield page;
    }
  }
}

/** Values of members of a page, as bytes: for `kmem -m`. */
export function pageMemberBytes(prog: Program, page: Addr, member: string): Uint8Array | undefined {
  const place = prog.findMember('page', member);
  if (!place) return undefined;
  const bytes = new Uint8Array(place.type.size);
  return prog.memory.tryRead(addrAdd(page, place.offset), bytes) ? undefined : bytes;
}
