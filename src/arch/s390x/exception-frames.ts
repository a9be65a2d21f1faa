import type { ExceptionFrame, StackRange } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import { isText } from '../text.ts';
import { isProblemState, PC, PSW_MASK, regsLayout, SP, s390PtRegs } from './registers.ts';

/**
 * Bits of a PSW's mask that are always zero in 64-bit mode, and the two that state it. Source: SA22-7832, "Program-Status-
 * Word Format": bits 0, 2 to 4, 24 to 30 and 33 to 63 are zero; bit 12 is one in the short form only.
 */
const CLEAR = 0xb80800fe7fffffffn;
const MODE_64 = 0x0000000180000000n;
const DAT = 1n << 58n;
/** A process has less than this. */
const USER_END = 1n << 53n;

/** Frames whose PSW and stack pointer fit together. */
export function s390ExceptionFrames(prog: Program, stack: StackRange): readonly ExceptionFrame[] {
  const layout = regsLayout(prog);
  const size = Number(stack.high - stack.low);
  const bytes = prog.memory.bytes(stack.low, size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: ExceptionFrame[] = [];
  for (let at = 0; at + layout.size <= size; at += 8) {
    const mask = view.getBigUint64(at + layout.psw, false);
    if ((mask & CLEAR) !== 0n || (mask & MODE_64) !== MODE_64) continue;
    const registers = s390PtRegs(layout, view, at);
    const user = isProblemState(registers);
    const pc = registers[PC] ?? 0n;
    const sp = registers[SP] ?? 0n;
    if ((pc & 1n) !== 0n || (sp & 7n) !== 0n) continue;
    if (user) {
      // one of user space lies at the end of the task's stack and nowhere else
      if ((mask & DAT) === 0n || pc === 0n || sp === 0n || pc >= USER_END || sp >= USER_END) continue;
      if (stack.name !== 'task' || at + layout.size + 16 < size) continue;
    } else if (sp < prog.kernelStart || !isText(prog, pc) || registers[PSW_MASK] === 0n) continue;
    found.push({ at: stack.low + BigInt(at), registers, user });
    at += layout.size - 8;
  }
  return found;
}
