import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer } from './kernel-struct.ts';
import type { SlabTrack } from './slab-track.ts';

/** KFENCE_STACK_DEPTH, mm/kfence/kfence.h */
const MAX_STACK = 64;
/** CONFIG_KFENCE_NUM_OBJECTS is at most 65535. */
const MAX_OBJECTS = 65535;

/** An object that KFENCE guards: `struct kfence_metadata`. */
export interface KfenceObject {
  /** `struct kfence_metadata *` */
  readonly metadata: Addr;
  /** Where the object begins; 0 while it has never been used. */
  readonly address: Addr;
  readonly size: Bytes;
  /** Who allocated it, and who freed it when it is free; without the time, which is not in ticks here. */
  readonly tracks: readonly SlabTrack[];
}

/**
 * An object by its number, as a report of the kernel names it (`kfence-#49`): the addresses in such a report are hashed.
 * Undefined for kernels without KFENCE, and where what lies there is no object's. @throws NotFoundError MemoryFault
 */
export function kfenceObject(prog: Program, number: number): KfenceObject | undefined {
  const symbol = prog.findSymbol('kfence_metadata');
  const type = prog.findType('kfence_metadata');
  const pool = prog.findSymbol('__kfence_pool');
  if (!symbol || !type || !pool || number < 0 || number >= MAX_OBJECTS) return undefined;
  // an array before v6.6, a pointer to what is allocated at boot since
  const pointer = prog.memory.ulong(symbol.address);
  const isArray = symbol.size > prog.arch.pointerSize || !isKernelPointer(prog, pointer);
  const base = isArray ? symbol.address : pointer;
  const metadata = addrAdd(base, number * type.size);
  const record = prog.at('kfence_metadata', metadata);
  const address = record.get('addr').toBigInt();
  const size = record.get('size').toNumber();
  // every object has a page of its own between two that nobody may touch
  const page = addrAdd(prog.memory.ulong(pool.address), (number + 1) * 2 * prog.pageSize);
  if (address < page || address + BigInt(size) > addrAdd(page, prog.pageSize)) return undefined;
  const tracks = [
    readTrack(prog, metadata, 'allocated', 'alloc_track'),
    readTrack(prog, metadata, 'freed', 'free_track'),
  ];
  const [allocated, freed] = tracks;
  // where another object was before it, that one's free is noted still
  const when = (member: string): bigint => record.get(member).get('ts_nsec').toBigInt();
  const stale = allocated && freed && when('free_track') < when('alloc_track');
  return { metadata, address, size, tracks: [allocated, stale ? undefined : freed].filter((t) => t !== undefined) };
}

function readTrack(prog: Program, at: Addr, what: SlabTrack['what'], member: string): SlabTrack | undefined {
  const track = prog.at('kfence_metadata', at).get(member);
  const count = track.get('num_stack_entries').toNumber();
  if (count <= 0 || count > MAX_STACK) return undefined;
  const entries = addrAdd(track.address, prog.offset('kfence_track', 'stack_entries'));
  const stack = Array.from({ length: count }, (_, i) => prog.memory.ulong(addrAdd(entries, i * prog.arch.pointerSize)));
  return { what, caller: stack[0] as Addr, cpu: -1, pid: track.get('pid').toNumber(), when: 0n, stack };
}
