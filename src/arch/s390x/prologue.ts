import type { Addr, Bytes } from '../../base/units.ts';
import type { Program } from '../../program/program.ts';

const MOST_CODE = 512;

/** How far a function had come with its frame. */
export interface FrameState {
  /** Bytes of stack that it has taken; 0 when it has no frame yet. */
  readonly taken: Bytes;
  /** The back chain stands in its frame. */
  readonly linked: boolean;
}

const WHOLE: FrameState = { taken: 1, linked: true };

/**
 * The frame of the function at `pc` as it is before `pc`: what the first `aghi`, `agfi` or `lay` of the stack pointer took,
 * and whether the back chain was stored behind it. As if it were whole where it cannot be told: then the back chain is the
 * better guide. Source: SA22-7832, instruction formats.
 * @param backChain offset of the back chain in a frame
 */
export function frameState(prog: Program, pc: Addr, backChain: Bytes): FrameState {
  const symbol = prog.symbolAt(pc);
  if (!symbol) {
    const isCode = pc >= prog.kernelStart && typeof prog.memory.translate(pc) !== 'string';
    return isCode ? WHOLE : { taken: 0, linked: false };
  }
  const code = new Uint8Array(Math.min(Number(pc - symbol.address), MOST_CODE));
  if (prog.memory.tryRead(symbol.address, code) !== undefined) return WHOLE;
  const view = new DataView(code.buffer);
  let taken = 0;
  for (let at = 0; at + 2 <= code.length; ) {
    const length = lengthOf(code[at] as number);
    if (at + length > code.length) break;
    if (taken === 0) taken = takenBy(view, at);
    else if (storesBackChain(view, at, backChain)) return { taken, linked: true };
    at += length;
  }
  return { taken, linked: taken !== 0 && code.length === MOST_CODE };
}

/** The first two bits of an instruction are its length. */
function lengthOf(first: number): Bytes {
  if (first < 0x40) return 2;
  return first < 0xc0 ? 4 : 6;
}

/** Displacement of 20 bits in the instruction at `at`; undefined when its base is not the stack pointer. */
function displacement(view: DataView, at: number): number | undefined {
  const low = view.getUint16(at + 2, false);
  return low >> 12 === 15 ? view.getInt8(at + 4) * 4096 + (low & 0xfff) : undefined;
}

function takenBy(view: DataView, at: number): Bytes {
  const [op, second] = [view.getUint8(at), view.getUint8(at + 1)];
  let change = 0;
  if (op === 0xa7 && second === 0xfb) change = view.getInt16(at + 2, false); // aghi %r15
  if (op === 0xc2 && second === 0xf8) change = view.getInt32(at + 2, false); // agfi %r15
  if (op === 0xe3 && second === 0xf0 && view.getUint8(at + 5) === 0x71) change = displacement(view, at) ?? 0; // lay %r15
  return change < 0 ? -change : 0;
}

/** `stg` of any register at the back chain's place. */
function storesBackChain(view: DataView, at: number, backChain: Bytes): boolean {
  if (view.getUint8(at) !== 0xe3 || (view.getUint8(at + 1) & 15) !== 0 || view.getUint8(at + 5) !== 0x24) return false;
  return displacement(view, at) === backChain;
}
