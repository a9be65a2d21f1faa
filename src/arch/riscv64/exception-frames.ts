import type { Addr } from '../../base/units.ts';
import type { ExceptionFrame, StackRange } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import { isText } from '../text.ts';
import { CAUSE, isUserMode, PC, PT_REGS_SIZE, riscvPtRegs, SP, STATUS, TP } from './registers.ts';

/** STACK_ALIGN: Linux arch/riscv/include/asm/processor.h. */
const STACK_ALIGN = 16;
/**
 * Bits of sstatus that are always zero: 4:2, 7, 12:11, 17, 22:20, 31:25, 62:34. Source: RISC-V Privileged Architecture,
 * "Supervisor Status (sstatus) Register", with the extensions for landing pads and double traps.
 */
const ALWAYS_CLEAR = 0x7ffffffcfe72189cn;
/** UXL, bits 33:32: user programs have 64 bits (2). */
const UXL = 3n << 32n;
const UXL_64 = 2n << 32n;
/** scause: the interrupt bit and a small number. */
const CAUSE_CLEAR = 0x7fffffffffffff80n;
const UPPER = 1n << 63n;

/** Where `struct pt_regs` of user space lies: at the top of a task's stack. */
export function userFrame(stack: StackRange): Addr {
  return stack.high - BigInt(PT_REGS_SIZE + (PT_REGS_SIZE % STACK_ALIGN));
}

/**
 * Frames whose status, cause, pc and stack pointer fit together. One from user space lies at the end of the task's stack and
 * nowhere else.
 */
export function riscvExceptionFrames(prog: Program, stack: StackRange): readonly ExceptionFrame[] {
  const size = Number(stack.high - stack.low);
  const bytes = prog.memory.bytes(stack.low, size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: ExceptionFrame[] = [];
  for (let at = 0; at + PT_REGS_SIZE <= size; at += STACK_ALIGN) {
    const registers = riscvPtRegs(view, at);
    const status = registers[STATUS] as bigint;
    if ((status & ALWAYS_CLEAR) !== 0n || (status & UXL) !== UXL_64) continue;
    if (((registers[CAUSE] as bigint) & CAUSE_CLEAR) !== 0n) continue;
    const user = isUserMode(registers);
    const pc = registers[PC] as bigint;
    const sp = registers[SP] as bigint;
    const address = stack.low + BigInt(at);
    if (user) {
      if (stack.name !== 'task' || address !== userFrame(stack)) continue;
      if (pc === 0n || sp === 0n || pc >= UPPER || sp >= UPPER) continue;
    } else if (sp < UPPER || (registers[TP] as bigint) < UPPER || !isText(prog, pc)) continue;
    found.push({ at: address, registers, user });
    at += PT_REGS_SIZE - STACK_ALIGN;
  }
  return found;
}
