import type { ExceptionFrame, RegisterValues, StackRange } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import { isText } from '../text.ts';
import { PT_REGS, PT_REGS_SIZE, X86_REGISTERS } from './registers.ts';

const WORDS = PT_REGS_SIZE / 8;
/** Words of `struct pt_regs`. */
const IP = 16;
const CS = 17;
const FLAGS = 18;
const SP = 19;
const SS = 20;
/** Selectors of the kernel and of user space: Linux arch/x86/include/asm/segment.h. */
const KERNEL_CS = 0x10n;
const KERNEL_SS = [0n, 0x18n];
const USER_CS = [0x33n, 0x23n];
const USER_SS = 0x2bn;
/** Bit 1 of RFLAGS is always set; 3, 5, 15 and those from 22 up are always clear: Intel SDM volume 1, 3.4.3. */
const FLAGS_SET = 0x2n;
const FLAGS_CLEAR = 0xffffffffffc08028n;
const USER_END = 1n << 56n;

/** Frames whose selectors, flags, instruction and stack pointer fit together. */
export function x86ExceptionFrames(prog: Program, stack: StackRange): readonly ExceptionFrame[] {
  const bytes = prog.memory.bytes(stack.low, Number(stack.high - stack.low));
  const words = new BigUint64Array(bytes.length / 8);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < words.length; i++) words[i] = view.getBigUint64(i * 8, true);
  const found: ExceptionFrame[] = [];
  for (let i = 0; i + WORDS <= words.length; i++) {
    const frame = words.subarray(i, i + WORDS);
    const user = USER_CS.includes(frame[CS] as bigint);
    if (!(user ? isUserFrame(frame) : isKernelFrame(prog, frame))) continue;
    const registers: RegisterValues = new Array(X86_REGISTERS.length);
    PT_REGS.forEach((register, n) => {
      registers[register] = frame[n];
    });
    found.push({ at: stack.low + BigInt(i * 8), registers, user });
    i += WORDS - 1;
  }
  return found;
}

function hasFlags(frame: BigUint64Array): boolean {
  const flags = frame[FLAGS] as bigint;
  return (flags & FLAGS_SET) !== 0n && (flags & FLAGS_CLEAR) === 0n;
}

function isUserFrame(frame: BigUint64Array): boolean {
  const ip = frame[IP] as bigint;
  const sp = frame[SP] as bigint;
  return frame[SS] === USER_SS && hasFlags(frame) && ip < USER_END && sp < USER_END && ip !== 0n;
}

function isKernelFrame(prog: Program, frame: BigUint64Array): boolean {
  if (frame[CS] !== KERNEL_CS || !KERNEL_SS.includes(frame[SS] as bigint) || !hasFlags(frame)) return false;
  return (frame[SP] as bigint) >= 1n << 63n && isText(prog, frame[IP] as bigint);
}
