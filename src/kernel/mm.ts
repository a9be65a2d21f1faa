import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { openFile } from './files.ts';
import type { FilePath } from './fs-path.ts';
import type { Vma } from './vma.ts';

/** What an address space says of its parts; all user addresses. */
export interface MmLayout {
  /** `struct mm_struct *` */
  readonly address: Addr;
  /** `pgd`, the kernel's address of the top page table. */
  readonly pgd: Addr;
  readonly brkStart: Addr;
  readonly brkEnd: Addr;
  readonly stackStart: Addr;
  /** Where the vDSO is mapped, when the CPU's `mm_context_t` tells. */
  readonly vdso: Addr | undefined;
}

/** @param mm `struct mm_struct *` @throws NotFoundError MemoryFault */
export function mmLayout(prog: Program, mm: Addr): MmLayout {
  const word = (path: string): Addr => prog.memory.ulong(addrAdd(mm, prog.offset('mm_struct', path)));
  return {
    address: mm,
    pgd: word('pgd'),
    brkStart: word('start_brk'),
    brkEnd: word('brk'),
    stackStart: word('start_stack'),
    vdso: prog.findMember('mm_struct', 'context.vdso') ? word('context.vdso') : undefined,
  };
}

/**
 * What /proc/PID/maps shows in its last column: the path of a mapped file, `[heap]`, `[stack]`, `[vdso]`, the name that
 * the kernel or the process gave the area (`[anon:name]`, commit 9a10064f5625 "mm: add a field to store names for private
 * anonymous memory", v5.17), or ''. The order is that of get_vma_name in fs/proc/task_mmu.c.
 * @throws MemoryFault CorruptError when the name is there but cannot be read
 */
export function vmaName(prog: Program, mm: MmLayout, vma: Vma): string {
  const own = ownName(prog, vma);
  if (vma.file !== 0n) return own === undefined ? vmaPath(prog, vma).path : `[anon_shmem:${own}]`;
  const special = specialName(prog, vma);
  if (special !== undefined) return special;
  if (mm.vdso !== undefined && mm.vdso !== 0n && vma.start === mm.vdso) return '[vdso]';
  if (vma.start < mm.brkEnd && vma.end > mm.brkStart) return '[heap]';
  if (vma.start <= mm.stackStart && vma.end >= mm.stackStart) return '[stack]';
  return own === undefined ? '' : `[anon:${own}]`;
}

/** Path of the mapped file. @throws MemoryFault CorruptError */
export function vmaPath(prog: Program, vma: Vma): FilePath {
  return openFile(prog, vma.file);
}

/** Longest name that prctl(PR_SET_VMA_ANON_NAME) takes. */
const MAX_NAME = 80;

/** The name that the process gave the area. `anon_name` shares its place with the tree of a file's mappings. */
function ownName(prog: Program, vma: Vma): string | undefined {
  const place = prog.findMember('vm_area_struct', 'anon_name');
  if (!place) return undefined;
  // Until commit d09e8ca6cb93 ("mm: anonymous shared memory naming", v6.2) only what has no file could be named; since
  // then the name has a place of its own.
  const shares = prog.findMember('vm_area_struct', 'shared')?.offset === place.offset;
  if (shares && vma.file !== 0n) return undefined;
  const name = prog.memory.ulong(addrAdd(vma.address, place.offset));
  if (name === 0n) return undefined;
  return prog.memory.cString(addrAdd(name, prog.offset('anon_vma_name', 'name')), MAX_NAME);
}

/** `[vvar]`, `[vdso]`, `[uprobes]`: what the kernel maps itself is named in its `struct vm_special_mapping`. */
function specialName(prog: Program, vma: Vma): string | undefined {
  if (vma.ops === 0n || !prog.findType('vm_special_mapping')) return undefined;
  const maker = prog.memory.ulong(addrAdd(vma.ops, prog.offset('vm_operations_struct', 'name')));
  if (maker === 0n || prog.symbolAt(maker)?.name !== 'special_mapping_name') return undefined;
  const name = prog.memory.ulong(addrAdd(vma.privateData, prog.offset('vm_special_mapping', 'name')));
  return prog.memory.cString(name, 64);
}
