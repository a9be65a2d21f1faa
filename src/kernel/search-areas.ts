import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes, PhysAddr } from '../base/units.ts';
import { AddressSpace, type Translate } from '../memory/address-space.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { noteProblem } from './note-problem.ts';
import { pageMap } from './page-map.ts';
import { vmas } from './vma.ts';
import { vmapAreas } from './vmalloc.ts';

/** A part of an address space that is searched. */
export interface SearchArea {
  readonly start: Addr;
  /** Exclusive. */
  readonly end: Addr;
}

/** Address space and the areas of it, in the order in which they are searched. */
export interface SearchSpace {
  readonly kind: 'kernel' | 'user' | 'physical';
  readonly areas: readonly SearchArea[];
  readonly translate: Translate;
  readonly problems: readonly Problem[];
}

/** Which parts of the kernel's half: all, those mapped one to one with memory, or those that are not. */
export type KernelParts = 'all' | 'linear' | 'mapped';

const SPACE_END = 1n << 64n;
const MOST = 2 ** 40;

/**
 * What the kernel's half of the address space holds, in crash's order: the direct map, areas of vmalloc with modules among
 * them, the virtual memory map, and the kernel's image.
 */
export function kernelSpace(prog: Program, parts: KernelParts): SearchSpace {
  const problems: Problem[] = [];
  const direct = parts === 'mapped' ? [] : directMapAreas(prog);
  const mapped = parts === 'linear' ? [] : [...vmallocAreas(prog, problems), ...memoryMapAreas(prog)];
  // some CPUs' kernels have an area of vmalloc for each part of the image
  const image = parts === 'mapped' ? [] : without(imageAreas(prog), mapped);
  return { kind: 'kernel', areas: [...direct, ...mapped, ...image], translate: prog.map.translate, problems };
}

/** The areas of a process. @param mm `struct mm_struct *` @throws NotFoundError MemoryFault */
export function userSpace(prog: Program, mm: Addr): SearchSpace {
  const { vmas: areas, problems } = vmas(prog, mm);
  const pgd = prog.memory.ulong(addrAdd(mm, prog.offset('mm_struct', 'pgd')));
  return { kind: 'user', areas: ascending(areas), translate: prog.map.userTranslate(pgd), problems };
}

/** All memory, by physical address. */
export function physicalSpace(prog: Program): SearchSpace {
  const areas = prog.physical.ranges().map((r) => ({ start: BigInt(r.start), end: BigInt(r.end) }));
  const translate: Translate = (at) => ({ phys: Number(at), size: MOST });
  return { kind: 'physical', areas, translate, problems: [] };
}

/** Where the kernel stack of a task is; undefined for a dead task, which has given it back. @param task `struct task_struct *` */
export function stackArea(prog: Program, task: Addr): SearchArea | undefined {
  const range = prog.arch.unwind?.taskStack(prog, task);
  return range === undefined || range.low === 0n ? undefined : { start: range.low, end: range.high };
}

/** Reads what a space holds. */
export function memoryOf(prog: Program, { translate }: SearchSpace): AddressSpace {
  return new AddressSpace(prog.physical, translate, prog.arch.littleEndian, prog.pointerSize);
}

/** The parts of areas that lie in `[from, to)`. */
export function clipped(areas: readonly SearchArea[], from: Addr, to: Addr): SearchArea[] {
  const found: SearchArea[] = [];
  for (const { start, end } of areas) {
    const part = { start: start > from ? start : from, end: end < to ? end : to };
    if (part.start < part.end) found.push(part);
  }
  return found;
}

/** In order, and what two of them share only once. */
function ascending(areas: readonly SearchArea[]): SearchArea[] {
  const sorted = areas.map(({ start, end }) => ({ start, end })).sort((a, b) => (a.start < b.start ? -1 : 1));
  const found: SearchArea[] = [];
  let behind = 0n;
  for (const { start, end } of sorted) {
    const from = start > behind ? start : behind;
    if (from < end && end <= SPACE_END) {
      found.push({ start: from, end });
      behind = end;
    }
  }
  return found;
}

/** The parts of areas that no `other` holds. */
function without(areas: readonly SearchArea[], others: readonly SearchArea[]): SearchArea[] {
  let rest = [...areas];
  for (const { start, end } of others) {
    rest = rest.flatMap((area) => [...clipped([area], 0n, start), ...clipped([area], end, SPACE_END)]);
  }
  return rest;
}

/** Where the direct map shows the memory that the dump has. */
function directMapAreas(prog: Program): SearchArea[] {
  return ascending(prog.physical.ranges().flatMap(({ start, end }) => mappedParts(prog, start, end)));
}

const SKIP: Bytes = 0x200000;

/** The parts of a range of memory that the direct map really shows. */
function mappedParts(prog: Program, from: PhysAddr, to: PhysAddr): SearchArea[] {
  const found: SearchArea[] = [];
  for (let at = from; at < to; ) {
    const virt = prog.map.directMap(at);
    const where = prog.map.translate(virt);
    const there = typeof where === 'object' && where.phys === at;
    const next = there ? at + where.size : (Math.floor(at / SKIP) + 1) * SKIP;
    const size = Math.min(next, to) - at;
    if (there) found.push({ start: virt, end: virt + BigInt(size) });
    at += size;
  }
  return found;
}

/** The kernel's image; what lies behind its end is mapped there too, but is the direct map's. */
function imageAreas(prog: Program): SearchArea[] {
  const last = prog.findSymbol('_end')?.address;
  const parts = prog.map.linear.filter(({ start, phys }) => prog.map.directMap(phys) !== start);
  return parts.map(({ start, end }) => ({ start, end: last !== undefined && last > start && last < end ? last : end }));
}

const VM_IOREMAP = 1; // include/linux/vmalloc.h

/** The areas of vmalloc that show memory, not devices. */
function vmallocAreas(prog: Program, problems: Problem[]): SearchArea[] {
  try {
    const found = vmapAreas(prog);
    problems.push(...found.problems);
    return ascending(found.areas.filter((area) => (area.flags & VM_IOREMAP) === 0));
  } catch (e) {
    noteProblem(problems, 'vmalloc areas', e);
    return [];
  }
}

/** Where the descriptors of the pages are, when they have addresses of their own. */
function memoryMapAreas(prog: Program): SearchArea[] {
  const base = prog.map.vmemmap;
  const stride = pageMap(prog)?.stride;
  if (base === undefined || stride === undefined) return [];
  const descriptor = (at: PhysAddr): Addr => addrAdd(base, Math.floor(at / prog.pageSize) * stride);
  return ascending(prog.physical.ranges().map((r) => ({ start: descriptor(r.start), end: descriptor(r.end) })));
}
