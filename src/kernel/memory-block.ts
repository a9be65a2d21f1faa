import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { enumerators } from './enumerators.ts';
import { xarrayEntries } from './idr-xarray.ts';

/** A hot-pluggable piece of memory, `struct memory_block`. */
export interface MemoryBlock {
  readonly address: Addr;
  readonly name: string;
  readonly startSection: number;
  readonly node: number;
  /** ONLINE, GOING_OFFLINE, OFFLINE, ... */
  readonly state: string;
}

/** include/linux/memory.h: bits until they became `enum memory_block_state`, which keeps the values. */
const STATES: Readonly<Record<number, string>> = { 1: 'ONLINE', 2: 'GOING_OFFLINE', 4: 'OFFLINE', 8: 'GOING_ONLINE' };

/**
 * The memory blocks, ascending: an XArray since commit 4fb6eabf1037 ("drivers/base/memory.c: cache memory blocks in xarray
 * to accelerate lookup", v5.8). None where the kernel has none.
 * @throws NotFoundError MemoryFault
 */
export function memoryBlocks(prog: Program): MemoryBlock[] {
  const array = prog.findSymbol('memory_blocks');
  if (!array || !prog.findType('memory_block')) return [];
  const names = new Map<number, string>();
  for (const [state, value] of enumerators(prog, 'memory_block_state')) names.set(value, state.replace(/^MEM_/, ''));
  const start = prog.offset('memory_block', 'start_section_nr');
  const state = prog.offset('memory_block', 'state');
  const node = prog.findMember('memory_block', 'nid')?.offset;
  const name = prog.offset('memory_block', 'dev.kobj.name');
  return xarrayEntries(prog, array.address).pointers.map((address) => {
    const code = prog.memory.u32(addrAdd(address, state));
    return {
      address,
      name: prog.memory.cString(prog.memory.ulong(addrAdd(address, name)), 64),
      startSection: Number(prog.memory.ulong(addrAdd(address, start))),
      node: node === undefined ? 0 : prog.memory.i32(addrAdd(address, node)),
      state: names.get(code) ?? STATES[code] ?? 'UNKNOWN',
    };
  });
}
