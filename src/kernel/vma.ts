import { CorruptError } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { KernelStruct } from './kernel-struct.ts';
import { chainEntries } from './list.ts';
import { mapleEntries } from './maple-tree.ts';
import { noteProblem } from './note-problem.ts';
import { rbtreeEntries } from './rbtree.ts';

/** Twice the default of vm.max_map_count, which may be raised. */
const MAX_VMAS = 8_388_608;

/** An area of a user address space. */
export interface Vma {
  /** `struct vm_area_struct *` */
  readonly address: Addr;
  /** Bytes `[start, end)` of the address space. */
  readonly start: Addr;
  readonly end: Addr;
  /** `vm_flags`, see `vmaFlagNames`. */
  readonly flags: bigint;
  /** `struct file *`, 0n of anonymous memory. */
  readonly file: Addr;
  /** Where in the file it begins, in pages. */
  readonly pageOffset: bigint;
  /** `struct mm_struct *` that it says it belongs to. */
  readonly mm: Addr;
  /** `vm_ops`, 0n for none. */
  readonly ops: Addr;
  readonly privateData: Addr;
}

/** The areas of an address space, ascending. */
export interface Vmas {
  readonly vmas: readonly Vma[];
  readonly problems: readonly Problem[];
}

/**
 * The areas of an address space: from its maple tree, or from its list and red-black tree on kernels before commit
 * 524e00b36e8c ("mm: remove rb tree") and 763ecb035029 ("mm: remove the vma linked list"), v6.1. Of list and tree, the one
 * that is whole is taken; where both are broken, what each of them has.
 * @param mm `struct mm_struct *`
 * @throws NotFoundError when the types are unknown
 */
export function vmas(prog: Program, mm: Addr): Vmas {
  const problems: Problem[] = [];
  const read = vmaReader(prog);
  const found: Vma[] = [];
  for (const address of addresses(prog, mm, problems)) {
    try {
      const vma = read(address);
      if (vma.mm !== mm) throw new CorruptError(address, `it belongs to mm ${hex(vma.mm)}`);
      if (vma.end <= vma.start) throw new CorruptError(address, `it ends at ${hex(vma.end)}, before ${hex(vma.start)}`);
      found.push(vma);
    } catch (e) {
      noteProblem(problems, 'memory area', e);
    }
  }
  return { vmas: found.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0)), problems };
}

function addresses(prog: Program, mm: Addr, problems: Problem[]): Addr[] {
  const tree = prog.findMember('mm_struct', 'mm_mt');
  if (!tree) return listedAddresses(prog, mm, problems);
  try {
    const walk = mapleEntries(prog, addrAdd(mm, tree.offset));
    for (const why of walk.damage) problems.push({ what: 'memory areas', why });
    // A process that is being taken apart has marks in its tree (XA_ZERO_ENTRY).
    return walk.entries.map((e) => e.value).filter((value) => value > 0xffffn);
  } catch (e) {
    noteProblem(problems, 'memory areas', e);
    return [];
  }
}

function listedAddresses(prog: Program, mm: Addr, problems: Problem[]): Addr[] {
  const link = prog.offset('vm_area_struct', 'vm_next');
  const head = prog.offset('mm_struct', 'mmap');
  const found = new Set<Addr>();
  const collect = (walk: Iterable<Addr>, shift: number): boolean => {
    try {
      for (const at of walk) found.add(addrAdd(at, -shift));
      return true;
    } catch (e) {
      noteProblem(problems, 'memory areas', e);
      return false;
    }
  };
  const shape = { end: 0n, link, headLink: head, max: MAX_VMAS };
  if (!collect(chainEntries(prog, mm, 'list of areas', shape), 0)) {
    const root = addrAdd(mm, prog.offset('mm_struct', 'mm_rb'));
    collect(rbtreeEntries(prog, root, 'tree of areas'), prog.offset('vm_area_struct', 'vm_rb'));
  }
  return [...found];
}

/** Reads an area. @throws NotFoundError when the types are unknown; MemoryFault */
export const vmaReader = perOwner((prog: Program): ((address: Addr) => Vma) => {
  const at = {
    start: prog.offset('vm_area_struct', 'vm_start'),
    end: prog.offset('vm_area_struct', 'vm_end'),
    flags: prog.offset('vm_area_struct', 'vm_flags'),
    file: prog.offset('vm_area_struct', 'vm_file'),
    pageOffset: prog.offset('vm_area_struct', 'vm_pgoff'),
    mm: prog.offset('vm_area_struct', 'vm_mm'),
    ops: prog.offset('vm_area_struct', 'vm_ops'),
    privateData: prog.offset('vm_area_struct', 'vm_private_data'),
  };
  const span: Bytes = Math.max(...Object.values(at)) + 8;
  const raw = new KernelStruct(prog, span);
  return (address) => {
    prog.memory.read(address, raw.bytes);
    return {
      address,
      start: raw.pointer(at.start),
      end: raw.pointer(at.end),
      flags: raw.pointer(at.flags),
      file: raw.pointer(at.file),
      pageOffset: raw.pointer(at.pageOffset),
      mm: raw.pointer(at.mm),
      ops: raw.pointer(at.ops),
      privateData: raw.pointer(at.privateData),
    };
  };
});
