import { perCpuOffset } from '../kernel/percpu.ts';
import type { FaultFrame } from './fault-frame.ts';
import type { Linear } from './origin.ts';
import type { Term } from './term.ts';

/** An address that is the sum of several values. */
export interface AddressParts {
  /** The pointer among them; its constant is part of `offset`. */
  readonly base: Linear;
  readonly offset: bigint;
  /** What the kernel adds for the CPU that runs is among them. */
  readonly perCpu: boolean;
  /** What the pointer is indexed with. */
  readonly index: Linear | undefined;
}

/** Takes a computed address apart; undefined when no part of it is a pointer. */
export function addressParts(frame: FaultFrame, address: Linear): AddressParts | undefined {
  const { term, index } = address.origin;
  if (term?.kind !== 'sum') return undefined;
  const pointers: Linear[] = [];
  let factor: Linear | undefined;
  let perCpu = false;
  let offset = address.addend;
  const collect = (part: Term): void => {
    if (part.kind === 'sum') {
      collect(part.left);
      collect(part.right);
      return;
    }
    if (part.kind === 'operation') {
      factor ??= frame.origins.ofTerm(part.left, index, address.origin.place);
      return;
    }
    const value = frame.origins.ofTerm(part, index, `${address.origin.place}+`);
    if (value.origin.kind === 'constant') offset += value.addend;
    else if (isThisCpu(frame, value)) perCpu = true;
    else pointers.push(value);
  };
  collect(term);
  const [base, ...others] = pointers.sort((a, b) => likeness(frame, b) - likeness(frame, a));
  if (!base || others.length > 1) return undefined;
  return {
    base: { origin: base.origin, addend: 0n },
    offset: BigInt.asIntN(64, offset + base.addend),
    perCpu,
    index: others[0] ?? factor,
  };
}

function isThisCpu(frame: FaultFrame, value: Linear): boolean {
  if (value.origin.term?.kind === 'this-cpu' && value.addend === 0n) return true;
  const { prog, cpu } = frame.context;
  const offset = cpu === undefined ? 0n : (frame.attempt(() => perCpuOffset(prog, cpu)) ?? 0n);
  return offset !== 0n && frame.value(value) === offset;
}

/** A mapped address is more like a pointer than what is not known, and that more than a small number. */
function likeness(frame: FaultFrame, part: Linear): number {
  const value = frame.value(part);
  if (value === undefined) return 1;
  if (value < 0x10000n) return 0;
  return typeof frame.context.prog.memory.translate(value) === 'string' ? 1 : 2;
}
