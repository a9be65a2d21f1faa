import { NotFoundError } from '../base/errors.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { enumerators } from './enumerators.ts';
import { KernelStruct } from './kernel-struct.ts';
import { taskLayout } from './task-layout.ts';

/** Bytes of the memory map that are looked at in one go. */
const BLOCK = 1 << 17;
const MAX_OBJECTS_PER_SLAB = 32_767; // slab.objects has 15 bits

/**
 * Addresses at which the SLUB cache of `struct task_struct` keeps objects, in use or free: every page descriptor whose
 * `slab_cache` is that cache. Reads the whole memory map, so it is for when the kernel's own lists are broken.
 * @throws AnalysisError when the kernel does not use SLUB, or has no virtual memory map
 */
export function* taskSlabObjects(prog: Program): Generator<Addr> {
  const cache = prog.memory.ulong(prog.symbol('task_struct_cachep'));
  const { start, stride } = objectPlaces(prog, cache);
  // commit bb192ed9aa71 ("mm/slub: Convert most struct page to struct slab by spatch", v5.17)
  const descriptor = prog.findType('slab') ? 'slab' : 'page';
  const objects = prog.findMember(descriptor, 'objects');
  if (!objects) throw new NotFoundError('member', `${descriptor}.objects`, 'the kernel does not use SLUB');
  for (const { page, frame } of pagesOf(prog, cache, prog.offset(descriptor, 'slab_cache'))) {
    const word = prog.memory.u32(addrAdd(page, objects.offset & ~3));
    const shift = (objects.offset & 3) * 8 + objects.bit;
    const count = Math.min((word >>> shift) & (2 ** objects.bitSize - 1), MAX_OBJECTS_PER_SLAB);
    const base = prog.map.directMap(frame * prog.pageSize);
    for (let i = 0; i < count; i++) yield addrAdd(base, start + i * stride);
  }
}

/** Distance of the objects and, where red zones stand before them, of the first. */
function objectPlaces(prog: Program, cache: Addr): { start: Bytes; stride: Bytes } {
  const stride = prog.memory.u32(addrAdd(cache, prog.offset('kmem_cache', 'size')));
  const pad = prog.findMember('kmem_cache', 'red_left_pad');
  const flags = prog.memory.u32(addrAdd(cache, prog.offset('kmem_cache', 'flags')));
  // SLAB_RED_ZONE has been numbered by an enum since commit cc61eb851c9a ("mm, slab: use an enum to define SLAB_ cache
  // creation flags", v6.9); it was 0x400 before.
  const bit = enumerators(prog, '_slab_flag_bits').get('_SLAB_RED_ZONE') ?? 10;
  const redZone = ((flags >>> bit) & 1) === 1;
  const start = pad && redZone ? prog.memory.u32(addrAdd(cache, pad.offset)) : 0;
  // The type may be larger than the objects: room for registers at its end is made as the CPU needs it.
  if (stride < taskLayout(prog).span || start >= stride) {
    throw new NotFoundError('slab cache', 'task_struct', `its object size ${stride} makes no sense`);
  }
  return { start, stride };
}

/** Page descriptors that name `cache`. */
function* pagesOf(prog: Program, cache: Addr, member: Bytes): Generator<{ page: Addr; frame: number }> {
  const vmemmap = prog.map.vmemmap;
  if (vmemmap === undefined) throw new NotFoundError('memory map', 'vmemmap', 'the page descriptors cannot be found');
  const size = prog.type('page').size;
  const perBlock = Math.max(1, Math.floor(BLOCK / size));
  const block = new KernelStruct(prog, perBlock * size);
  const little = prog.arch.littleEndian;
  const low = Number(cache & 0xffffffffn);
  const high = Number(cache >> 32n);
  for (const range of prog.physical.ranges()) {
    const last = Math.floor(range.end / prog.pageSize);
    for (let frame = Math.ceil(range.start / prog.pageSize); frame < last; frame += perBlock) {
      const at = addrAdd(vmemmap, BigInt(frame) * BigInt(size));
      if (block.loadPart(at) === 0) continue;
      for (let i = 0; i < perBlock && frame + i < last; i++) {
        const word = i * size + member;
        if (block.view.getUint32(little ? word : word + 4, little) !== low) continue;
        if (block.view.getUint32(little ? word + 4 : word, little) !== high) continue;
        yield { page: addrAdd(at, i * size), frame: frame + i };
      }
    }
  }
}
