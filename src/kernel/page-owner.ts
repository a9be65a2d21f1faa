import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Pfn } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { enumerators } from './enumerators.ts';
import { isKernelPointer, KernelStruct } from './kernel-struct.ts';
import { memorySections } from './sparsemem.ts';
import { stackTrace } from './stackdepot.ts';

/** Who allocated or freed a page last, `struct page_owner` (kernel booted with page_owner=on). */
export interface PageTrack {
  readonly what: 'allocated' | 'freed';
  /** 0 where the kernel does not note who freed it. */
  readonly pid: number;
  /** Nanoseconds since boot; absent on kernels that do not note it. */
  readonly nanoseconds?: bigint;
  /** Return addresses, innermost first. */
  readonly stack: readonly Addr[];
}

export interface PageOwner {
  /** The page is allocated now. */
  readonly allocated: boolean;
  readonly order: number;
  readonly tracks: readonly PageTrack[];
}

/** What is asked of each page's extension. */
interface Layout {
  /** Bytes of the extensions of one page. */
  readonly size: number;
  /** Of the owner in them. */
  readonly owner: number;
  /** Bits of `page_ext.flags`. */
  readonly ownerBit: number;
  readonly allocatedBit: number;
}

/** PAGE_EXT_INVALID: the section's extensions are going away (mm/page_ext.c). */
const INVALID = 1n;

/**
 * Who allocated and who freed a page frame last; undefined when the kernel keeps no owners or has none for it.
 * Source: lookup_page_ext() in mm/page_ext.c, mm/page_owner.c. @throws MemoryFault, NotFoundError
 */
export function pageOwner(prog: Program, frame: Pfn): PageOwner | undefined {
  const layout = ownerLayout(prog);
  const { sections, pagesPerSection } = memorySections(prog);
  const member = prog.findMember('mem_section', 'page_ext');
  const section = sections.find((s) => frame >= s.firstFrame && frame < s.firstFrame + pagesPerSection);
  if (!layout || !member || !section) return undefined;
  // The section's pointer is set back, so that it is indexed by the frame itself.
  const base = prog.memory.ulong(addrAdd(section.address, member.offset));
  if (!isKernelPointer(prog, base) || (base & INVALID) !== 0n) return undefined;
  const extension = addrAdd(base, BigInt(frame) * BigInt(layout.size));
  const flags = prog.memory.ulong(addrAdd(extension, prog.offset('page_ext', 'flags')));
  if (((flags >> BigInt(layout.ownerBit)) & 1n) === 0n) return undefined;
  const record = new KernelStruct(prog, prog.type('page_owner').size);
  if (record.load(addrAdd(extension, layout.owner))) return undefined;
  const tracks = [trackOf(prog, record, 'allocated'), trackOf(prog, record, 'freed')];
  return {
    allocated: ((flags >> BigInt(layout.allocatedBit)) & 1n) === 1n,
    order: record.u16(prog.offset('page_owner', 'order')),
    tracks: tracks.filter((t) => t !== undefined),
  };
}

const ownerLayout = perOwner((prog: Program): Layout | undefined => {
  const ops = prog.findSymbol('page_owner_ops');
  const offset = prog.findMember('page_ext_operations', 'offset');
  const size = extensionSize(prog);
  const bits = enumerators(prog, 'page_ext_flags');
  const ownerBit = bits.get('PAGE_EXT_OWNER');
  const allocatedBit = bits.get('PAGE_EXT_OWNER_ALLOCATED');
  if (!ops || !offset || size === undefined || !prog.findType('page_owner') || ownerBit === undefined) return undefined;
  const owner = Number(prog.memory.ulong(addrAdd(ops.address, offset.offset)));
  // Without page_owner=on nothing asked for room, and the offset is 0, where the flags are.
  if (owner === 0 || owner + prog.type('page_owner').size > size) return undefined;
  return { size, owner, ownerBit, allocatedBit: allocatedBit ?? ownerBit };
});

/** `page_ext_size`, since it is a variable of its own; before, the flags and `extra_mem`. */
function extensionSize(prog: Program): number | undefined {
  const whole = prog.findSymbol('page_ext_size');
  const extra = prog.findSymbol('extra_mem');
  const own = prog.findType('page_ext')?.size;
  const size = whole
    ? Number(prog.memory.ulong(whole.address))
    : extra && own !== undefined
      ? own + Number(prog.memory.ulong(extra.address))
      : 0;
  return size > 0 && size < 4096 ? size : undefined;
}

function trackOf(prog: Program, record: KernelStruct, what: PageTrack['what']): PageTrack | undefined {
  const [handleName, timeName, pidName] =
    what === 'allocated' ? ['handle', 'ts_nsec', 'pid'] : ['free_handle', 'free_ts_nsec', 'free_pid'];
  const handle = prog.findMember('page_owner', handleName as string);
  const value = handle ? record.u32(handle.offset) : 0;
  if (value === 0) return undefined;
  const time = prog.findMember('page_owner', timeName as string);
  const pid = prog.findMember('page_owner', pidName as string);
  return {
    what,
    pid: pid ? record.i32(pid.offset) : 0,
    ...(time && { nanoseconds: record.u64(time.offset) }),
    stack: stackTrace(prog, value) ?? [],
  };
}
