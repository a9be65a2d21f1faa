import type { RegisterValues } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';

/**
 * DWARF register numbers (Arm IHI 0057 "DWARF for the Arm 64-bit Architecture": x0-x30, sp 31, pc 32), then PSTATE and
 * what the kernel saves on the way into a system call, which are not in that table, in numbers of our own.
 */
export const ARM_REGISTERS = [
  ...Array.from({ length: 31 }, (_, i) => `x${i}`),
  'sp',
  'pc',
  'pstate',
  'orig_x0',
  'syscallno',
] as const;

export const FP = 29;
export const SP = 31;
export const PC = 32;
export const PSTATE = 33;
const ORIG_X0 = 34;
const SYSCALLNO = 35;

/** `regs`, `sp`, `pc`, `pstate`: the part of `struct pt_regs` that is `struct user_pt_regs`, an ABI. */
export const USER_PT_REGS_SIZE = 34 * 8;

/** Offset of `pr_reg` in `struct elf_prstatus`: Linux include/linux/elfcore.h. */
const PR_REG = 112;

/** Registers of a NT_PRSTATUS note. */
export function armPrstatus(desc: Uint8Array, littleEndian: boolean): RegisterValues | undefined {
  if (desc.length < PR_REG + USER_PT_REGS_SIZE) return undefined;
  return armRegisters(new DataView(desc.buffer, desc.byteOffset, desc.byteLength), PR_REG, littleEndian);
}

/** Registers of a `struct user_pt_regs` at `at`. */
function armRegisters(view: DataView, at: number, littleEndian: boolean): RegisterValues {
  const values: RegisterValues = new Array(ARM_REGISTERS.length);
  for (let i = 0; i < 34; i++) values[i] = view.getBigUint64(at + i * 8, littleEndian);
  return values;
}

/** Registers of a `struct pt_regs` at `at` of `view`, with what the entry of a system call adds, where types tell. */
export function armPtRegs(prog: Program, view: DataView, at: number): RegisterValues {
  const values = armRegisters(view, at, true);
  const origX0 = prog.findMember('pt_regs', 'orig_x0')?.offset;
  const number = prog.findMember('pt_regs', 'syscallno')?.offset;
  if (origX0 !== undefined && at + origX0 + 8 <= view.byteLength)
    values[ORIG_X0] = view.getBigUint64(at + origX0, true);
  if (number !== undefined && at + number + 4 <= view.byteLength) {
    values[SYSCALLNO] = BigInt(view.getUint32(at + number, true));
  }
  return values;
}
