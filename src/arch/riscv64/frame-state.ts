import type { Addr, Bytes } from '../../base/units.ts';
import type { Program } from '../../program/program.ts';
import { FP, RA, SP } from './registers.ts';

/** No more of a function is looked at. */
const MOST_BYTES: Bytes = 65536;

/** What a function has done for its frame. */
export interface FrameState {
  /** The frame pointer is its own. */
  readonly set: boolean;
  /** Its return address is in the frame. */
  readonly savesRa: boolean;
  /** How far below the frame pointer the caller's is saved, when the code tells. */
  readonly savedFp: Bytes | undefined;
}

/** What an instruction means for the frame and for where control goes. */
interface Effect {
  readonly size: 2 | 4;
  /** `s0 = sp + frame`. */
  readonly frame?: Bytes;
  /** s0 is loaded from the stack. */
  readonly restoresFp?: true;
  /** Stores s0 or ra so far above the stack pointer. */
  readonly stores?: { readonly register: number; readonly at: Bytes };
  /** Where it may jump to, from the instruction's own place. */
  readonly jump?: number;
  /** What follows is not reached from here. */
  readonly ends?: true;
}

/**
 * What the function at `pc` has done for its frame there: the prologue has set the frame pointer and no epilogue has restored
 * the caller's. The code is read from its start; behind a jump or return the state is that of a place that jumps there.
 * Undefined when the code cannot be read.
 */
export function frameState(prog: Program, pc: Addr): FrameState | undefined {
  const symbol = prog.symbolAt(pc);
  const size = symbol ? Number(pc - symbol.address) : 0;
  if (!symbol || size > MOST_BYTES) return undefined;
  const bytes = new Uint8Array(size);
  if (prog.memory.tryRead(symbol.address, bytes) !== undefined) return undefined;
  return stateAfter(bytes);
}

interface State {
  /** `s0 - sp` of the prologue, when s0 is the function's own. */
  readonly frame: Bytes | undefined;
  readonly fpAt: Bytes | undefined;
  readonly savesRa: boolean;
}

/** The state behind the last of these bytes of code. */
function stateAfter(code: Uint8Array): FrameState {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  const states = new Map<number, State>();
  let state: State = { frame: undefined, fpAt: undefined, savesRa: false };
  let whole = state;
  let at = 0;
  while (at + 2 <= view.byteLength) {
    const effect = effectAt(view, at);
    state = after(state, effect);
    if (state.frame !== undefined) whole = state;
    const target = effect.jump === undefined ? 0 : at + effect.jump;
    if (target > at && !states.has(target)) states.set(target, state);
    at += effect.size;
    if (effect.ends) state = states.get(at) ?? whole;
  }
  const { frame, fpAt, savesRa } = state;
  return {
    ...{ set: frame !== undefined, savesRa },
    savedFp: frame === undefined || fpAt === undefined ? undefined : frame - fpAt,
  };
}

function after(state: State, { frame, restoresFp, stores }: Effect): State {
  if (frame !== undefined) return { ...state, frame };
  if (restoresFp) return { ...state, frame: undefined };
  if (stores?.register === RA) return { ...state, savesRa: true };
  // the first store is that of the prologue
  return stores?.register === FP && state.fpAt === undefined ? { ...state, fpAt: stores.at } : state;
}

/** Source: RISC-V Unprivileged ISA, "RV32I Base Integer Instruction Set", "C Extension for Compressed Instructions". */
function effectAt(view: DataView, at: number): Effect {
  const half = view.getUint16(at, true);
  if ((half & 3) !== 3) return shortEffect(half);
  return at + 4 > view.byteLength ? { size: 4 } : longEffect(view.getUint32(at, true));
}

function shortEffect(half: number): Effect {
  const size = 2;
  const rd = (half >>> 7) & 31;
  switch (((half >>> 13) << 2) | (half & 3)) {
    case 0b000_00: // c.addi4spn, of x8 to x15; of nothing it is no instruction
      return half !== 0 && ((half >>> 2) & 7) === FP - 8 ? { size, frame: shortFrame(half) } : { size };
    case 0b011_10: // c.ldsp
      return rd === FP ? { size, restoresFp: true } : { size };
    case 0b111_10: // c.sdsp
      return { size, stores: { register: (half >>> 2) & 31, at: field(half, 10, 3, 3) | field(half, 7, 3, 6) } };
    case 0b101_01: // c.j
      return { size, jump: shortJump(half), ends: true };
    case 0b110_01: // c.beqz
    case 0b111_01: // c.bnez
      return { size, jump: shortBranch(half) };
    case 0b100_10: // c.jr when bits 12 and 6:2 are clear
      return (half & 0x107c) === 0 && rd !== 0 ? { size, ends: true } : { size };
    default:
      return { size };
  }
}

function longEffect(word: number): Effect {
  const size = 4;
  const rd = (word >>> 7) & 31;
  const fromStack = ((word >>> 15) & 31) === SP;
  switch (word & 0x707f) {
    case 0x0013: // addi
      return rd === FP && fromStack ? { size, frame: word >> 20 } : { size };
    case 0x3003: // ld
      return rd === FP && fromStack ? { size, restoresFp: true } : { size };
    case 0x3023: // sd
      return fromStack ? { size, stores: { register: (word >>> 20) & 31, at: storeOffset(word) } } : { size };
    case 0x0067: // jalr
      return rd === 0 ? { size, ends: true } : { size };
    default:
  }
  if ((word & 0x7f) === 0x63) return { size, jump: branch(word) };
  if ((word & 0x7f) === 0x6f && rd === 0) return { size, jump: jump(word), ends: true };
  return { size };
}

/** A field of `word` of `bits` bits at `from`, moved to `to`. */
function field(word: number, from: number, bits: number, to: number): number {
  return ((word >>> from) & ((1 << bits) - 1)) << to;
}

function signed(value: number, bits: number): number {
  return (value << (32 - bits)) >> (32 - bits);
}

/** nzuimm[5:4|9:6|2|3] */
function shortFrame(h: number): Bytes {
  return field(h, 11, 2, 4) | field(h, 7, 4, 6) | field(h, 6, 1, 2) | field(h, 5, 1, 3);
}

function storeOffset(w: number): Bytes {
  return signed(field(w, 7, 5, 0) | field(w, 25, 7, 5), 12);
}

/** offset[11|4|9:8|10|6|7|3:1|5] */
function shortJump(h: number): number {
  const low = field(h, 3, 3, 1) | field(h, 11, 1, 4) | field(h, 2, 1, 5) | field(h, 7, 1, 6);
  const high = field(h, 6, 1, 7) | field(h, 9, 2, 8) | field(h, 8, 1, 10) | field(h, 12, 1, 11);
  return signed(low | high, 12);
}

/** offset[8|4:3] and offset[7:6|2:1|5] */
function shortBranch(h: number): number {
  const low = field(h, 3, 2, 1) | field(h, 10, 2, 3) | field(h, 2, 1, 5);
  return signed(low | field(h, 5, 2, 6) | field(h, 12, 1, 8), 9);
}

function branch(w: number): number {
  return signed(field(w, 8, 4, 1) | field(w, 25, 6, 5) | field(w, 7, 1, 11) | field(w, 31, 1, 12), 13);
}

function jump(w: number): number {
  return signed(field(w, 21, 10, 1) | field(w, 20, 1, 11) | field(w, 12, 8, 12) | field(w, 31, 1, 20), 21);
}
