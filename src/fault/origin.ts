import type { Term } from './term.ts';

/** A register by its name, or a word of the stack by its distance from the stack pointer on entry. */
export type Place = string | number;

/** Where a value was made: the last instruction that did more than copy it, move it or add a constant to it. */
export interface Origin {
  /** Equal for values that are the same. */
  readonly key: string;
  readonly kind: 'entry' | 'load' | 'call' | 'computed' | 'constant' | 'stack' | 'merged' | 'lost';
  /** Index of the instruction; -1 for what the function got from its caller. */
  readonly index: number;
  readonly place: Place;
  /** How it is computed, of `load` and `computed`. */
  readonly term?: Term;
  /** The values it may be, of `merged`. */
  readonly of?: readonly Linear[];
  /** Where each of them was written there, of `merged`. */
  readonly at?: readonly number[];
}

/** A value as what was made somewhere, and a constant that was added to it since. */
export interface Linear {
  readonly origin: Origin;
  readonly addend: bigint;
}

const CONSTANT: Origin = { key: 'constant', kind: 'constant', index: -1, place: '' };
export const STACK: Origin = { key: 'stack', kind: 'stack', index: -1, place: '' };

export function linearConstant(value: bigint): Linear {
  return { origin: CONSTANT, addend: BigInt.asUintN(64, value) };
}

export function plus({ origin, addend }: Linear, more: bigint): Linear {
  return { origin, addend: BigInt.asUintN(64, addend + more) };
}

/** The addend as a signed number, which is how code has it. */
export function signedAddend({ addend }: Linear): bigint {
  return BigInt.asIntN(64, addend);
}

export function isSame(a: Linear, b: Linear): boolean {
  return a.origin.key === b.origin.key && a.addend === b.addend;
}
