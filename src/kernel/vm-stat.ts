import { NotFoundError } from '../base/errors.ts';
import { perOwner } from '../base/lazy.ts';
import type { Program } from '../program/program.ts';
import { enumerators } from './enumerators.ts';
import { KernelStruct } from './kernel-struct.ts';

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
