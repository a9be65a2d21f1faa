import type { Addr, Bytes } from '../../base/units.ts';
import type { ExceptionFrame, StackMemory, StackRange } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import { isText } from '../text.ts';
import { isMachineState, isUserMode, MSR, NIP, ppcPtRegs, SP, USER_PT_REGS_SIZE } from './registers.ts';

/** STACK_FRAME_REGS_MARKER of Linux arch/powerpc/include/asm/ptrace.h: `REGS` in memory, in older kernels `regshere`. */
const MARKERS: readonly bigint[] = [0x53474552n, 0x7265677368657265n];
/** `struct pt_regs` begins right behind the marker, and one more word. */
const BEHIND_MARKER: Bytes = 16;
/**
 * Where a frame has its marker: behind the 96 bytes that ABI version 1 calls for, and, for ABI version 2, behind its
 * STACK_FRAME_MIN_SIZE since v6.2 (STACK_INT_FRAME_MARKER).
 */
const MARKER_OFFSETS: readonly Bytes[] = [96, 32];
const UPPER = 1n << 63n;

/**
 * Address of the `struct pt_regs` in the exception frame at `sp`, which leads to the stack pointer that was interrupted;
 * undefined when it is a plain frame, whatever a frame behind it holds.
 */
export function savedRegistersAt(stack: StackMemory, sp: Addr): Addr | undefined {
  for (const offset of MARKER_OFFSETS) {
    const marker = stack.word(sp + BigInt(offset));
    const regs = sp + BigInt(offset + BEHIND_MARKER);
    if (marker === undefined || !MARKERS.includes(marker) || !stack.find(regs, USER_PT_REGS_SIZE)) continue;
    if (stack.word(sp) === stack.word(regs + BigInt(SP * 8))) return regs;
  }
  return undefined;
}

/** Frames behind a marker whose machine state, instruction and stack pointer fit together. */
export function ppcExceptionFrames(prog: Program, stack: StackRange): readonly ExceptionFrame[] {
  const size = Number(stack.high - stack.low);
  const bytes = prog.memory.bytes(stack.low, size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: ExceptionFrame[] = [];
  for (let at = 0; at + BEHIND_MARKER + USER_PT_REGS_SIZE <= size; at += 8) {
    if (!MARKERS.includes(view.getBigUint64(at, true))) continue;
    const registers = ppcPtRegs(view, at + BEHIND_MARKER, true);
    const frame = { at: stack.low + BigInt(at + BEHIND_MARKER), registers, user: isUserMode(registers) };
    if (isPlausible(prog, frame)) found.push(frame);
  }
  return found;
}

function isPlausible(prog: Program, { registers, user }: ExceptionFrame): boolean {
  const nip = registers[NIP] as bigint;
  const sp = registers[SP] as bigint;
  if (!isMachineState(registers[MSR] as bigint)) return false;
  return user ? nip !== 0n && nip < UPPER && sp < UPPER : sp >= UPPER && isText(prog, nip);
}
