import type { Addr } from '../../base/units.ts';
import type { Program } from '../../program/program.ts';
import { FP, RA, SP } from './registers.ts';

/** Prologues end within this, saving every register and making room. */
const MOST_BYTES = 96;
/** Epilogues are shorter. */
const MOST_INSTRUCTIONS = 20;

/** What an instruction does to a stack frame. Source: RISC-V Unprivileged ISA, "RV32/64C" and base formats. */
type Effect =
  /** `s0 = sp + n`: the frame stands. */
  | 'sets-fp'
  /** Loads s0 from the stack: the frame is given up. */
  | 'restores-fp'
  /** Loads another register from the stack, or gives stack space back. */
  | 'restores'
  | 'returns'
  | 'other';

/** The effect of the instruction at `offset` of `view`, and its size in bytes. */
function effectAt(view: DataView, offset: number): { readonly effect: Effect; readonly size: 2 | 4 } {
  const half = view.getUint16(offset, true);
  if ((half & 3) !== 3) return { effect: shortEffect(half), size: 2 };
  if (offset + 4 > view.byteLength) return { effect: 'other', size: 4 };
  return { effect: longEffect(view.getUint32(offset, true)), size: 4 };
}

function shortEffect(half: number): Effect {
  const op = ((half >>> 13) << 2) | (half & 3);
  if (op === 0b000_00) return ((half >>> 2) & 7) === FP - 8 ? 'sets-fp' : 'other'; // c.addi4spn
  if (op === 0b011_10) return ((half >>> 7) & 31) === FP ? 'restores-fp' : 'restores'; // c.ldsp
  if (op === 0b011_01 && ((half >>> 7) & 31) === SP) return (half & 0x1000) === 0 ? 'restores' : 'other'; // c.addi16sp
  return half === 0x8082 ? 'returns' : 'other'; // c.jr ra
}

function longEffect(word: number): Effect {
  const opcode = word & 0x7f;
  const rd = (word >>> 7) & 31;
  const rs1 = (word >>> 15) & 31;
  const funct = (word >>> 12) & 7;
  if (opcode === 0x13 && funct === 0 && rs1 === SP) {
    if (rd === FP) return 'sets-fp';
    return rd === SP && word >> 20 > 0 ? 'restores' : 'other';
  }
  if (opcode === 0x03 && funct === 3 && rs1 === SP) return rd === FP ? 'restores-fp' : 'restores';
  return opcode === 0x67 && rd === 0 && rs1 === RA ? 'returns' : 'other';
}

/**
 * Whether the frame pointer is the function's own at `pc`: its prologue has set it and its epilogue has not restored the
 * caller's. Undefined when the code cannot be read.
 */
export function hasFrame(prog: Program, pc: Addr): boolean | undefined {
  const symbol = prog.symbolAt(pc);
  if (!symbol) return undefined;
  const before = read(prog, symbol.address, Math.min(MOST_BYTES, Number(pc - symbol.address)));
  const after = read(prog, pc, MOST_INSTRUCTIONS * 4);
  if (!before || !after) return undefined;
  let set = false;
  for (let at = 0; at + 2 <= before.byteLength && !set; ) {
    const { effect, size } = effectAt(before, at);
    set = effect === 'sets-fp';
    at += size;
  }
  return set && !isInEpilogue(after);
}

/** Whether only what is left of an epilogue comes, behind the place where it has restored the frame pointer. */
function isInEpilogue(view: DataView): boolean {
  for (let at = 0; at + 2 <= view.byteLength; ) {
    const { effect, size } = effectAt(view, at);
    if (effect === 'returns') return true;
    if (effect !== 'restores') return false;
    at += size;
  }
  return false;
}

function read(prog: Program, at: Addr, size: number): DataView | undefined {
  const bytes = new Uint8Array(size);
  return prog.memory.tryRead(at, bytes) === undefined ? new DataView(bytes.buffer) : undefined;
}
