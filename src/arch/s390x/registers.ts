import type { RegisterValues } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';

/**
 * DWARF register numbers (S/390 ELF ABI supplement, "DWARF Register Number Mapping"): general, floating point (in the order
 * of their pairs), control and access registers, the program status word; then what the kernel saves on the way into a
 * system call, in a number of our own.
 */
export const S390_REGISTERS = [
  ...Array.from({ length: 16 }, (_, i) => `r${i}`),
  ...[0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15].map((i) => `f${i}`),
  ...Array.from({ length: 16 }, (_, i) => `cr${i}`),
  ...Array.from({ length: 16 }, (_, i) => `a${i}`),
  'pswm',
  'pswa',
  'orig_gpr2',
] as const;

/** The return address on entry of a function, and the stack pointer. */
export const R14 = 14;
export const SP = 15;
export const PSW_MASK = 64;
export const PC = 65;
const ORIG_GPR2 = 66;

/** `psw_t` and 16 general registers: `struct user_pt_regs` behind its first members, an ABI. */
const USER_REGS_SIZE = 16 + 16 * 8;
/** Bit 31 of the mask is the addressing mode of 64 bits, bit 15 the problem state. Source: SA22-7832, "Program-Status-Word Format". */
const PROBLEM_STATE = 1n << 48n;
/** I/O and external interrupts are taken: bits 6 and 7 of the mask. */
const INTERRUPTS = 3n << 56n;

/** Offset of `pr_reg` in `struct elf_prstatus`: Linux include/linux/elfcore.h. */
const PR_REG = 112;

/** Registers of a NT_PRSTATUS note: `s390_regs`, which begins as `struct user_pt_regs` does. */
export function s390Prstatus(desc: Uint8Array, littleEndian: boolean): RegisterValues | undefined {
  if (desc.length < PR_REG + USER_REGS_SIZE) return undefined;
  return s390Registers(new DataView(desc.buffer, desc.byteOffset, desc.byteLength), PR_REG, littleEndian);
}

/** A PSW and the general registers at `at`. */
function s390Registers(view: DataView, at: number, littleEndian = false): RegisterValues {
  const values: RegisterValues = new Array(S390_REGISTERS.length);
  values[PSW_MASK] = view.getBigUint64(at, littleEndian);
  values[PC] = view.getBigUint64(at + 8, littleEndian);
  for (let i = 0; i < 16; i++) values[i] = view.getBigUint64(at + 16 + i * 8, littleEndian);
  return values;
}

/** Where `struct pt_regs` has its parts. */
export interface RegsLayout {
  readonly size: number;
  readonly psw: number;
  readonly origGpr2: number | undefined;
}

/** By types; without them as it is since v4.20: one word, the PSW, the registers, `orig_gpr2` and more. */
export function regsLayout(prog: Program): RegsLayout {
  const size = prog.findType('pt_regs')?.size ?? 0;
  if (size < USER_REGS_SIZE || size > 4096) return { size: 184, psw: 8, origGpr2: 152 };
  return {
    size,
    psw: prog.findMember('pt_regs', 'psw')?.offset ?? 8,
    origGpr2: prog.findMember('pt_regs', 'orig_gpr2')?.offset,
  };
}

/** Registers of a `struct pt_regs` at `at` of `view`. */
export function s390PtRegs({ psw, origGpr2 }: RegsLayout, view: DataView, at: number): RegisterValues {
  const values = s390Registers(view, at + psw);
  if (origGpr2 !== undefined && at + origGpr2 + 8 <= view.byteLength)
    values[ORIG_GPR2] = view.getBigUint64(at + origGpr2, false);
  return values;
}

/**
 * Bits of a PSW's mask that are always zero in 64-bit mode, and the two that state it. Source: SA22-7832, "Program-Status-
 * Word Format": bits 0, 2 to 4, 24 to 30 and 33 to 63 are zero; bit 12 is one in the short form only.
 */
const CLEAR = 0xb80800fe7fffffffn;
const MODE_64 = 0x0000000180000000n;

/** Whether a word may be the mask of a PSW in 64-bit mode. */
export function isPswMask(mask: bigint): boolean {
  return (mask & CLEAR) === 0n && (mask & MODE_64) === MODE_64;
}

export function isProblemState(registers: RegisterValues): boolean {
  const mask = registers[PSW_MASK];
  return mask !== undefined && (mask & PROBLEM_STATE) !== 0n;
}

export function takesInterrupts(registers: RegisterValues): boolean | undefined {
  const mask = registers[PSW_MASK];
  return mask === undefined ? undefined : (mask & INTERRUPTS) !== 0n;
}
