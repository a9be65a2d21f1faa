import { AnalysisError } from '../base/errors.ts';
import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { KernelSymbol, Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { type FreeBlock, freeBlockOf } from './buddy.ts';
import { accessibleBytes, type KasanShadow, kasanShadow } from './kasan-shadow.ts';
import { objectTracks } from './object-tracks.ts';
import { type PageRecord, pageReader } from './page.ts';
import { type PageOwner, pageOwner } from './page-owner.ts';
import { perCpuOffset, possibleCpus } from './percpu.ts';
import { type SlabHit, slabAt } from './slab-object.ts';
import type { SlabTrack } from './slab-track.ts';
import { type TaskRecord, taskTable } from './task.ts';
import { type VmapArea, vmapAreas } from './vmalloc.ts';

/** What an address is, from every side that the kernel has; what does not apply is absent. */
export interface AddressIdentity {
  readonly address: bigint;
  readonly kind: 'virtual' | 'physical';
  /** The symbol that it lies in, of the kernel or a module. */
  readonly symbol?: KernelSymbol;
  readonly slab?: SlabHit;
  /** KASAN's word on the address, and on the object from its beginning: how much of it may be accessed. */
  readonly shadow?: KasanShadow & { readonly accessible?: Bytes };
  /** Under slab debugging or KASAN: who allocated and freed the object last. */
  readonly tracks?: readonly SlabTrack[];
  /** The task whose task_struct or stack it lies in. */
  readonly task?: { readonly record: TaskRecord; readonly part: 'task_struct' | 'stack' };
  /** The CPU in whose part of the static per-CPU data it lies. */
  readonly perCpu?: { readonly cpu: number; readonly offset: bigint; readonly symbol?: KernelSymbol };
  readonly vmap?: VmapArea;
  readonly physical?: number;
  readonly page?: PageRecord;
  /** Under page_owner=on: who allocated and freed the page last. */
  readonly owner?: PageOwner;
  /** The block of the page allocator that the page is free in. */
  readonly free?: FreeBlock;
  readonly problems: readonly Problem[];
}

/**
 * What `at` is: an address of the kernel's half, or a physical one below it. Never throws for damage; each side that fails
 * is a problem. Addresses of user space are told by who knows a process: they are not looked for here.
 */
export function addressIdentity(prog: Program, at: bigint, kind?: AddressIdentity['kind']): AddressIdentity {
  const problems: Problem[] = [];
  const attempt = <T>(what: string, read: () => T): T | undefined => {
    try {
      return read();
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e;
      problems.push({ what, why: e.message });
      return undefined;
    }
  };
  const virtual = (kind ?? (at >= prog.kernelStart ? 'virtual' : 'physical')) === 'virtual';
  const reader = attempt('memory map', () => pageReader(prog));
  const own = virtual ? reader?.map.frameOf(at) : undefined;
  const where = virtual ? prog.memory.translate(at) : undefined;
  const physical = virtual ? (typeof where === 'object' ? where.phys : undefined) : Number(at);
  const frame = own ?? (physical === undefined ? undefined : Math.floor(physical / prog.pageSize));
  const page = frame === undefined ? undefined : attempt('page', () => reader?.ofFrame(frame));
  const symbol = virtual ? attempt('symbol', () => prog.symbolAt(at)) : undefined;
  const lookup = virtual ? at : prog.map.directMap(Number(at));
  const slab = attempt('slab', () => slabAt(prog, lookup));
  const vmap = virtual ? attempt('vmalloc areas', () => areaOf(prog, at)) : undefined;
  const task = attempt('task', () => taskOf(prog, lookup));
  const perCpu = virtual ? attempt('per-CPU data', () => perCpuOf(prog, at)) : undefined;
  const free = page && attempt('free lists', () => freeBlockOf(prog, page));
  const owner = frame === undefined ? undefined : attempt('page owner', () => pageOwner(prog, frame));
  const tracks = slab && attempt('slab tracks', () => tracksOf(prog, slab));
  const shadow = virtual ? shadowOf(prog, at, slab) : undefined;
  return {
    address: at,
    kind: virtual ? 'virtual' : 'physical',
    ...(symbol && { symbol }),
    ...(slab && { slab }),
    ...(shadow && { shadow }),
    ...(tracks && tracks.length > 0 && { tracks }),
    ...(task && { task }),
    ...(perCpu && { perCpu }),
    ...(vmap && { vmap }),
    ...(physical !== undefined && { physical }),
    ...(page && { page }),
    ...(owner && { owner }),
    ...(free && { free }),
    problems: [...problems, ...(slab?.problems ?? [])],
  };
}

function shadowOf(prog: Program, at: Addr, slab: SlabHit | undefined): AddressIdentity['shadow'] {
  const shadow = kasanShadow(prog, at);
  const object = slab?.object;
  const accessible =
    slab && object !== undefined ? accessibleBytes(prog, object, slab.slab.cache.objectSize) : undefined;
  return shadow && { ...shadow, ...(accessible !== undefined && { accessible }) };
}

function tracksOf(prog: Program, { slab: { cache }, object }: SlabHit): readonly SlabTrack[] {
  if (object === undefined) return [];
  return objectTracks(prog, cache, object);
}

function areaOf(prog: Program, at: Addr): VmapArea | undefined {
  return vmapAreas(prog).areas.find((area) => at >= area.start && at < area.end);
}

function taskOf(prog: Program, at: Addr): AddressIdentity['task'] {
  const size = BigInt(prog.type('task_struct').size);
  const stack = prog.arch.unwind;
  for (const record of taskTable(prog).tasks) {
    if (at >= record.address && at < record.address + size) return { record, part: 'task_struct' };
    if (!stack) continue;
    try {
      const range = stack.taskStack(prog, record.address);
      if (at >= range.low && at < range.high) return { record, part: 'stack' };
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e; // a task without a stack has none that holds the address
    }
  }
  return undefined;
}

/** The variables of the static part, ascending. They may lie at low addresses, where no symbol is looked for otherwise. */
const perCpuSymbols = perOwner((prog: Program): readonly KernelSymbol[] => {
  const start = prog.findSymbol('__per_cpu_start')?.address ?? 0n;
  const end = prog.findSymbol('__per_cpu_end')?.address ?? 0n;
  const found: KernelSymbol[] = [];
  for (const s of prog.symbols()) {
    const inside = s.module === undefined && s.address >= start && s.address < end;
    if (inside && s.name !== '__per_cpu_start') found.push(s);
  }
  return found.sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
});

/** The variable of the static per-CPU data that lies at an address as the symbol table has it. */
export function perCpuSymbol(prog: Program, offset: bigint): KernelSymbol | undefined {
  const end = prog.findSymbol('__per_cpu_end');
  return end && perCpuSymbolAt(prog, offset, end.address);
}

function perCpuSymbolAt(prog: Program, offset: bigint, end: bigint): KernelSymbol | undefined {
  const all = perCpuSymbols(prog);
  for (let i = all.length - 1; i >= 0; i--) {
    const symbol = all[i] as KernelSymbol;
    if (symbol.address > offset) continue;
    return offset < (all[i + 1]?.address ?? end) ? symbol : undefined;
  }
  return undefined;
}

/** The static part: what lies between __per_cpu_start and __per_cpu_end, which each CPU has a copy of. */
function perCpuOf(prog: Program, at: Addr): AddressIdentity['perCpu'] {
  const start = prog.findSymbol('__per_cpu_start');
  const end = prog.findSymbol('__per_cpu_end');
  if (!start || !end) return undefined;
  for (const cpu of possibleCpus(prog)) {
    const offset = addrAdd(at, -perCpuOffset(prog, cpu));
    if (offset < start.address || offset >= end.address) continue;
    const symbol = perCpuSymbolAt(prog, offset, end.address);
    return { cpu, offset, ...(symbol && { symbol }) };
  }
  return undefined;
}
