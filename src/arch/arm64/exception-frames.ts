import type { Bytes } from '../../base/units.ts';
import type { ExceptionFrame, RegisterValues, StackRange } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import { isText } from '../text.ts';
import { armPtRegs, FP, PC, PSTATE, SP } from './registers.ts';

/** PSTATE.M: EL0t, EL1h and EL2h; bit 4 (AArch32) is clear. Arm DDI 0487, C5.2 "SPSR_EL1". */
const MODE = 0x1fn;
const EL0 = 0n;
const KERNEL_MODES = [5n, 9n];
/** Bits of PSTATE that are always zero: 63 to 36, 5. */
const ALWAYS_CLEAR = 0xfffffff000000020n;
const USER_END = 1n << 56n;
const UPPER = 1n << 63n;
/** `struct pt_regs` without types: regs, sp, pc, pstate, orig_x0, syscallno, ..., a frame record. */
const USUAL_SIZE: Bytes = 336;

/** FRAME_META_TYPE_PT_REGS, arch/arm64/include/asm/stacktrace/frame.h: the type of a record in `struct pt_regs`, v6.13. */
const META_PT_REGS = 2n;

/**
 * Frames whose mode, pc and stack pointer fit together. One from user space lies at the end of the task's stack and nowhere
 * else; one from the kernel holds a frame record of what was interrupted.
 */
export function armExceptionFrames(prog: Program, stack: StackRange): readonly ExceptionFrame[] {
  const size = Number(stack.high - stack.low);
  const bytes = prog.memory.bytes(stack.low, size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = prog.findType('pt_regs')?.size ?? USUAL_SIZE;
  const record = prog.findMember('pt_regs', 'stackframe')?.offset;
  const found: ExceptionFrame[] = [];
  for (let at = 0; at + whole <= size; at += 16) {
    const state = view.getBigUint64(at + PSTATE * 8, true);
    const mode = state & MODE;
    if ((state & ALWAYS_CLEAR) !== 0n) continue;
    const user = mode === EL0;
    if (user ? at + whole !== size || stack.name !== 'task' : !KERNEL_MODES.includes(mode)) continue;
    const registers = armPtRegs(prog, view, at);
    const pc = registers[PC] as bigint;
    const sp = registers[SP] as bigint;
    if (user ? pc === 0n || sp === 0n || pc >= USER_END || sp >= USER_END : sp < UPPER || !isText(prog, pc)) continue;
    if (!user && record !== undefined && !holdsRecord(view, at + record, registers, whole - record)) continue;
    found.push({ at: stack.low + BigInt(at), registers, user });
    at += Math.max(0, (whole & ~15) - 16);
  }
  return found;
}

/** A record of what was interrupted: its frame pointer and pc, or (newer) an empty one with a type behind it. */
function holdsRecord(view: DataView, at: Bytes, registers: RegisterValues, room: Bytes): boolean {
  const fp = view.getBigUint64(at, true);
  const pc = view.getBigUint64(at + 8, true);
  if (fp === 0n && pc === 0n) return room >= 24 && view.getBigUint64(at + 16, true) === META_PT_REGS;
  return fp === registers[FP] && pc === registers[PC];
}
