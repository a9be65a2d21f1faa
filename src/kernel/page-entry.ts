import type { Program } from '../program/program.ts';
import { swapAreas } from './swap.ts';

/** What a page-table entry says. */
export interface PageEntry {
  readonly entry: bigint;
  /** Undefined when it maps nothing. */
  readonly physical: number | undefined;
  readonly flags: readonly string[];
  /** Where the page is in swap space, when the entry names a swap area that is there. */
  readonly swap: { readonly type: number; readonly offset: bigint; readonly path: string | undefined } | undefined;
}

/** Reads an entry of the last level. Undefined when the entries of this CPU cannot be read. @throws NotFoundError MemoryFault */
export function pageEntry(prog: Program, entry: bigint): PageEntry | undefined {
  const { tables } = prog.map;
  if (!tables) return undefined;
  const flags = tables.flagNames(entry);
  if (flags.length > 0) return { entry, physical: tables.address(entry), flags, swap: undefined };
  const swap = tables.swap(entry);
  const area = swap && swapAreas(prog).areas.find((a) => a.type === swap.type);
  return {
    entry,
    physical: undefined,
    flags,
    swap: swap && area ? { ...swap, path: area.path } : undefined,
  };
}
