import type { RegisterValues } from '../../program/ports.ts';

/**
 * DWARF register numbers of the System V ABI (psABI x86-64, figure 3.36) up to the return address, then what exception
 * frames also hold, in numbers of our own: the ABI's own for those are sparse and lie behind the vector registers.
 */
export const X86_REGISTERS = [
  ...['rax', 'rdx', 'rcx', 'rbx', 'rsi', 'rdi', 'rbp', 'rsp'],
  ...['r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'],
  ...['rip', 'orig_rax', 'cs', 'rflags', 'ss', 'fs_base', 'gs_base'],
] as const;

export const RAX = 0;
export const RDX = 1;
export const RBX = 3;
export const RDI = 5;
export const RBP = 6;
export const RSP = 7;
export const R10 = 10;
export const R13 = 13;
export const RIP = 16;
export const CS = 18;
export const RFLAGS = 19;

/** `struct pt_regs`, in memory order: Linux arch/x86/include/asm/ptrace.h. */
export const PT_REGS = [
  ...['r15', 'r14', 'r13', 'r12', 'rbp', 'rbx', 'r11', 'r10', 'r9', 'r8'],
  ...['rax', 'rcx', 'rdx', 'rsi', 'rdi', 'orig_rax', 'rip', 'cs', 'rflags', 'rsp', 'ss'],
].map((name) => (X86_REGISTERS as readonly string[]).indexOf(name));

export const PT_REGS_SIZE = PT_REGS.length * 8;
/** Where the part begins that the CPU pushes itself: rip, cs, rflags, rsp, ss. */
export const IRET_OFFSET = 16 * 8;

/** Further members of `struct user_regs_struct` behind those of `struct pt_regs`: fs_base and gs_base. */
const FS_BASE = 21;
const GS_BASE = 22;
/** Offset of `pr_reg` in `struct elf_prstatus` and size of what is needed: Linux include/linux/elfcore.h. */
const PR_REG = 112;
const PRSTATUS_SIZE = PR_REG + 27 * 8;

/** Registers of a NT_PRSTATUS note. */
export function x86Prstatus(desc: Uint8Array, littleEndian: boolean): RegisterValues | undefined {
  if (desc.length < PRSTATUS_SIZE) return undefined;
  const view = new DataView(desc.buffer, desc.byteOffset, desc.byteLength);
  const values: RegisterValues = new Array(X86_REGISTERS.length);
  PT_REGS.forEach((reg, i) => {
    values[reg] = view.getBigUint64(PR_REG + i * 8, littleEndian);
  });
  values[FS_BASE] = view.getBigUint64(PR_REG + FS_BASE * 8, littleEndian);
  values[GS_BASE] = view.getBigUint64(PR_REG + GS_BASE * 8, littleEndian);
  return values;
}
