import type { RegisterValues } from '../../program/ports.ts';

/**
 * DWARF register numbers (LoongArch ELF psABI, "DWARF register numbers": r0 to r31, f0 to f31), then the pc and the control
 * registers that the kernel saves on an exception, in numbers of our own.
 */
export const LOONGARCH_REGISTERS = [
  ...['zero', 'ra', 'tp', 'sp'],
  ...Array.from({ length: 8 }, (_, i) => `a${i}`),
  ...Array.from({ length: 9 }, (_, i) => `t${i}`),
  ...['u0', 'fp'],
  ...Array.from({ length: 9 }, (_, i) => `s${i}`),
  ...Array.from({ length: 32 }, (_, i) => `f${i}`),
  ...['pc', 'orig_a0', 'badv', 'crmd', 'prmd', 'euen', 'ecfg', 'estat'],
] as const;

export const RA = 1;
export const SP = 3;
export const FP = 22;
export const PC = 64;
const ORIG_A0 = 65;
const BADV = 66;
export const CRMD = 67;
export const PRMD = 68;

/** fp and s0 to s8: LoongArch psABI, "General-purpose registers". */
export const CALLEE_SAVED = [22, 23, 24, 25, 26, 27, 28, 29, 30, 31] as const;

/** `regs`, `orig_a0`, `csr_era`, `csr_badv`: the part that `struct user_pt_regs`, an ABI, and `struct pt_regs` share. */
const SHARED_WORDS = 35;
/** `struct pt_regs` adds crmd, prmd, euen, ecfg, estat. Source: Linux arch/loongarch/include/asm/ptrace.h. */
const PT_REGS_WORDS = 40;
export const PT_REGS_SIZE = PT_REGS_WORDS * 8;

/** Offset of `pr_reg` in `struct elf_prstatus`: Linux include/linux/elfcore.h. */
const PR_REG = 112;

/** Registers of a NT_PRSTATUS note. */
export function loongarchPrstatus(desc: Uint8Array, littleEndian: boolean): RegisterValues | undefined {
  if (desc.length < PR_REG + SHARED_WORDS * 8) return undefined;
  return sharedRegisters(new DataView(desc.buffer, desc.byteOffset, desc.byteLength), PR_REG, littleEndian);
}

function sharedRegisters(view: DataView, at: number, littleEndian: boolean): RegisterValues {
  const values: RegisterValues = new Array(LOONGARCH_REGISTERS.length);
  for (let i = 0; i < 32; i++) values[i] = view.getBigUint64(at + i * 8, littleEndian);
  values[ORIG_A0] = view.getBigUint64(at + 32 * 8, littleEndian);
  values[PC] = view.getBigUint64(at + 33 * 8, littleEndian);
  values[BADV] = view.getBigUint64(at + 34 * 8, littleEndian);
  return values;
}

/** Registers of a `struct pt_regs` at `at` of `view`. */
export function loongarchPtRegs(view: DataView, at: number): RegisterValues {
  const values = sharedRegisters(view, at, true);
  for (let i = SHARED_WORDS; i < PT_REGS_WORDS; i++)
    values[CRMD + i - SHARED_WORDS] = view.getBigUint64(at + i * 8, true);
  return values;
}

/** PRMD.PPLV, the privilege before the exception, and PIE, whether interrupts were on: LoongArch manual, 7.4.2. */
const PPLV = 3n;
const PIE = 4n;

/** Whether an exception came from user mode; registers without PRMD are the kernel's own. */
export function isUserMode(registers: RegisterValues): boolean {
  const prmd = registers[PRMD];
  return prmd !== undefined && (prmd & PPLV) === PPLV;
}

export function interruptsOn(registers: RegisterValues): boolean | undefined {
  const prmd = registers[PRMD];
  return prmd === undefined ? undefined : (prmd & PIE) !== 0n;
}
