import { perOwner } from '../base/lazy.ts';
import { addrAdd, addrDistance } from '../base/u64.ts';
import type { Addr, Bytes, Pfn } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { memorySections } from './sparsemem.ts';

/** Where the kernel keeps `struct page` of each page frame. */
export interface PageMap {
  /** Bytes from one descriptor to the next. */
  readonly stride: Bytes;
  /** Address of `struct page` of a page frame; undefined where the kernel has none. */
  pageOf(frame: Pfn): Addr | undefined;
  /** Page frame of a `struct page`; undefined for an address that is none. */
  frameOf(page: Addr): Pfn | undefined;
}

/**
 * The memory map: with a virtual memory map one array, else one array a section (SPARSEMEM) or one for all (FLATMEM,
 * `mem_map`). Undefined when the dump does not tell where it is.
 */
export const pageMap = perOwner((prog: Program): PageMap | undefined => {
  const stride = prog.findType('page')?.size ?? prog.vmcoreinfo.size('page');
  if (!stride) return undefined;
  const base = prog.map.vmemmap;
  if (base !== undefined) return linearMap(base, stride, framesEnd(prog));
  const flat = prog.findSymbol('mem_map');
  if (flat) return linearMap(prog.memory.ulong(flat.address), stride, framesEnd(prog));
  const sections = memorySections(prog);
  if (sections.sections.length === 0) return undefined;
  const perSection = sections.pagesPerSection;
  const bases = new Map(sections.sections.map((s) => [s.number, s.codedMap]));
  return {
    stride,
    pageOf(frame) {
      const coded = bases.get(Math.floor(frame / perSection));
      return coded === undefined ? undefined : addrAdd(coded, BigInt(frame) * BigInt(stride));
    },
    frameOf(page) {
      for (const s of sections.sections) {
        const bytes = addrDistance(page, s.codedMap);
        if (bytes === undefined || bytes % stride !== 0) continue;
        const frame = bytes / stride;
        if (Math.floor(frame / perSection) === s.number) return frame;
      }
      return undefined;
    },
  };
});

/** The page frame behind the last that the kernel has a descriptor of. */
function framesEnd(prog: Program): Pfn {
  const { sections, pagesPerSection } = memorySections(prog);
  const last = sections.at(-1);
  if (last) return last.firstFrame + pagesPerSection;
  return Math.ceil(Math.max(0, ...prog.physical.ranges().map((r) => r.end)) / prog.pageSize);
}

function linearMap(base: Addr, stride: Bytes, end: Pfn): PageMap {
  return {
    stride,
    pageOf: (frame) => addrAdd(base, BigInt(frame) * BigInt(stride)),
    frameOf(page) {
      const bytes = addrDistance(page, base);
      if (bytes === undefined || bytes < 0 || bytes % stride !== 0) return undefined;
      const frame = bytes / stride;
      return frame < end ? frame : undefined;
    },
  };
}
