import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { allocatorCaller } from './allocator-frames.ts';
import { hasFreeTrack } from './kasan-shadow.ts';
import { KernelStruct } from './kernel-struct.ts';
import type { SlabTrack } from './slab-track.ts';
import { stackTrace } from './stackdepot.ts';

/** KASAN_NO_FREE_META: the cache's objects are too large for a free track. */
const NONE = 0x7fffffff;
/** kasan_set_track() drops so many low bits of the clock (CONFIG_KASAN_EXTRA_INFO, since v6.9). */
const CLOCK_SHIFT = 9n;

/**
 * Who allocated and freed an object last, and who handed it to RCU or a work queue, as KASAN's generic mode keeps it beside
 * the object (`struct kasan_alloc_meta`, `struct kasan_free_meta`, mm/kasan/kasan.h). A track counts only when its stack is
 * in the depot; the free track lies in the freed object as a rule, and counts only while the shadow says that it is there.
 * @param cache `struct kmem_cache *` @throws NotFoundError
 */
export function kasanTracks(prog: Program, cache: Addr, object: Addr): SlabTrack[] {
  const layout = trackLayout(prog);
  if (!layout) return [];
  const tracks: (SlabTrack | undefined)[] = [];
  const alloc = prog.memory.u32(addrAdd(cache, layout.allocOffset));
  // no object begins with its allocation's track: 0 is for objects too large for one
  if (alloc > 0 && alloc < NONE) {
    const meta = addrAdd(object, alloc);
    tracks.push(trackAt(prog, addrAdd(meta, layout.allocTrack), 'allocated'));
    for (const at of layout.deferred) tracks.push(handleAt(prog, addrAdd(meta, at)));
  }
  const free = layout.freeOffset === undefined ? NONE : prog.memory.u32(addrAdd(cache, layout.freeOffset));
  if (free < NONE && layout.freeTrack !== undefined && hasFreeTrack(prog, object) !== false)
    tracks.push(trackAt(prog, addrAdd(object, free + layout.freeTrack), 'freed'));
  return tracks.filter((t) => t !== undefined);
}

/** Where things are in a cache and in what is kept of its objects. */
interface TrackLayout {
  readonly allocOffset: Bytes;
  readonly allocTrack: Bytes;
  /** Handles of stacks: the last one first. */
  readonly deferred: readonly Bytes[];
  readonly freeOffset?: Bytes;
  readonly freeTrack?: Bytes;
}

const trackLayout = perOwner((prog: Program): TrackLayout | undefined => {
  const info = prog.findMember('kmem_cache', 'kasan_info');
  const alloc = prog.findMember('kasan_cache', 'alloc_meta_offset');
  const allocTrack = prog.findMember('kasan_alloc_meta', 'alloc_track');
  if (!info || !alloc || !allocTrack || !prog.findType('kasan_track')) return undefined;
  const free = prog.findMember('kasan_cache', 'free_meta_offset');
  const freeTrack = prog.findMember('kasan_free_meta', 'free_track');
  const aux = prog.findMember('kasan_alloc_meta', 'aux_stack');
  const handles = aux ? Math.min(4, Math.floor(aux.type.resolve().length)) : 0;
  return {
    allocOffset: info.offset + alloc.offset,
    allocTrack: allocTrack.offset,
    deferred: Array.from({ length: handles }, (_, i) => (aux?.offset ?? 0) + i * 4),
    ...(free && { freeOffset: info.offset + free.offset }),
    ...(freeTrack && { freeTrack: freeTrack.offset }),
  };
});

function trackAt(prog: Program, at: Addr, what: SlabTrack['what']): SlabTrack | undefined {
  const record = new KernelStruct(prog, prog.type('kasan_track').size);
  if (record.load(at)) return undefined;
  const track = trackOf(prog, what, record.u32(prog.offset('kasan_track', 'stack')));
  return track && { ...track, pid: record.i32(prog.offset('kasan_track', 'pid')), ...extraInfo(prog, at) };
}

/** CPU and time, which newer kernels note when they are built to. */
function extraInfo(prog: Program, at: Addr): Partial<Pick<SlabTrack, 'cpu' | 'nanoseconds'>> {
  if (!prog.findMember('kasan_track', 'timestamp')) return {};
  const track = prog.at('kasan_track', at);
  const nanoseconds = track.get('timestamp').toBigInt() << CLOCK_SHIFT;
  return { cpu: track.get('cpu').toNumber(), nanoseconds };
}

/** A stack without a task. */
function handleAt(prog: Program, at: Addr): SlabTrack | undefined {
  const record = new KernelStruct(prog, 4);
  return record.load(at) ? undefined : trackOf(prog, 'deferred', record.u32(0));
}

function trackOf(prog: Program, what: SlabTrack['what'], handle: number): SlabTrack | undefined {
  const stack = stackTrace(prog, handle) ?? [];
  const caller = allocatorCaller(prog, stack);
  return caller === undefined ? undefined : { what, caller, cpu: -1, pid: -1, when: 0n, stack };
}
