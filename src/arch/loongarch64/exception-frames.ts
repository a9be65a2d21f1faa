import type { Addr } from '../../base/units.ts';
import type { ExceptionFrame, RegisterValues, StackRange } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import { isText } from '../text.ts';
import { CRMD, isUserMode, loongarchPtRegs, PC, PRMD, PT_REGS_SIZE, SP } from './registers.ts';

/** Bits that are always zero: LoongArch manual, volume 1, 7.4.1 "CRMD" and 7.4.2 "PRMD". */
const CRMD_CLEAR = ~0x3ffn;
const PRMD_CLEAR = ~0xfn;
/** CRMD.PG: the kernel runs with paging. */
const PAGING = 0x10n;
const UPPER = 1n << 63n;

/** Where `struct pt_regs` of user space lies: at the top of a task's stack. */
export function userFrame(stack: StackRange): Addr {
  return stack.high - BigInt(PT_REGS_SIZE);
}

/** Whether these registers were saved by an exception: modes, pc and stack pointer fit together. */
export function isExceptionFrame(prog: Program, registers: RegisterValues): boolean {
  const crmd = registers[CRMD] ?? 0n;
  if ((crmd & CRMD_CLEAR) !== 0n || (crmd & PAGING) === 0n || ((registers[PRMD] ?? 0n) & PRMD_CLEAR) !== 0n)
    return false;
  const pc = registers[PC] as bigint;
  const sp = registers[SP] as bigint;
  if (isUserMode(registers)) return pc !== 0n && sp !== 0n && pc < UPPER && sp < UPPER;
  return ((registers[PRMD] ?? 0n) & 3n) === 0n && sp >= UPPER && isText(prog, pc);
}

/** Frames told by their contents; one from user space lies at the end of the task's stack and nowhere else. */
export function loongarchExceptionFrames(prog: Program, stack: StackRange): readonly ExceptionFrame[] {
  const size = Number(stack.high - stack.low);
  const bytes = prog.memory.bytes(stack.low, size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: ExceptionFrame[] = [];
  for (let at = 0; at + PT_REGS_SIZE <= size; at += 16) {
    const registers = loongarchPtRegs(view, at);
    if (registers[0] !== 0n || !isExceptionFrame(prog, registers)) continue;
    const address = stack.low + BigInt(at);
    const user = isUserMode(registers);
    if (user && (stack.name !== 'task' || address !== userFrame(stack))) continue;
    found.push({ at: address, registers, user });
    at += PT_REGS_SIZE - 16;
  }
  return found;
}
