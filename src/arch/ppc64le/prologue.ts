import { attempt } from '../../base/attempt.ts';
import type { Addr, Bytes } from '../../base/units.ts';
import type { Program } from '../../program/program.ts';

/** How far a function has got with its frame when one of its instructions is about to run. */
export interface FrameState {
  /** The stack pointer is its own frame's, whose first word leads to the caller's. */
  readonly framed: boolean;
  /** The return address is in the caller's frame; else still in the link register. */
  readonly saved: boolean;
}

/** Functions are looked at this far from their beginning. */
const MOST_CODE: Bytes = 1 << 16;
const BEGINNING: FrameState = { framed: false, saved: false };
const COMPLETE: FrameState = { framed: true, saved: true };

/** Instructions as masks and values. Source: Power ISA 3.0B, book I. */
const STORE_RETURN = 0xf8010010; // std r0,16(r1)
const MAKE_FRAME = [0xffff8003, 0xf8218001] as const; // stdu r1,-N(r1)
const MAKE_LARGE_FRAME = [0xffff07ff, 0x7c21016a] as const; // stdux r1,r1,rN
const LEAVE_FRAME = [0xffff8000, 0x38210000] as const; // addi r1,r1,N
const JUMP = [0xfc000001, 0x48000000] as const; // b
const RETURN = 0x4e800020; // blr
const JUMP_TO_COUNT = 0x4e800420; // bctr

/** Followed along the straight line from the first instruction of the function that `pc` is in. */
export function frameState(prog: Program, pc: Addr): FrameState {
  const symbol = prog.symbolAt(pc);
  if (!symbol) return COMPLETE;
  const size = Number(pc - symbol.address);
  if (size > MOST_CODE) return COMPLETE;
  const code = attempt(() => prog.memory.bytes(symbol.address, size & ~3));
  return code ? stateAfter(new DataView(code.buffer, code.byteOffset, code.byteLength)) : COMPLETE;
}

/** What stands behind a return or a jump is reached from where the frame was still there. */
function stateAfter(code: DataView): FrameState {
  let state = BEGINNING;
  let body = BEGINNING;
  for (let at = 0; at + 4 <= code.byteLength; at += 4) {
    const insn = code.getUint32(at, true);
    const is = ([mask, value]: readonly [number, number]): boolean => (insn & mask) >>> 0 === value;
    if (insn === STORE_RETURN) body = state = { ...state, saved: true };
    else if (is(MAKE_FRAME) || is(MAKE_LARGE_FRAME)) body = state = { ...state, framed: true };
    else if (is(LEAVE_FRAME)) state = { ...state, framed: false };
    else if (insn === RETURN || insn === JUMP_TO_COUNT || is(JUMP)) state = body;
  }
  return state;
}
