import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import type { Value } from '../program/value.ts';
import { attempt } from './note-problem.ts';
import { possibleCpus } from './percpu.ts';
import { type IndexedEntries, radixTreeItems } from './radix-tree.ts';

/** MAX_USED_MAPS is 64 (include/linux/bpf.h); a later one may be larger. */
const MAX_USED_MAPS = 4096;
/** BPF_COMPLEXITY_LIMIT_INSNS bounds what is verified; rewriting makes programs longer. */
const MAX_INSTRUCTIONS = 4_000_000;
const INSTRUCTION_SIZE: Bytes = 8; // struct bpf_insn

/** A loaded program: `struct bpf_prog` with its `struct bpf_prog_aux`. */
export interface BpfProgram {
  readonly id: number;
  readonly address: Addr;
  readonly aux: Addr;
  /** As `enum bpf_prog_type` names it, without its prefix: `CGROUP_SKB`. */
  readonly type: string;
  /** Sixteen hexadecimal digits. */
  readonly tag: string;
  readonly name: string;
  /** Ids of its maps. */
  readonly usedMaps: readonly number[];
  /** Instructions of eight bytes. */
  readonly length: number;
  /** `struct bpf_insn *` */
  readonly instructions: Addr;
  /** Machine code; 0 bytes when it is interpreted. */
  readonly code: Addr;
  readonly codeSize: Bytes;
  readonly memory: Bytes | undefined;
  /** Nanoseconds since boot. */
  readonly loadTime: bigint | undefined;
  readonly gplCompatible: boolean;
  readonly uid: number | undefined;
}

/** A map: `struct bpf_map`. */
export interface BpfMap {
  readonly id: number;
  readonly address: Addr;
  /** As `enum bpf_map_type` names it, without its prefix: `LRU_HASH`. */
  readonly type: string;
  readonly flags: number;
  readonly name: string;
  readonly keySize: Bytes;
  readonly valueSize: Bytes;
  readonly maxEntries: number;
  readonly memory: Bytes;
  readonly uid: number | undefined;
}

export interface BpfObjects<T> {
  /** By id. */
  readonly objects: readonly T[];
  readonly problems: readonly Problem[];
}

/** Names of an enumeration without their common prefix, by value. */
export function bpfTypeNames(prog: Program, kind: 'prog' | 'map'): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const { name, value } of prog.findType(`enum bpf_${kind}_type`)?.resolve().enumerators ?? []) {
    // Renamed types keep their old name as a second one; the first of a value counts.
    const number = Number(value);
    if (!names.has(number)) names.set(number, name.replace(/^BPF_(?:PROG|MAP)_TYPE_/, ''));
  }
  return names;
}

/** `prog_idr`. @throws NotFoundError MemoryFault */
export function bpfPrograms(prog: Program): BpfObjects<BpfProgram> {
  const types = bpfTypeNames(prog, 'prog');
  return objects(prog, 'prog_idr', (id, address, problems) => {
    const program = prog.at('bpf_prog', address);
    const aux = program.get('aux').deref();
    const number = (path: string): number => program.get(path).toNumber();
    const pages = program.find('pages');
    return {
      id,
      address,
      aux: aux.address,
      type: types.get(number('type')) ?? String(number('type')),
      tag: hexOf(prog.memory.bytes(program.get('tag').address, 8)),
      name: aux.find('name')?.toText() ?? '',
      usedMaps: attempt(problems, `maps of program ${id}`, () => usedMaps(prog, aux)) ?? [],
      length: Math.min(number('len'), MAX_INSTRUCTIONS),
      instructions: program.get('insnsi').address,
      code: program.get('bpf_func').toBigInt(),
      codeSize: number('jited_len'),
      memory: pages && pages.toNumber() * prog.pageSize,
      loadTime: aux.find('load_time')?.toBigInt(),
      gplCompatible: number('gpl_compatible') !== 0,
      uid: attempt(problems, `user of program ${id}`, () => userOf(aux.find('user'))),
    };
  });
}

