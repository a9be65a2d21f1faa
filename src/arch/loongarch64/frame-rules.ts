import type { Addr, Bytes } from '../../base/units.ts';
import type { Program } from '../../program/program.ts';
import { type CodeEffect, codeEffect } from './code-effect.ts';
import { FP, RA, SP } from './registers.ts';

/** No more of a function is looked at. */
const MOST_BYTES: Bytes = 65536;

/** What a function has done for its frame: distances below the canonical frame address, the caller's stack pointer. */
export interface FrameRules {
  /** Of the stack pointer; undefined where the function made room of a size that the code does not tell. */
  readonly sp: Bytes | undefined;
  /** Of the frame pointer, when it is the function's own. */
  readonly fp: Bytes | undefined;
  /** Of a register to which it has copied the stack pointer before it went to another stack. */
  readonly copy: { readonly register: number; readonly below: Bytes } | undefined;
  /** Of the callers' registers that it saved. */
  readonly saved: ReadonlyMap<number, Bytes>;
}

interface State extends FrameRules {
  /** Constants that registers were loaded with, for frames too large for one instruction. */
  readonly constants: ReadonlyMap<number, number>;
  /** The stack pointer was taken from the frame pointer or a copy: the function is about to return. */
  readonly restored?: true;
}

const START: State = { sp: 0, fp: undefined, copy: undefined, saved: new Map(), constants: new Map() };

/**
 * What the function at `pc` has done for its frame by then. The code is read from its start; behind a jump or return the
 * state is that of a place that jumps there, or that of the whole prologue. Undefined when the code cannot be read.
 * @param lookup an address in the function, where `pc` may be behind its end
 */
export function frameRules(prog: Program, pc: Addr, lookup: Addr): FrameRules | undefined {
  const symbol = prog.symbolAt(lookup);
  const size = symbol ? Number(pc - symbol.address) : 0;
  if (!symbol || size > MOST_BYTES) return undefined;
  const bytes = new Uint8Array(size);
  if (prog.memory.tryRead(symbol.address, bytes) !== undefined) return undefined;
  return rulesAfter(bytes);
}

/** The rules behind the last of these bytes of code. */
function rulesAfter(code: Uint8Array): FrameRules {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  const states = new Map<number, State>();
  let state = START;
  let whole = START;
  for (let at = 0; at + 4 <= view.byteLength; ) {
    const effect = codeEffect(view.getUint32(at, true));
    state = after(state, effect);
    if (state.saved.size >= whole.saved.size && state.sp !== 0 && !state.restored) whole = state;
    const target = effect.jump === undefined ? 0 : at + effect.jump;
    if (target > at && !states.has(target)) states.set(target, state);
    at += 4;
    if (effect.ends) state = states.get(at) ?? whole;
  }
  return state;
}

function after(state: State, effect: CodeEffect): State {
  const { add, addRegister, copy, store, load, constant } = effect;
  if (constant) return withConstant(state, constant);
  if (add) return moved(state, add.to, add.from, add.value);
  if (copy) return copied(state, copy);
  if (addRegister) {
    const value = state.constants.get(addRegister.register);
    return moved(state, SP, SP, value === undefined ? undefined : value * addRegister.sign);
  }
  if (store && state.sp !== undefined && isSaved(store.register) && !state.saved.has(store.register)) {
    return { ...state, saved: new Map(state.saved).set(store.register, state.sp - store.at) };
  }
  if (!load || state.sp === undefined || state.saved.get(load.register) !== state.sp - load.at) return state;
  const saved = new Map(state.saved);
  saved.delete(load.register);
  return { ...state, saved, ...(load.register === FP && { fp: undefined }) };
}

/** ra, fp and s0 to s8. */
function isSaved(register: number): boolean {
  return register === RA || register >= FP;
}

function withConstant(state: State, { register, value, onTop }: NonNullable<CodeEffect['constant']>): State {
  const base = onTop ? state.constants.get(register) : 0;
  const constants = new Map(state.constants);
  if (base === undefined) constants.delete(register);
  else constants.set(register, base + value);
  return { ...state, constants };
}

function copied(state: State, { register, toSp }: NonNullable<CodeEffect['copy']>): State {
  if (toSp) return { ...state, sp: state.copy?.register === register ? state.copy.below : undefined, restored: true };
  return { ...state, copy: state.sp === undefined ? undefined : { register, below: state.sp } };
}

/** sp or fp becomes one of both plus a number, which may not be known. */
function moved(state: State, to: number, from: number, value: number | undefined): State {
  const base = from === SP ? state.sp : state.fp;
  const distance = base === undefined || value === undefined ? undefined : base - value;
  if (to !== SP) return { ...state, fp: distance };
  return { ...state, sp: distance, ...(from !== SP && { restored: true }) };
}
