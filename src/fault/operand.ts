import type { Addr } from '../base/units.ts';
import type { FaultFrame } from './fault-frame.ts';
import type { Access } from './machine.ts';
import { type Linear, plus } from './origin.ts';
import type { Term } from './term.ts';

/** The access that failed. */
export interface FaultOperand {
  readonly access: Access;
  readonly address: Addr;
  /** The value that the address was made from: what is wrong with it is wrong with the address. */
  readonly base: Linear;
  /** The pointer to which `base` is added as an index of this value; absent where `base` is the pointer. */
  readonly indexed?: { readonly array: Linear; readonly value: bigint | undefined };
}

/** Where the CPU says that the access was; `mapped`: it does not, and the address may be a good one. */
export type Target = Addr | 'mapped' | undefined;

/** The access of the trapped instruction that cannot be done. */
export function faultOperand(frame: FaultFrame, target: Target): FaultOperand | undefined {
  const { code, index } = frame;
  const found = code.machine.accesses(code.at(index)).flatMap((access) => {
    const address = frame.evaluate(access.address, index);
    return address === undefined ? [] : [{ access, address, ...baseOf(frame, access.address, address) }];
  });
  const holds = (at: Addr, size: number): boolean =>
    typeof target === 'bigint' && target >= at && target < at + BigInt(Math.max(1, size));
  const printed = frame.context.prog.arch.printedAddress ?? ((at: Addr) => at);
  const covers = ({ address, access: { size } }: FaultOperand): boolean =>
    holds(address, size) || holds(printed(address), size);
  const stated = found.find(covers);
  if (stated) return stated;
  if (target === 'mapped') return found.length === 1 ? found[0] : undefined;
  return found.find((o) => !isMapped(frame, o.address));
}

export function isMapped(frame: FaultFrame, at: Addr): boolean {
  return typeof frame.context.prog.memory.translate(at) !== 'string';
}

/** Of several values that are added up the one that is no good address; the pointer, when all could be. */
function baseOf(frame: FaultFrame, address: Term, at: Addr): Pick<FaultOperand, 'base' | 'indexed'> {
  const { origins, index } = frame;
  const whole = origins.ofTerm(address, index);
  if (address.kind !== 'sum' || whole.origin.kind !== 'computed') return { base: whole };
  const parts: Part[] = [];
  let distance = 0n;
  const collect = (term: Term, scale: bigint): void => {
    if (term.kind === 'sum') {
      collect(term.left, scale);
      collect(term.right, scale);
    } else if (term.kind === 'operation') collect(term.left, scale * factorOf(term));
    else if (term.kind === 'constant') distance += term.value * scale;
    else {
      // what is cut or extended is named by what it is of
      const of = origins.ofTerm(term.kind === 'part' ? term.of : term, index);
      parts.push({ of, value: frame.evaluate(term, index), scale });
    }
  };
  collect(address, 1n);
  const good = parts.findIndex(({ value: v }) => v !== undefined && v >= 0x1000n && isMapped(frame, v));
  const array = parts[good]?.of;
  const other = parts[good === 0 ? 1 : 0];
  if (!array || !other) return { base: parts[0]?.of ?? whole };
  // memory that is there, but not for this; else a good pointer, and an index that leads out of what it points to
  if (isMapped(frame, at)) return { base: array };
  // constants that were added to the index are a distance from the array
  const { of, value, scale } = other;
  const from = plus(array, distance + of.addend * scale);
  return {
    base: of,
    indexed: { array: from, value: value === undefined ? undefined : BigInt.asUintN(64, value - of.addend) },
  };
}

interface Part {
  readonly of: Linear;
  readonly value: bigint | undefined;
  /** What it is multiplied with. */
  readonly scale: bigint;
}

function factorOf({ operation, right }: Extract<Term, { kind: 'operation' }>): bigint {
  if (right.kind !== 'constant') return 1n;
  if (operation === 'mul') return right.value;
  return operation === 'shl' ? 1n << (right.value & 63n) : 1n;
}