/** `map_idr`. @throws NotFoundError MemoryFault */
export function bpfMaps(prog: Program): BpfObjects<BpfMap> {
  const types = bpfTypeNames(prog, 'map');
  return objects(prog, 'map_idr', (id, address, problems) => {
    const map = prog.at('bpf_map', address);
    const number = (path: string): number => map.get(path).toNumber();
    const type = types.get(number('map_type')) ?? String(number('map_type'));
    // commit 3539b96e041c ("bpf: group memory related fields in struct bpf_map_memory", v5.3); gone since v5.11, when
    // memory cgroups took over ("bpf: Eliminate rlimit-based memory accounting infra for bpf maps", 80ee81e0403c)
    const user = map.find('memory.user') ?? map.find('user');
    return {
      id,
      address,
      type,
      flags: number('map_flags') >>> 0,
      name: map.find('name')?.toText() ?? '',
      keySize: number('key_size'),
      valueSize: number('value_size'),
      maxEntries: number('max_entries'),
      memory: mapMemory(prog, map, type),
      uid: attempt(problems, `user of map ${id}`, () => userOf(user)),
    };
  });
}

/** The instructions of a program as they stand in memory. @throws MemoryFault */
export function bpfByteCode(prog: Program, { instructions, length }: BpfProgram): Uint8Array {
  return prog.memory.bytes(instructions, length * INSTRUCTION_SIZE);
}

function objects<T>(
  prog: Program,
  table: string,
  read: (id: number, address: Addr, problems: Problem[]) => T,
): BpfObjects<T> {
  const problems: Problem[] = [];
  const { entries, damage }: IndexedEntries = radixTreeItems(
    prog,
    addrAdd(prog.symbol(table), prog.offset('idr', 'idr_rt')),
  );
  for (const why of damage) problems.push({ what: table, why });
  const found: T[] = [];
  // An IDR may number from 1: its base is added to the index of the tree.
  const base = prog.findMember('idr', 'idr_base');
  const first = base ? prog.memory.u32(addrAdd(prog.symbol(table), base.offset)) : 0;
  for (const { index, value, kind } of entries) {
    if (kind !== 'pointer') continue;
    const id = Number(index) + first;
    const one = attempt(problems, `${table}: ${id}`, () => read(id, value, problems));
    if (one !== undefined) found.push(one);
  }
  return { objects: found, problems };
}

function usedMaps(prog: Program, aux: Value): number[] {
  const count = Math.min(aux.get('used_map_cnt').toNumber(), MAX_USED_MAPS);
  const array = aux.get('used_maps').toBigInt();
  const ids: number[] = [];
  for (let i = 0; i < count; i++) {
    const map = prog.memory.ulong(addrAdd(array, i * prog.pointerSize));
    ids.push(prog.at('bpf_map', map).get('id').toNumber());
  }
  return ids;
}

function userOf(pointer: Value | undefined): number | undefined {
  return pointer && pointer.toBigInt() !== 0n ? pointer.get('uid.val').toNumber() : undefined;
}

/** What the kernel accounts; since it no longer does (v5.11), what /proc/<pid>/fdinfo says for lack of better. */
function mapMemory(prog: Program, map: Value, type: string): Bytes {
  const pages = map.find('memory.pages') ?? map.find('pages');
  if (pages) return pages.toNumber() * prog.pageSize;
  if (type.endsWith('RINGBUF') && prog.findMember('bpf_ringbuf_map', 'rb')) return ringMemory(prog, map);
  const value = roundUp(map.get('value_size').toNumber(), 8);
  const copies = type.startsWith('PERCPU_') || type === 'LRU_PERCPU_HASH' ? possibleCpus(prog).length : 1;
  const one = roundUp(map.get('key_size').toNumber() + value * copies, 8);
  return roundUp(one * map.get('max_entries').toNumber(), prog.pageSize);
}

/** `ringbuf_map_mem_usage()`: the data pages are mapped twice, behind a few of its own. */
function ringMemory(prog: Program, map: Value): Bytes {
  const ring = prog.at('bpf_ringbuf_map', map.address).get('rb').deref();
  const pages = ring.get('nr_pages').toNumber();
  const data = Math.floor(map.get('max_entries').toNumber() / prog.pageSize);
  const pointers = pages - data + 2 * data;
  return prog.type('bpf_ringbuf_map').size + pages * prog.pageSize + pointers * prog.pointerSize;
}

function roundUp(n: number, to: number): number {
  return Math.ceil(n / to) * to;
}

function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
