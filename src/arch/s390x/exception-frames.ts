import type { Addr, Bytes } from '../../base/units.ts';
import type { ExceptionFrame, StackRange } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import { isText } from '../text.ts';
import { frameLayout } from './frame-layout.ts';
import { isProblemState, isPswMask, PC, regsLayout, SP, s390PtRegs } from './registers.ts';

const DAT = 1n << 58n;
/** A process has less than this. */
const USER_END = 1n << 53n;

/**
 * Frames whose PSW and stack pointer fit together, and that lie behind a stack frame with which a back chain ends: where the
 * kernel's own unwinder looks for them.
 */
export function s390ExceptionFrames(prog: Program, stack: StackRange): readonly ExceptionFrame[] {
  const layout = regsLayout(prog);
  const frame = frameLayout(prog);
  const size = Number(stack.high - stack.low);
  const bytes = prog.memory.bytes(stack.low, size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: ExceptionFrame[] = [];
  for (let at = 0; at + layout.size <= size; at += 8) {
    const mask = view.getBigUint64(at + layout.psw, false);
    if (!isPswMask(mask)) continue;
    if (at < frame.size || view.getBigUint64(at - frame.size + frame.backChain, false) !== 0n) continue;
    const registers = s390PtRegs(layout, view, at);
    const user = isProblemState(registers);
    const pc = registers[PC] ?? 0n;
    const sp = registers[SP] ?? 0n;
    if ((pc & 1n) !== 0n || (sp & 7n) !== 0n) continue;
    if (user) {
      // one of user space lies at the end of the task's stack and nowhere else
      if ((mask & DAT) === 0n || pc === 0n || sp === 0n || pc >= USER_END || sp >= USER_END) continue;
      if (stack.name !== 'task' || at + layout.size + 16 < size) continue;
    } else if (!isText(prog, pc) || !isAbove(prog, stack, sp, at + layout.size)) continue;
    found.push({ at: stack.low + BigInt(at), registers, user });
    at += layout.size - 8;
  }
  return found;
}

/** What was interrupted had its frame above the registers; machine checks and restarts change the stack. */
function isAbove(prog: Program, stack: StackRange, sp: Addr, end: Bytes): boolean {
  if (sp >= stack.low && sp < stack.high) return sp >= stack.low + BigInt(end);
  return stack.name !== 'task' && sp >= prog.kernelStart && !prog.symbolAt(sp);
}
