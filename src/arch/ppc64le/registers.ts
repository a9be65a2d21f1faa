import type { RegisterValues } from '../../program/ports.ts';

/**
 * DWARF register numbers (64-bit ELF V2 ABI for Power, 2.4: r0-r31, f0-f31 from 32, lr 65, ctr 66, cr0-cr7 from 68, xer 76,
 * v0-v31 from 77), then what `struct pt_regs` has beside them, in numbers of our own.
 */
export const PPC_REGISTERS: readonly string[] = [
  ...numbered('r', 32),
  ...numbered('f', 32),
  'cr',
  'lr',
  'ctr',
  'ap',
  ...numbered('cr', 8),
  'xer',
  ...numbered('v', 32),
  'nip',
  'msr',
  'orig_gpr3',
  'softe',
  'trap',
  'dar',
  'dsisr',
  'result',
];

function numbered(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${letter}${i}`);
}

export const SP = 1;
const CR = 64;
export const LR = 65;
const CTR = 66;
const XER = 76;
export const NIP = 109;
export const MSR = 110;
const ORIG_GPR3 = 111;
const SOFTE = 112;
const TRAP = 113;
const DAR = 114;
const DSISR = 115;
const RESULT = 116;
/** What the entry of an exception adds. */
const SAVED = [ORIG_GPR3, SOFTE, TRAP, DAR, DSISR, RESULT];

/** Numbers of the words of `struct user_pt_regs`, an ABI: arch/powerpc/include/uapi/asm/ptrace.h. */
const WORDS: readonly number[] = [
  ...Array.from({ length: 32 }, (_, i) => i),
  ...[NIP, MSR, ORIG_GPR3, CTR, LR, XER, CR, SOFTE, TRAP, DAR, DSISR, RESULT],
];

export const NIP_WORD = 32;
export const USER_PT_REGS_SIZE = WORDS.length * 8;

/** MSR bits: 64-bit mode, external interrupts, problem state (user space). Power ISA 3.0B, book III, 3.2.1. */
const MSR_SF = 1n << 63n;
const MSR_EE = 1n << 15n;
const MSR_PR = 1n << 14n;

/** Offset of `pr_reg` in `struct elf_prstatus`: Linux include/linux/elfcore.h. */
const PR_REG = 112;

/** Registers of a NT_PRSTATUS note. A hypervisor's knows no exception: what only one saves is zero in it. */
export function ppcPrstatus(desc: Uint8Array, littleEndian: boolean): RegisterValues | undefined {
  if (desc.length < PR_REG + USER_PT_REGS_SIZE) return undefined;
  const values = ppcPtRegs(new DataView(desc.buffer, desc.byteOffset, desc.byteLength), PR_REG, littleEndian);
  if (values[TRAP] === 0n) for (const register of SAVED) values[register] = undefined;
  return values;
}

/** Registers of a `struct pt_regs` at `at` of `view`. */
export function ppcPtRegs(view: DataView, at: number, littleEndian: boolean): RegisterValues {
  const values: RegisterValues = new Array(PPC_REGISTERS.length);
  WORDS.forEach((register, i) => {
    values[register] = view.getBigUint64(at + i * 8, littleEndian);
  });
  return values;
}

/** Whether a machine state is one that a 64-bit kernel can have saved. */
export function isMachineState(msr: bigint): boolean {
  return (msr & MSR_SF) !== 0n || (msr & MSR_PR) !== 0n;
}

export function isUserMode(registers: RegisterValues): boolean {
  const msr = registers[MSR];
  return msr !== undefined && (msr & MSR_PR) !== 0n;
}

/**
 * Kernels leave MSR[EE] on and note that they want none: in the CPU's paca, of what was interrupted in `softe`, whose bit 0 is
 * IRQS_DISABLED since v4.16. Without that only a cleared EE tells.
 */
export function interruptsOn(registers: RegisterValues): boolean | undefined {
  const msr = registers[MSR];
  if (msr === undefined) return undefined;
  if ((msr & MSR_EE) === 0n) return false;
  const softe = registers[SOFTE];
  return softe === undefined ? undefined : (softe & 1n) === 0n;
}
