import type { Addr, PhysAddr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer, KernelStruct } from './kernel-struct.ts';
import { taskLayout } from './task-layout.ts';

/** The largest slab that SLUB makes of its own accord: order 3 (mm/slub.c, `slub_max_order`). */
const SLAB = 8 * 4096;
/** Known tasks below which their places prove nothing. */
const FEW = 3;
/** Places that are looked at: all of those of some gigabytes. */
const MOST = 1 << 18;

/**
 * Addresses of what may be tasks, in use or not, where no page descriptor tells which pages hold them: objects of a cache
 * stand at the same few places of every slab, and the tasks that are known tell at which.
 */
export function* taskLookalikes(prog: Program, known: Iterable<Addr>): Generator<Addr> {
  const places = placesOf(prog, known);
  const { threadPid } = taskLayout(prog);
  const word = new KernelStruct(prog, 8);
  let left = places.length > 0 ? MOST : 0;
  for (const range of prog.physical.ranges()) {
    for (let slab = Math.ceil(range.start / SLAB) * SLAB; slab < range.end && left > 0; slab += SLAB) {
      const base = prog.map.directMap(slab);
      for (const place of places) {
        left--;
        const task = base + BigInt(place);
        // One word of each: most are something else or not in the dump.
        if (!word.load(task + BigInt(threadPid)) && isKernelPointer(prog, word.pointer(0))) yield task;
      }
    }
  }
}

/** Where tasks stand in their slabs. */
function placesOf(prog: Program, known: Iterable<Addr>): number[] {
  const places = new Set<number>();
  let count = 0;
  for (const task of known) {
    const at = physicalOf(prog, task);
    // Tasks of the kernel's image are in no slab.
    if (at === undefined || prog.map.directMap(at) !== task) continue;
    places.add(at % SLAB);
    count++;
  }
  return count >= FEW ? [...places] : [];
}

function physicalOf(prog: Program, at: Addr): PhysAddr | undefined {
  const where = prog.memory.translate(at);
  return typeof where === 'string' ? undefined : where.phys;
}
