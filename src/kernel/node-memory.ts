import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer } from './kernel-struct.ts';

/** MAX_NUMNODES with the largest NODES_SHIFT. */
const MAX_NODES = 1024;

/** Addresses of the `struct pglist_data` of the memory nodes. @throws NotFoundError MemoryFault */
export const memoryNodes = perOwner((prog: Program): readonly Addr[] => {
  const single = prog.findSymbol('contig_page_data'); // CONFIG_NUMA=n
  const table = prog.findSymbol('node_data');
  if (!table) return [single?.address ?? prog.symbol('node_data')];
  const possible = prog.findSymbol('nr_node_ids');
  const count = Math.min(possible ? prog.memory.u32(possible.address) : 1, MAX_NODES);
  const nodes: Addr[] = [];
  for (let i = 0; i < count; i++) {
    const node = prog.memory.ulong(addrAdd(table.address, i * prog.arch.pointerSize));
    if (isKernelPointer(prog, node)) nodes.push(node);
  }
  return nodes;
});

/** Pages of physical memory that the machine has, holes not counted. @throws NotFoundError MemoryFault */
export function presentPages(prog: Program): number {
  const present = prog.offset('pglist_data', 'node_present_pages');
  let pages = 0;
  for (const node of memoryNodes(prog)) pages += Number(prog.memory.ulong(addrAdd(node, present)));
  return pages;
}
