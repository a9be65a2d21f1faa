import type { RegisterValues } from '../../program/ports.ts';

/**
 * DWARF register numbers (RISC-V ELF psABI, "DWARF Register Numbers": x0 to x31, f0 to f31; 64, the alternate return column,
 * stands for the pc), then what the kernel saves on an exception, in numbers of our own.
 */
export const RISCV_REGISTERS = [
  ...['zero', 'ra', 'sp', 'gp', 'tp', 't0', 't1', 't2', 's0', 's1'],
  ...Array.from({ length: 8 }, (_, i) => `a${i}`),
  ...Array.from({ length: 10 }, (_, i) => `s${i + 2}`),
  ...Array.from({ length: 4 }, (_, i) => `t${i + 3}`),
  ...Array.from({ length: 32 }, (_, i) => `f${i}`),
  ...['pc', 'status', 'badaddr', 'cause', 'orig_a0'],
] as const;

export const RA = 1;
export const SP = 2;
export const TP = 4;
/** s0, the frame pointer. */
export const FP = 8;
export const PC = 64;
export const STATUS = 65;
export const CAUSE = 67;

/** s0, s1, s2 to s11: RISC-V ELF psABI, "Integer Register Convention"; in the order of `thread.s`. */
export const CALLEE_SAVED = [8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27] as const;

/** pc, then x1 to x31: `struct user_regs_struct`, an ABI, with which `struct pt_regs` begins. */
const USER_REGS = 32;
/** `struct pt_regs` adds status, badaddr, cause and orig_a0. Source: Linux arch/riscv/include/asm/ptrace.h. */
const PT_REGS_WORDS = 36;
export const PT_REGS_SIZE = PT_REGS_WORDS * 8;

/** Offset of `pr_reg` in `struct elf_prstatus`: Linux include/linux/elfcore.h. */
const PR_REG = 112;

/** Registers of a NT_PRSTATUS note. */
export function riscvPrstatus(desc: Uint8Array, littleEndian: boolean): RegisterValues | undefined {
  if (desc.length < PR_REG + USER_REGS * 8) return undefined;
  const view = new DataView(desc.buffer, desc.byteOffset, desc.byteLength);
  return userRegisters(view, PR_REG, littleEndian);
}

function userRegisters(view: DataView, at: number, littleEndian: boolean): RegisterValues {
  const values: RegisterValues = new Array(RISCV_REGISTERS.length);
  values[PC] = view.getBigUint64(at, littleEndian);
  values[0] = 0n;
  for (let i = 1; i < USER_REGS; i++) values[i] = view.getBigUint64(at + i * 8, littleEndian);
  return values;
}

/** Registers of a `struct pt_regs` at `at` of `view`. */
export function riscvPtRegs(view: DataView, at: number): RegisterValues {
  const values = userRegisters(view, at, true);
  for (let i = USER_REGS; i < PT_REGS_WORDS; i++) values[STATUS + i - USER_REGS] = view.getBigUint64(at + i * 8, true);
  return values;
}

/** sstatus.SPP: the privilege before the exception; RISC-V Privileged Architecture, "Supervisor Status Register". */
const SPP = 1n << 8n;
/** sstatus.SPIE: whether interrupts were on before it. */
const SPIE = 1n << 5n;

/** Whether an exception came from user mode; registers without a status are the kernel's own. */
export function isUserMode(registers: RegisterValues): boolean {
  const status = registers[STATUS];
  return status !== undefined && (status & SPP) === 0n;
}

export function interruptsOn(registers: RegisterValues): boolean | undefined {
  const status = registers[STATUS];
  return status === undefined ? undefined : (status & SPIE) !== 0n;
}
