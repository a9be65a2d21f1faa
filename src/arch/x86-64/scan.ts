import { FAULT_TEXT } from '../../base/errors.ts';
import { hex } from '../../base/hex.ts';
import type { Addr } from '../../base/units.ts';
import type { RegisterValues, StackEnd, StackMemory, Step } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import { isText } from '../text.ts';
import { RIP, RSP, X86_REGISTERS } from './registers.ts';

type TryStep = (prog: Program, frame: Step, stack: StackMemory) => Step | StackEnd | undefined;

/** Words looked at above a frame that cannot be followed. */
const MAX_WORDS = 2048;
/** Frames followed, over all candidates of one scan. */
const MAX_TRIALS = 20_000;

/**
 * The nearest word above the frame that can be its return address: it follows a call instruction, and from there the
 * stack can be followed without a gap to a real end. One that merely looks like an address is not taken.
 */
export function scanForCaller(prog: Program, frame: Step, stack: StackMemory, tryStep: TryStep): Step | StackEnd {
  const pc = frame.registers[RIP] ?? 0n;
  const sp = frame.registers[RSP] ?? 0n;
  const fault = prog.memory.tryRead(sp & ~7n, new Uint8Array(8));
  const why = fault === undefined ? '' : `, which is ${FAULT_TEXT[fault]}`;
  const end = `cannot find the caller of ${prog.describeAddress(pc)} above ${hex(sp)}${why}`;
  const lost = { end, complete: false };
  const range = stack.find(sp, 8);
  if (!range) return lost;
  const first = sp > frame.at ? sp : frame.at + 8n;
  let trials = MAX_TRIALS;
  for (let at = (first + 7n) & ~7n, n = 0; at < range.high && n < MAX_WORDS; at += 8n, n++) {
    const word = stack.word(at);
    if (word === undefined || !isText(prog, word - 1n) || !followsCall(prog, word)) continue;
    const registers: RegisterValues = new Array(X86_REGISTERS.length);
    registers[RIP] = word;
    registers[RSP] = at + 8n;
    const candidate: Step = { registers, trust: 'scan', at, exact: false, saved: false };
    let step: Step | StackEnd | undefined = candidate;
    let last: Addr = 0n;
    while (step && !('end' in step) && !step.user && trials-- > 0) {
      if (stack.find(step.at, 1) === range && step.at <= last) break;
      if (stack.find(step.at, 1) === range) last = step.at;
      step = tryStep(prog, step, stack);
    }
    if (step && ('end' in step ? step.complete : step.user)) return candidate;
    if (trials <= 0) break;
  }
  return lost;
}

/** Whether the instruction before `pc` is a call: E8 and 4 bytes, or FF /2 in its lengths. Intel SDM volume 2, CALL. */
function followsCall(prog: Program, pc: Addr): boolean {
  const bytes = new Uint8Array(7);
  if (prog.memory.tryRead(pc - 7n, bytes) !== undefined) return false;
  if (bytes[2] === 0xe8) return true;
  for (let i = 0; i <= 5; i++) {
    const modrm = bytes[i + 1] as number;
    if (bytes[i] === 0xff && (modrm & 0x38) === 0x10 && i + 1 + operandLength(modrm, bytes[i + 2] ?? 0) === 7)
      return true;
  }
  return false;
}

/** Length of ModRM, SIB and displacement. */
function operandLength(modrm: number, sib: number): number {
  const mode = modrm >> 6;
  const rm = modrm & 7;
  if (mode === 3) return 1;
  const withSib = rm === 4 ? 1 : 0;
  if (mode === 1) return 2 + withSib;
  if (mode === 2) return 5 + withSib;
  if (rm === 5 || (withSib && (sib & 7) === 5)) return 5 + withSib;
  return 1 + withSib;
}
