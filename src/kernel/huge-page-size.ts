import type { Program } from '../program/program.ts';

/** HPAGE_PMD_NR: how many pages one entry above the last level of page tables maps. */
export function hugePagePages(prog: Program): number {
  const bits = prog.map.tables?.format.levels.at(-1)?.bits;
  // where the tables are not known: on most CPUs one fills a page with entries of 8 bytes
  return bits === undefined ? prog.pageSize / 8 : 2 ** bits;
}
