import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer, KernelStruct } from './kernel-struct.ts';

const MAX_FRAMES = 256;
const MAX_POOLS = 1 << 21;
/** STACK_ALLOC_ALIGN: records are placed in units of 16 bytes. */
const ALIGN = 4;

/**
 * The stack trace that a `depot_stack_handle_t` stands for: return addresses, innermost first. The handle is a bit field
 * of the pool's number and the record's place in it (`union handle_parts`, lib/stackdepot.c).
 * @returns undefined when the handle leads to no record, or the kernel has no depot
 */
export function stackTrace(prog: Program, handle: number): readonly Addr[] | undefined {
  if (handle === 0 || !prog.findType('stack_record')) return undefined;
  const at = recordOf(prog, handle);
  if (at === undefined) return undefined;
  const record = new KernelStruct(prog, prog.type('stack_record').size);
  if (record.load(at)) return undefined;
  const back = prog.findMember('stack_record', 'handle');
  if (back && comparable(record.u32(back.offset)) !== comparable(handle)) return undefined;
  const count = record.u32(prog.offset('stack_record', 'size'));
  if (count === 0 || count > MAX_FRAMES) return undefined;
  const frames = new KernelStruct(prog, count * prog.arch.pointerSize);
  if (frames.load(addrAdd(at, prog.offset('stack_record', 'entries')))) return undefined;
  return Array.from({ length: count }, (_, i) => frames.pointer(i * prog.arch.pointerSize));
}

/** Users of the depot keep bits of their own at the top of a handle. */
function comparable(handle: number): number {
  return handle & 0x07ffffff;
}

function recordOf(prog: Program, handle: number): Addr | undefined {
  // pools: stack_pools since commit 961c949b012f ("lib/stackdepot: rename slab to pool", v6.3), stack_slabs before
  const table = prog.findSymbol('stack_pools') ?? prog.findSymbol('stack_slabs');
  if (!table) return undefined;
  // the union has a struct without a name: pool_index_plus_1 since commit a6c1d9cb9a68 (v6.9), pool_index, slabindex
  const find = (...names: string[]) => {
    for (const name of names) {
      const place = prog.findMember('union handle_parts', name) ?? prog.findMember('handle_parts', name);
      if (place) return { place, name };
    }
    return undefined;
  };
  const index = find('pool_index_plus_1', 'pool_index', 'slabindex');
  const offset = find('offset');
  if (!index || !offset) return undefined;
  const field = (f: { place: { offset: number; bit: number; bitSize: number } }): number =>
    Math.floor(handle / 2 ** (f.place.offset * 8 + f.place.bit)) % 2 ** f.place.bitSize;
  const pool = field(index) - (index.name === 'pool_index_plus_1' ? 1 : 0);
  if (pool < 0 || pool >= MAX_POOLS) return undefined;
  const pointer = prog.arch.pointerSize;
  // an array of pointers, or in newer kernels a pointer to one
  const first = prog.memory.ulong(table.address);
  const array = table.size === pointer && isKernelPointer(prog, first) ? first : table.address;
  const base = prog.memory.ulong(addrAdd(array, pool * pointer));
  return isKernelPointer(prog, base) ? addrAdd(base, field(offset) * 2 ** ALIGN) : undefined;
}
