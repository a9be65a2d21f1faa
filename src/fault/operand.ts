import type { Addr } from '../base/units.ts';
import type { FaultFrame } from './fault-frame.ts';
import type { Access } from './machine.ts';
import type { Linear } from './origin.ts';
import type { Term } from './term.ts';

/** The access that failed. */
export interface FaultOperand {
  readonly access: Access;
  readonly address: Addr;
  /** The value that the address was made from: what is wrong with it is wrong with the address. */
  readonly base: Linear;
}

/** The access of the trapped instruction that cannot be done. @param target where the CPU says that it was */
export function faultOperand(frame: FaultFrame, target: Addr | undefined): FaultOperand | undefined {
  const { code, index } = frame;
  const found = code.machine.accesses(code.at(index)).flatMap((access) => {
    const address = frame.evaluate(access.address, index);
    return address === undefined ? [] : [{ access, address, base: baseOf(frame, access.address) }];
  });
  const covers = (o: FaultOperand): boolean =>
    target !== undefined && target >= o.address && target < o.address + BigInt(Math.max(1, o.access.size));
  const stated = found.find(covers);
  if (stated) return stated;
  return found.find((o) => !isMapped(frame, o.address));
}

export function isMapped(frame: FaultFrame, at: Addr): boolean {
  return typeof frame.context.prog.memory.translate(at) !== 'string';
}

/** Of several values that are added up the one that is no good address; the pointer, when all could be. */
function baseOf(frame: FaultFrame, address: Term): Linear {
  const { origins, index } = frame;
  const whole = origins.ofTerm(address, index);
  if (address.kind !== 'sum' || whole.origin.kind !== 'computed') return whole;
  const parts: Linear[] = [];
  const collect = (term: Term): void => {
    if (term.kind === 'sum') {
      collect(term.left);
      collect(term.right);
    } else if (term.kind === 'operation') collect(term.left);
    else if (term.kind !== 'constant') parts.push(origins.ofTerm(term, index));
  };
  collect(address);
  const values = parts.map((p) => frame.value(p));
  const good = values.findIndex((v) => v !== undefined && v >= 0x1000n && isMapped(frame, v));
  // a good pointer and an index: the index leads out of it
  if (good >= 0) return parts[good === 0 ? 1 : 0] ?? whole;
  return parts[0] ?? whole;
}
