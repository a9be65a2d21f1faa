import type { ByteSource } from '../base/byte-source.ts';
import type { VmwareTag } from './vmware-tags.ts';

/** `struct elf_prstatus` of x86-64: its size, and where `pr_reg` is in it. Source: Linux include/uapi/linux/elfcore.h. */
const PRSTATUS = 336;
const REGISTERS = 112;
/** `struct user_regs_struct` of x86-64 by the names of the tags; one that has none stays zero. */
const ORDER = [
  ...['r15', 'r14', 'r13', 'r12', 'rbp', 'rbx', 'r11', 'r10', 'r9', 'r8', 'rax', 'rcx', 'rdx', 'rsi', 'rdi'],
  ...['', 'rip', '', 'rflags', 'rsp'],
];
const MAX_CPUS = 8192;

/** The registers of the guest's CPUs as the notes of an ELF dump; CPUs whose `rip` is not there are left out. */
export function cpuNotes(src: ByteSource, tags: readonly VmwareTag[]): Uint8Array[] {
  const places = new Map<string, VmwareTag>();
  let cpus = 0;
  for (const tag of tags) {
    const [cpu = 0] = tag.indices;
    if (cpu >= MAX_CPUS || tag.indices.length > 1 || tag.size !== 8) continue;
    places.set(`${tag.name.toLowerCase()} ${cpu}`, tag);
    if (tag.name.toLowerCase() === 'rip') cpus = Math.max(cpus, cpu + 1);
  }
  const notes: Uint8Array[] = [];
  for (let cpu = 0; cpu < cpus; cpu++) {
    if (!places.has(`rip ${cpu}`)) continue;
    const note = new Uint8Array(PRSTATUS);
    for (const [i, name] of ORDER.entries()) {
      const tag = places.get(`${name} ${cpu}`);
      if (tag) src.read(tag.offset, note.subarray(REGISTERS + 8 * i, REGISTERS + 8 * i + 8));
    }
    notes.push(note);
  }
  return notes;
}
