import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { KernelStruct } from './kernel-struct.ts';
import type { SlabCache } from './slab-cache.ts';
import { slabCacheLayout } from './slab-layout.ts';
import { stackTrace } from './stackdepot.ts';

/** Who allocated or freed an object last, `struct track`. */
export interface SlabTrack {
  /** `deferred`: it, or what is in it, was handed to RCU or to a work queue, which KASAN notes. */
  readonly what: 'allocated' | 'freed' | 'deferred';
  /** The caller. */
  readonly caller: Addr;
  /** -1 where it was not noted. */
  readonly cpu: number;
  /** -1 where it was not noted. */
  readonly pid: number;
  /** jiffies; 0 where they were not noted. */
  readonly when: bigint;
  /** Since boot, where the time was noted so. */
  readonly nanoseconds?: bigint;
  /** Return addresses, innermost first; empty when the kernel did not keep them. */
  readonly stack: readonly Addr[];
}

const MAX_FRAMES = 64;

/**
 * The tracks of an object of a cache with SLAB_STORE_USER (`slub_debug=U`); none of another cache.
 * They lie behind the object and, when it is not inside, its free pointer (get_info_end and get_track in mm/slub.c).
 * @param object its address, behind the left red zone
 * @throws NotFoundError
 */
export function slabTracks(prog: Program, cache: SlabCache, object: Addr): SlabTrack[] {
  if (((cache.flags >>> slabCacheLayout(prog).storeUserBit) & 1) === 0 || !prog.findType('track')) return [];
  const size = prog.type('track').size;
  const end = cache.freePointer >= cache.inUse ? cache.inUse + prog.arch.pointerSize : cache.inUse;
  const tracks: SlabTrack[] = [];
  const record = new KernelStruct(prog, size);
  for (const [i, what] of (['allocated', 'freed'] as const).entries()) {
    if (record.load(addrAdd(object, end + i * size))) continue;
    const caller = record.pointer(prog.offset('track', 'addr'));
    if (caller === 0n) continue;
    tracks.push({
      what,
      caller,
      cpu: record.i32(prog.offset('track', 'cpu')),
      pid: record.i32(prog.offset('track', 'pid')),
      when: record.pointer(prog.offset('track', 'when')),
      stack: stackOf(prog, record),
    });
  }
  return tracks;
}

/** An array in the track, or since commit 5cf909c553e9 ("mm/slub: use stackdepot to save stack trace in objects", v5.19) a handle. */
function stackOf(prog: Program, record: KernelStruct): readonly Addr[] {
  const handle = prog.findMember('track', 'handle');
  if (handle) return stackTrace(prog, record.u32(handle.offset)) ?? [];
  const array = prog.findMember('track', 'addrs');
  if (!array) return [];
  const pointer: Bytes = prog.arch.pointerSize;
  const frames: Addr[] = [];
  for (let i = 0; i < Math.min(array.type.resolve().length, MAX_FRAMES); i++) {
    const frame = record.pointer(array.offset + i * pointer);
    if (frame === 0n) break;
    frames.push(frame);
  }
  return frames;
}
