import { attempt } from '../base/attempt.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { type Resource, resources } from './resource.ts';
import { type VmapArea, vmapAreas } from './vmalloc.ts';

/** include/linux/vmalloc.h */
const VM_IOREMAP = 1;

/** What answers at an address of the kernel: memory of a device, or RAM. */
export interface PhysicalPlace {
  readonly physical: bigint;
  /** By which ioremap() made it an address of the kernel; absent for what is mapped otherwise. */
  readonly mapping?: VmapArea;
  /** The innermost range that contains it; undefined when none does. */
  readonly resource: Resource | undefined;
  /** Whether the ranges could be read as a whole. */
  readonly complete: boolean;
}

/** Undefined for an address that is not mapped. */
export function physicalPlace(prog: Program, at: Addr): PhysicalPlace | undefined {
  const { areas } = attempt(() => vmapAreas(prog)) ?? { areas: [] };
  const mapping = areas.find((a) => at >= a.start && at < a.end && (a.flags & VM_IOREMAP) !== 0);
  const where = mapping ? undefined : prog.memory.translate(at);
  const physical = mapping ? mapping.physical + (at - mapping.start) : physicalOf(where);
  if (physical === undefined) return undefined;
  const ranges = attempt(() => resources(prog, 'iomem_resource'));
  const holding = (ranges?.resources ?? []).filter((r) => r.depth > 0 && physical >= r.start && physical <= r.end);
  return {
    physical,
    ...(mapping && { mapping }),
    resource: holding.reduce<Resource | undefined>((a, b) => (a && a.depth > b.depth ? a : b), undefined),
    complete: ranges !== undefined && ranges.problems.length === 0,
  };
}

function physicalOf(where: ReturnType<Program['memory']['translate']> | undefined): bigint | undefined {
  return typeof where === 'object' ? BigInt(where.phys) : undefined;
}
