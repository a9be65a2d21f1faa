import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { KernelStruct } from './kernel-struct.ts';
import type { SlabTrack } from './slab-track.ts';
import { stackTrace } from './stackdepot.ts';

/** `alloc_meta_offset` and `free_meta_offset` of `struct kasan_cache` that mean: none. */
const NONE = 0x7fffffff;

/**
 * Who allocated and freed an object last, as KASAN's generic mode keeps it beside the object (`struct kasan_alloc_meta`,
 * `struct kasan_free_meta`, mm/kasan/kasan.h). A track counts only when its stack is in the depot.
 * @param cache `struct kmem_cache *` @throws NotFoundError
 */
export function kasanTracks(prog: Program, cache: Addr, object: Addr): SlabTrack[] {
  const info = prog.findMember('kmem_cache', 'kasan_info');
  if (!info || !prog.findType('kasan_track')) return [];
  const places = [
    { what: 'allocated', offset: 'alloc_meta_offset', meta: 'kasan_alloc_meta', track: 'alloc_track' },
    { what: 'freed', offset: 'free_meta_offset', meta: 'kasan_free_meta', track: 'free_track' },
  ] as const;
  const tracks: SlabTrack[] = [];
  const record = new KernelStruct(prog, prog.type('kasan_track').size);
  for (const { what, offset, meta, track } of places) {
    const at = prog.findMember('kasan_cache', offset)?.offset;
    const inside = prog.findMember(meta, track)?.offset;
    if (at === undefined || inside === undefined) continue;
    const distance = prog.memory.u32(addrAdd(cache, info.offset + at));
    if (distance > NONE - 1 || record.load(addrAdd(object, distance + inside))) continue;
    const stack = stackTrace(prog, record.u32(prog.offset('kasan_track', 'stack')));
    if (!stack || stack.length === 0) continue;
    const pid = record.i32(prog.offset('kasan_track', 'pid'));
    tracks.push({ what, caller: stack[0] as Addr, cpu: -1, pid, when: 0n, stack });
  }
  return tracks;
}
