import type { Bytes } from '../base/units.ts';

/** Arithmetic of machine instructions that is followed by value. */
export type Operation = 'and' | 'or' | 'xor' | 'shl' | 'shr' | 'sar' | 'mul' | 'sub';

/** A value as an instruction computes it, from registers and memory as they are before the instruction. */
export type Term =
  | { readonly kind: 'constant'; readonly value: bigint }
  | { readonly kind: 'register'; readonly name: string }
  | { readonly kind: 'memory'; readonly address: Term; readonly size: Bytes; readonly signed?: true }
  | { readonly kind: 'sum'; readonly left: Term; readonly right: Term }
  | { readonly kind: 'operation'; readonly operation: Operation; readonly left: Term; readonly right: Term }
  /** The lowest `size` bytes, extended to a word. */
  | { readonly kind: 'part'; readonly of: Term; readonly size: Bytes; readonly signed?: true }
  /** One of several, by a condition: the first when it holds. */
  | { readonly kind: 'choice'; readonly of: readonly Term[] }
  /** What the kernel adds to the address of a per-CPU variable for the CPU that runs. */
  | { readonly kind: 'this-cpu' }
  /** Address of the `struct task_struct` that runs. */
  | { readonly kind: 'current' }
  /** What is not followed. */
  | { readonly kind: 'unknown' };

export const UNKNOWN: Term = { kind: 'unknown' };

export function constant(value: bigint | number): Term {
  return { kind: 'constant', value: BigInt.asUintN(64, BigInt(value)) };
}

export function register(name: string): Term {
  return { kind: 'register', name };
}

/** A sum; constants are added up, and zeros left out. */
export function sum(left: Term, right: Term): Term {
  if (left.kind === 'constant' && right.kind === 'constant') return constant(left.value + right.value);
  if (right.kind === 'constant' && right.value === 0n) return left;
  if (left.kind === 'constant') return sum(right, left);
  if (left.kind === 'sum' && left.right.kind === 'constant' && right.kind === 'constant') {
    return sum(left.left, constant(left.right.value + right.value));
  }
  return { kind: 'sum', left, right };
}

export function operation(name: Operation, left: Term, right: Term): Term {
  return { kind: 'operation', operation: name, left, right };
}

/** The lowest bytes of a word; the word itself when they are all of it. */
export function part(of: Term, size: Bytes, signed = false): Term {
  if (size === 8 || size === 0) return of;
  if (of.kind === 'constant')
    return constant(signed ? BigInt.asIntN(size * 8, of.value) : BigInt.asUintN(size * 8, of.value));
  if (of.kind === 'part' && of.size === size && of.signed === (signed || undefined)) return of;
  if (of.kind === 'memory' && !signed && !of.signed && of.size <= size) return of;
  return { kind: 'part', of, size, ...(signed && { signed }) };
}

export function memory(address: Term, size: Bytes, signed = false): Term {
  return { kind: 'memory', address, size, ...(signed && { signed }) };
}

/** Result of an operation on words. */
export function compute(name: Operation, a: bigint, b: bigint): bigint {
  const by = b & 63n;
  switch (name) {
    case 'and':
      return a & b;
    case 'or':
      return a | b;
    case 'xor':
      return a ^ b;
    case 'shl':
      return BigInt.asUintN(64, a << by);
    case 'shr':
      return a >> by;
    case 'sar':
      return BigInt.asUintN(64, BigInt.asIntN(64, a) >> by);
    case 'mul':
      return BigInt.asUintN(64, a * b);
    case 'sub':
      return BigInt.asUintN(64, a - b);
  }
}

/** What is computed of constants alone; undefined of others. @param constantOf the constant that a part of it is */
export function constantResult(
  term: Extract<Term, { kind: 'operation' | 'part' }>,
  constantOf: (of: Term, side: 'l' | 'r') => bigint | undefined,
): bigint | undefined {
  const left = constantOf(term.kind === 'part' ? term.of : term.left, 'l');
  if (left === undefined) return undefined;
  if (term.kind === 'part') {
    const bits = term.size * 8;
    return term.signed ? BigInt.asIntN(bits, left) : BigInt.asUintN(bits, left);
  }
  const right = constantOf(term.right, 'r');
  return right === undefined ? undefined : compute(term.operation, left, right);
}
