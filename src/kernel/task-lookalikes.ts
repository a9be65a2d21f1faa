import type { Addr, PhysAddr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer, KernelStruct } from './kernel-struct.ts';
import { taskLayout } from './task-layout.ts';

/** The largest slab that SLUB makes of its own accord: order 3 (mm/slub.c, `slub_max_order`). */
const SLAB = 8 * 4096;
const PAGE = 4096;
/** Known tasks below which their places prove nothing. */
const FEW = 3;
/** Places that are looked at: all of those of some gigabytes. */
const MOST = 1 << 18;

/**
 * Addresses of what may be tasks, in use or not, where no page descriptor tells which pages hold them: objects of a cache
 * stand at the same few places of every slab, and the tasks that are known tell at which. Without any, all of memory is
 * looked at.
 */
export function* taskLookalikes(prog: Program, known: Iterable<Addr>): Generator<Addr> {
  const places = placesOf(prog, known);
  if (places.length > 0) yield* atPlaces(prog, places);
  else yield* anywhere(prog);
}

function* atPlaces(prog: Program, places: readonly number[]): Generator<Addr> {
  const { threadPid } = taskLayout(prog);
  const word = new KernelStruct(prog, 8);
  let left = MOST;
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

/** By the two words that lead to the pid: `thread_pid`, and `pid_links[PIDTYPE_PID].pprev`, which points into the same struct. */
function* anywhere(prog: Program): Generator<Addr> {
  const { threadPid, pidLink, pidTasks } = taskLayout(prog);
  const apart = pidLink + 8 - threadPid;
  if (prog.memory.pointerSize !== 8 || apart <= 0 || apart > PAGE / 2) return;
  const bytes = new Uint8Array(PAGE * 2);
  const view = new DataView(bytes.buffer);
  const little = prog.arch.littleEndian;
  const [low, high] = little ? [0, 4] : [4, 0];
  let left = MOST * 4;
  for (const range of prog.physical.ranges()) {
    for (let page = range.start; page < range.end && left > 0; page += PAGE, left--) {
      if (prog.physical.read(page, bytes.subarray(0, PAGE))) continue;
      if (prog.physical.read(page + PAGE, bytes.subarray(PAGE))) bytes.fill(0, PAGE);
      for (let at = 0; at < PAGE; at += 8) {
        const pid = view.getUint32(at + low, little);
        if (pid === 0 || view.getUint32(at + apart + low, little) !== (pid + pidTasks) >>> 0) continue;
        if (view.getUint32(at + high, little) !== view.getUint32(at + apart + high, little)) continue;
        const task = prog.map.directMap(page + at) - BigInt(threadPid);
        if (task % 64n === 0n && isKernelPointer(prog, view.getBigUint64(at, little)) && leads(prog, task)) yield task;
      }
    }
  }
}

/** Whether a process is its own leader, and a thread has another. */
function leads(prog: Program, task: Addr): boolean {
  const { pid, tgid, groupLeader, span } = taskLayout(prog);
  const raw = new KernelStruct(prog, span);
  return raw.load(task) === undefined && (raw.i32(pid) === raw.i32(tgid)) === (raw.pointer(groupLeader) === task);
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
