import type { Addr } from '../../base/units.ts';
import { AddressSpace, type Translate } from '../../memory/address-space.ts';
import type { PhysicalMemory } from '../../memory/physical.ts';
import type { LinearRange } from '../../program/ports.ts';
import type { Vmcoreinfo } from '../../program/vmcoreinfo.ts';

/** 1 TiB of memory in sections of 16 MiB. */
const MOST_PIECES = 1 << 16;
/** MMU_PAGE_16M, the usual size of the pieces. */
const USUAL_SHIFT = 24;

/**
 * Where the page descriptors are: the hashed page table alone maps them, but the kernel keeps a list of the pieces for
 * debuggers. Source: `vmemmap_list_populate` in arch/powerpc/mm/init_64.c, `machine_kexec` names in VMCOREINFO.
 */
export function vmemmapRanges(info: Vmcoreinfo, memory: PhysicalMemory, translate: Translate): readonly LinearRange[] {
  const head = info.symbol('vmemmap_list');
  const next = info.offset('vmemmap_backing.list');
  const phys = info.offset('vmemmap_backing.phys');
  const virt = info.offset('vmemmap_backing.virt_addr');
  if (head === undefined || next === undefined || phys === undefined || virt === undefined) return [];
  const space = new AddressSpace(memory, translate, true, 8);
  const size = 1n << BigInt(pieceShift(info, space));
  const word = new Uint8Array(8);
  const read = (at: Addr): bigint | undefined =>
    space.tryRead(at, word) === undefined ? new DataView(word.buffer).getBigUint64(0, true) : undefined;
  const ranges: LinearRange[] = [];
  let piece = read(head);
  for (let n = 0; piece !== undefined && piece !== 0n && n < MOST_PIECES; n++) {
    const start = read(piece + BigInt(virt));
    const at = read(piece + BigInt(phys));
    if (start === undefined || at === undefined || at > 1n << 53n) break;
    ranges.push({ start, end: start + size, phys: Number(at) });
    piece = read(piece + BigInt(next));
  }
  return ranges;
}

/** `mmu_psize_defs[mmu_vmemmap_psize].shift` */
function pieceShift(info: Vmcoreinfo, space: AddressSpace): number {
  const index = info.symbol('mmu_vmemmap_psize');
  const defs = info.symbol('mmu_psize_defs');
  const size = info.size('mmu_psize_def');
  const member = info.offset('mmu_psize_def.shift');
  if (index === undefined || defs === undefined || !size || member === undefined) return USUAL_SHIFT;
  const word = new Uint8Array(4);
  const read = (at: Addr): number =>
    space.tryRead(at, word) === undefined ? new DataView(word.buffer).getUint32(0, true) : 0;
  const shift = read(defs + BigInt((read(index) & 31) * size + member));
  return shift >= 12 && shift <= 34 ? shift : USUAL_SHIFT;
}
