import { NotFoundError } from '../base/errors.ts';
import { perOwner } from '../base/lazy.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { enumerators } from './enumerators.ts';
import { KernelStruct } from './kernel-struct.ts';
import { perCpu, possibleCpus } from './percpu.ts';

/** The kernel's global counters of memory, as its own reports read them. */
export interface VmStat {
  /**
   * A counter by the name of its enumerator, never negative; undefined when this kernel has none of that name. What CPUs
   * have counted and not yet added (up to 125 pages each and counter) is left out, as /proc/meminfo does.
   */
  get(name: string): number | undefined;
}

/**
 * `vm_zone_stat[]` and `vm_node_stat[]`, indexed by `enum zone_stat_item` and `enum node_stat_item`.
 * @throws NotFoundError MemoryFault
 */
export const vmStat = perOwner((prog: Program): VmStat => {
  const zone = counters(prog, 'vm_zone_stat', 'zone_stat_item', 'NR_VM_ZONE_STAT_ITEMS');
  const node = counters(prog, 'vm_node_stat', 'node_stat_item', 'NR_VM_NODE_STAT_ITEMS');
  return { get: (name) => node(name) ?? zone(name) };
});

function counters(prog: Program, symbol: string, type: string, last: string): (name: string) => number | undefined {
  const items = enumerators(prog, type);
  const count = items.get(last);
  if (count === undefined || count < 1 || count > 4096) throw new NotFoundError('type', `enum ${type}`);
  const size = prog.arch.pointerSize;
  const table = new KernelStruct(prog, count * size);
  prog.memory.read(prog.symbol(symbol), table.bytes);
  return (name) => {
    const index = items.get(name);
    return index === undefined || index >= count ? undefined : Math.max(0, table.long(index * size));
  };
}

/** A named group of counters in the order of the kernel's own enum. */
export type CounterGroup = readonly (readonly [name: string, value: number])[];

/** The global counters by group: of zones, of nodes, and the events that CPUs count; a group is empty without types. */
export interface VmCounters {
  readonly zone: CounterGroup;
  readonly node: CounterGroup;
  /** Empty without CONFIG_NUMA, and since commit f19298b9516c ("mm/vmstat: convert NUMA statistics to basic NUMA counters", v5.14). */
  readonly numa: CounterGroup;
  /** `vm_event_states`, summed over the CPUs; empty without CONFIG_VM_EVENT_COUNTERS. */
  readonly events: CounterGroup;
}

/** @throws NotFoundError MemoryFault */
export function vmCounters(prog: Program): VmCounters {
  return {
    zone: group(prog, 'zone_stat_item', 'NR_VM_ZONE_STAT_ITEMS', prog.symbol('vm_zone_stat')),
    node: group(prog, 'node_stat_item', 'NR_VM_NODE_STAT_ITEMS', prog.symbol('vm_node_stat')),
    numa: prog.findSymbol('vm_numa_stat')
      ? group(prog, 'numa_stat_item', 'NR_VM_NUMA_STAT_ITEMS', prog.symbol('vm_numa_stat'))
      : [],
    events: events(prog),
  };
}

function group(prog: Program, type: string, last: string, at: Addr): CounterGroup {
  const items = enumerators(prog, type);
  const size = prog.arch.pointerSize;
  const count = Math.min(items.get(last) ?? 0, 4096);
  const table = new KernelStruct(prog, count * size);
  prog.memory.read(at, table.bytes);
  return itemNames(items, count).map(([name, i]) => [name, Math.max(0, table.long(i * size))]);
}

/** A name for each counter: of several for one (`NR_LRU_BASE`, `NR_INACTIVE_ANON`) the last, which is the counter's own. */
export function itemNames(items: ReadonlyMap<string, number>, count: number): [name: string, index: number][] {
  const names = new Map<number, string>();
  for (const [name, index] of items) if (index < count) names.set(index, name);
  return [...names].map(([index, name]) => [name, index]);
}

function events(prog: Program): CounterGroup {
  if (!prog.findSymbol('vm_event_states')) return [];
  const sums = new Map<string, number>();
  for (const cpu of possibleCpus(prog)) {
    const at = perCpu(prog, 'vm_event_states', cpu);
    for (const [name, value] of group(prog, 'vm_event_item', 'NR_VM_EVENT_ITEMS', at)) {
      sums.set(name, (sums.get(name) ?? 0) + value);
    }
  }
  return [...sums];
}
