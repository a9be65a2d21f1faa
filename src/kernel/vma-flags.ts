import type { Program } from '../program/program.ts';

/**
 * Bits of `vm_flags` from bit 0 up (include/linux/mm.h). Bit 11 was DENYWRITE to commit 8d0920bde5eb ("mm: remove
 * VM_DENYWRITE", v5.15), and is MAYBE_GUARD on kernels whose flags are a bitmap of their own, `vma_flags_t` (v6.19).
 * Bit 24 is ARCH_1 (protection keys and the like), 25 WIPEONFORK since commit d2cd9ede6e19 ("mm,fork: introduce
 * MADV_WIPEONFORK", v4.14), 27 SOFTDIRTY since commit 0f8975ec4db2 ("mm: soft-dirty bits for user memory changes
 * tracking", v3.11).
 */
const VMA_FLAGS: readonly (string | undefined)[] = [
  'READ',
  'WRITE',
  'EXEC',
  'SHARED',
  'MAYREAD',
  'MAYWRITE',
  'MAYEXEC',
  'MAYSHARE',
  'GROWSDOWN',
  'UFFD_MISSING',
  'PFNMAP',
  'DENYWRITE',
  'UFFD_WP',
  'LOCKED',
  'IO',
  'SEQ_READ',
  'RAND_READ',
  'DONTCOPY',
  'DONTEXPAND',
  'LOCKONFAULT',
  'ACCOUNT',
  'NORESERVE',
  'HUGETLB',
  'SYNC',
  'ARCH_1',
  'WIPEONFORK',
  'DONTDUMP',
  'SOFTDIRTY',
  'MIXEDMAP',
  'HUGEPAGE',
  'NOHUGEPAGE',
  'MERGEABLE',
];

/** Names of the bits that are set, `BIT_<n>` for those that have none here. */
export function vmaFlagNames(prog: Program, flags: bigint): string[] {
  const guards = prog.findType('vma_flags_t') !== undefined;
  const names: string[] = [];
  for (let bit = 0; bit < 64; bit++) {
    if ((flags >> BigInt(bit)) & 1n)
      names.push((bit === 11 && guards ? 'MAYBE_GUARD' : VMA_FLAGS[bit]) ?? `BIT_${bit}`);
  }
  return names;
}
