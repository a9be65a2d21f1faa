import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { type IndexedEntries, indexedItems } from './radix-tree.ts';

/**
 * Every entry of an XArray, values included, ascending by index.
 * @param xarray `struct xarray *`
 * @throws NotFoundError when the type is unknown; MemoryFault when the root cannot be read
 */
export function xarrayItems(prog: Program, xarray: Addr): IndexedEntries {
  return indexedItems(prog, prog.memory.ulong(xarray + BigInt(prog.offset('xarray', 'xa_head'))));
}
