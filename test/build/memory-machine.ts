import { arrayType, u64Type } from './c-types.ts';
import { flatType, KernelMemory } from './kernel-memory.ts';

/** A zone of a made-up machine, in pages. */
export interface MadeZone {
  readonly name: string;
  readonly managed: number;
  readonly free: number;
  readonly marks: readonly [min: number, low: number, high: number];
  readonly boost?: number;
  readonly highAtomic?: number;
  readonly cma?: number;
  /** For allocations that could use zone 0, 1, 2. */
  readonly reserves?: readonly number[];
  readonly file?: number;
  readonly anon?: number;
}

export interface MadeMachine {
  /** By index: DMA, Normal, Movable. */
  readonly zones: readonly MadeZone[];
  /** Counters of the node by name. */
  readonly node?: Readonly<Record<string, number>>;
  readonly swap?: { readonly total: number; readonly free: number };
  readonly overcommit?: { readonly mode: number; readonly ratio?: number; readonly kbytes?: number };
  /** `vm_committed_as.count`. */
  readonly committed?: number;
  readonly minFreeKiB?: number;
}

const ZONE_ITEMS = [
  'NR_FREE_PAGES',
  'NR_ZONE_INACTIVE_ANON',
  'NR_ZONE_ACTIVE_ANON',
  'NR_ZONE_INACTIVE_FILE',
  'NR_ZONE_ACTIVE_FILE',
  'NR_FREE_CMA_PAGES',
];
const NODE_ITEMS = [
  'NR_INACTIVE_ANON',
  'NR_ACTIVE_ANON',
  'NR_INACTIVE_FILE',
  'NR_ACTIVE_FILE',
  'NR_UNEVICTABLE',
  'NR_SLAB_RECLAIMABLE_B',
  'NR_SLAB_UNRECLAIMABLE_B',
  'NR_FILE_PAGES',
  'NR_SHMEM',
  'NR_KERNEL_STACK_KB',
  'NR_PAGETABLE',
];
const SIZE = 512;

/** Kernel memory with zones, counters, swap and the settings of overcommitting. */
export function memoryMachine(machine: MadeMachine): KernelMemory {
  const memory = new KernelMemory();
  memory.cpus(2);
  memory.enumeration('zone_type', 'ZONE_DMA', 'ZONE_NORMAL', 'ZONE_MOVABLE');
  memory.enumeration('zone_stat_item', ...ZONE_ITEMS, 'NR_VM_ZONE_STAT_ITEMS');
  memory.enumeration('node_stat_item', ...NODE_ITEMS, 'NR_VM_NODE_STAT_ITEMS');
  putZones(memory, machine.zones);
  const { node = {}, swap = { total: 0, free: 0 }, overcommit = { mode: 0 } } = machine;
  const free = machine.zones.reduce((sum, z) => sum + z.free, 0);
  table(memory, 'vm_zone_stat', [free, 0, 0, 0, 0, 0]);
  table(
    memory,
    'vm_node_stat',
    NODE_ITEMS.map((name) => node[name] ?? 0),
  );
  table(memory, '_totalram_pages', [machine.zones.reduce((sum, z) => sum + z.managed, 0)]);
  table(memory, 'total_swap_pages', [swap.total]);
  table(memory, 'nr_swap_pages', [swap.free]);
  table(memory, 'sysctl_overcommit_memory', [overcommit.mode]);
  table(memory, 'sysctl_overcommit_ratio', [overcommit.ratio ?? 50]);
  table(memory, 'sysctl_overcommit_kbytes', [overcommit.kbytes ?? 0]);
  table(memory, 'min_free_kbytes', [machine.minFreeKiB ?? 1024]);
  table(memory, 'watermark_scale_factor', [10]);
  memory.type('percpu_counter', 40, { count: 8, counters: 32 });
  table(memory, 'vm_committed_as', [0, machine.committed ?? 0, 0, 0, 0]);
  return memory;
}

function table(memory: KernelMemory, name: string, values: readonly number[]): void {
  const at = memory.symbol(name, memory.alloc(values.length * 8));
  values.forEach((value, i) => {
    memory.u64(at + BigInt(i * 8), value);
  });
}

function putZones(memory: KernelMemory, zones: readonly MadeZone[]): void {
  const zone = flatType('zone', SIZE, {
    name: 0,
    _watermark: 8,
    watermark_boost: 32,
    nr_reserved_highatomic: 40,
    lowmem_reserve: [48, arrayType(u64Type, 3)],
    zone_start_pfn: 72,
    managed_pages: 80,
    spanned_pages: 88,
    present_pages: 96,
    vm_stat: 104,
  });
  memory.kernel.type(zone);
  memory.type('pglist_data', 2048, {
    node_zones: [0, arrayType(zone, zones.length)],
    node_start_pfn: 2016,
    node_spanned_pages: 2024,
    node_present_pages: 2032,
  });
  const node = memory.symbol('contig_page_data', memory.alloc(2048));
  memory.u64(node + 2032n, 1_000_000);
  zones.forEach((made, i) => {
    putZone(memory, node + BigInt(i * SIZE), made);
  });
}

function putZone(memory: KernelMemory, at: bigint, made: MadeZone): void {
  const { boost = 0, highAtomic = 0, cma = 0, file = 0, anon = 0, reserves = [] } = made;
  memory.u64(at, memory.string(made.name));
  const words = [...made.marks, boost, highAtomic, reserves[0] ?? 0, reserves[1] ?? 0, reserves[2] ?? 0];
  words.push(0, made.managed, made.managed, made.managed, made.free, anon, 0, file, 0, cma);
  words.forEach((value, i) => {
    memory.u64(at + 8n + BigInt(i * 8), value);
  });
}
