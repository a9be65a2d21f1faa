import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { openFile } from './files.ts';
import { isKernelPointer } from './kernel-struct.ts';
import { attempt } from './note-problem.ts';

/** An area of swap space, `struct swap_info_struct`. */
export interface SwapArea {
  readonly address: Addr;
  /** Its index in `swap_info`, which page-table entries name. */
  readonly type: number;
  readonly kind: 'PARTITION' | 'FILE';
  readonly pages: number;
  readonly usedPages: number;
  readonly priority: number;
  /** Path of the device or file; undefined when it cannot be read. */
  readonly path: string | undefined;
}

export interface SwapAreas {
  readonly areas: readonly SwapArea[];
  readonly problems: readonly Problem[];
}

/** MAX_SWAPFILES is less. */
const MAX_AREAS = 32;
const SWP_USED = 1n;
const SWP_WRITEOK = 2n;
const SWP_BLKDEV = 1n << 6n;

/** What /proc/swaps shows: areas in use, in the order of their numbers. @throws MemoryFault */
export function swapAreas(prog: Program): SwapAreas {
  const problems: Problem[] = [];
  if (!prog.findType('swap_info_struct')) return { areas: [], problems }; // a kernel without swap
  const total = prog.findSymbol('total_swap_pages');
  // where no list names the table of areas, it is found by what is in it
  if (!prog.findSymbol('swap_info') && total && prog.memory.ulong(total.address) === 0n) return { areas: [], problems };
  const table = attempt(problems, 'swap areas', () => prog.symbol('swap_info'));
  if (table === undefined) return { areas: [], problems };
  const counter = prog.findSymbol('nr_swapfiles');
  const count = Math.min(counter ? prog.memory.u32(counter.address) : MAX_AREAS, MAX_AREAS);
  const areas: SwapArea[] = [];
  for (let type = 0; type < count; type++) {
    const address = prog.memory.ulong(addrAdd(table, type * prog.arch.pointerSize));
    if (!isKernelPointer(prog, address)) continue;
    const area = attempt(problems, `swap area ${type}`, () => readArea(prog, address, type, problems));
    if (area) areas.push(area);
  }
  return { areas, problems };
}

function readArea(prog: Program, address: Addr, type: number, problems: Problem[]): SwapArea | undefined {
  const { memory } = prog;
  const at = (member: string): Addr => addrAdd(address, prog.offset('swap_info_struct', member));
  const flags = memory.ulong(at('flags'));
  if ((flags & SWP_USED) === 0n || (flags & SWP_WRITEOK) === 0n) return undefined;
  // beyond the end of the table are other variables
  if (prog.findMember('swap_info_struct', 'type') && memory.u8(at('type')) !== type) return undefined;
  const used = prog.findMember('swap_info_struct', 'inuse_pages');
  const wide = (used?.type.size ?? 4) === 8;
  const pages = memory.u32(at('pages'));
  const file = memory.ulong(at('swap_file'));
  return {
    address,
    type,
    kind: (flags & SWP_BLKDEV) !== 0n ? 'PARTITION' : 'FILE',
    pages,
    usedPages: wide ? withoutFlag(memory.u64(at('inuse_pages')), pages) : memory.u32(at('inuse_pages')),
    priority: (memory.u16(at('prio')) << 16) >> 16,
    path: attempt(problems, `path of swap area ${type}`, () => openFile(prog, file).path),
  };
}

/**
 * In 6.16 and later `inuse_pages` is an atomic_long_t with SWAP_USAGE_OFFLIST_BIT, which says that a full area is on no list: the
 * second highest bit of an atomic_t, or of an atomic_long_t. No area has more pages in use than it has.
 */
function withoutFlag(count: bigint, pages: number): number {
  const plain = count & 0x3fffffffffffffffn;
  return Number(plain > BigInt(pages) ? plain & ~(1n << 30n) : plain);
}
