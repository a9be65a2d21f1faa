import { attempt } from '../base/attempt.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';

/** A size of huge pages, `struct hstate`. */
export interface HugePageSize {
  readonly address: Addr;
  readonly name: string;
  readonly bytes: Bytes;
  readonly free: number;
  readonly total: number;
}

const MAX_SIZES = 16;

/** The sizes that the kernel keeps pools of; none without CONFIG_HUGETLB_PAGE. @throws NotFoundError MemoryFault */
export function hugePageSizes(prog: Program): HugePageSize[] {
  const type = prog.findType('hstate');
  if (!type || type.resolve().size === 0) return []; // without it the type has no members
  const table = prog.symbol('hstates');
  const max = prog.findSymbol('hugetlb_max_hstate');
  const count = max ? Math.min(prog.memory.u32(max.address), MAX_SIZES) : namedSizes(prog, table, type.size);
  const long = (at: Addr, member: string): number =>
    Number(prog.memory.ulong(addrAdd(at, prog.offset('hstate', member))));
  return Array.from({ length: count }, (_, i) => {
    const address = addrAdd(table, i * type.size);
    return {
      address,
      name: prog.memory.cString(addrAdd(address, prog.offset('hstate', 'name')), 32),
      bytes: 2 ** Math.min(prog.memory.u32(addrAdd(address, prog.offset('hstate', 'order'))), 40) * prog.pageSize,
      free: long(address, 'free_huge_pages'),
      total: long(address, 'nr_huge_pages'),
    };
  });
}

/** Where no list names the number of sizes: what follows them has no such name. */
function namedSizes(prog: Program, table: Addr, size: Bytes): number {
  const name = prog.offset('hstate', 'name');
  for (let count = 0; count < MAX_SIZES; count++) {
    const text = attempt(() => prog.memory.cString(addrAdd(table, count * size + name), 32));
    if (!text || !/^hugepages-\d+kB$/.test(text)) return count;
  }
  return MAX_SIZES;
}
