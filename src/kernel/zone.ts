import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Pfn } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { enumerators } from './enumerators.ts';
import { KernelStruct } from './kernel-struct.ts';
import { memoryNodes } from './node-memory.ts';
import { noteProblem } from './note-problem.ts';
import { itemNames } from './vm-stat.ts';

/** A memory zone, `struct zone`. */
export interface ZoneRecord {
  readonly node: number;
  readonly index: number;
  readonly address: Addr;
  readonly name: string;
  readonly startFrame: Pfn;
  /** Page frames from the first to the last, holes included. */
  readonly spanned: number;
  readonly present: number;
  readonly managed: number;
  /** Min, low, high in pages, without the boost that fragmentation adds for a while. */
  readonly watermarks: readonly number[];
  /** `vm_stat[]` by the names of `enum zone_stat_item`, in their order. */
  readonly counters: ReadonlyMap<string, number>;
}

/** A memory node, `struct pglist_data`. */
export interface NodeRecord {
  readonly id: number;
  readonly address: Addr;
  readonly startFrame: Pfn;
  readonly spanned: number;
  readonly present: number;
  readonly zones: readonly ZoneRecord[];
}

export interface MemoryNodes {
  readonly nodes: readonly NodeRecord[];
  readonly problems: readonly Problem[];
}

const MAX_ZONES = 16;

/** The nodes with all their zones, populated or not. @throws NotFoundError when the kernel's types are not known */
export const memoryNodeRecords = perOwner((prog: Program): MemoryNodes => {
  const problems: Problem[] = [];
  const nodes: NodeRecord[] = [];
  for (const address of memoryNodes(prog)) {
    try {
      nodes.push(readNode(prog, address));
    } catch (e) {
      noteProblem(problems, `memory node ${address.toString(16)}`, e);
    }
  }
  return { nodes, problems };
});

function readNode(prog: Program, address: Addr): NodeRecord {
  const long = (member: string): number =>
    Number(prog.memory.ulong(addrAdd(address, prog.offset('pglist_data', member))));
  const id = prog.findMember('pglist_data', 'node_id')
    ? prog.memory.i32(addrAdd(address, prog.offset('pglist_data', 'node_id')))
    : 0;
  const zones = prog.findMember('pglist_data', 'node_zones');
  const array = zones?.type.resolve();
  const stride = array?.target?.size ?? prog.type('zone').size;
  const count = Math.min(array?.length ?? 0, MAX_ZONES);
  return {
    id,
    address,
    startFrame: long('node_start_pfn'),
    spanned: long('node_spanned_pages'),
    present: long('node_present_pages'),
    zones: Array.from({ length: count }, (_, i) =>
      readZone(prog, addrAdd(address, (zones?.offset ?? 0) + i * stride), id, i),
    ),
  };
}

function readZone(prog: Program, address: Addr, node: number, index: number): ZoneRecord {
  const object = new KernelStruct(prog, prog.type('zone').size);
  prog.memory.read(address, object.bytes);
  const long = (...paths: string[]): number => object.long(prog.offset('zone', ...paths));
  // commit a921444382b4 ("mm: move zone watermark accesses behind an accessor", v5.0)
  const marks = prog.offset('zone', '_watermark', 'watermark');
  const word = prog.arch.pointerSize;
  return {
    node,
    index,
    address,
    name: prog.memory.cString(object.pointer(prog.offset('zone', 'name')), 32),
    startFrame: long('zone_start_pfn'),
    spanned: long('spanned_pages'),
    present: long('present_pages'),
    managed: long('managed_pages'),
    watermarks: [0, 1, 2].map((i) => object.long(marks + i * word)),
    counters: zoneCounters(prog, object),
  };
}

function zoneCounters(prog: Program, zone: KernelStruct): ReadonlyMap<string, number> {
  const start = prog.offset('zone', 'vm_stat');
  const items = enumerators(prog, 'zone_stat_item');
  const count = Math.min(items.get('NR_VM_ZONE_STAT_ITEMS') ?? 0, 256);
  const counters = new Map<string, number>();
  for (const [name, i] of itemNames(items, count)) {
    counters.set(name, Math.max(0, zone.long(start + i * prog.arch.pointerSize)));
  }
  return counters;
}
