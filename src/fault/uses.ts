import type { Bytes } from '../base/units.ts';
import type { CType } from '../types/c-type.ts';
import type { FaultFrame } from './fault-frame.ts';
import { isSame, type Linear } from './origin.ts';
import { parametersOf } from './parameters.ts';

/** Instructions around the frame's own that are looked at. */
const AROUND = 96;

/** What the code does with a value. */
export interface Uses {
  /** Types of parameters that it is passed as, or compared with. */
  readonly types: readonly CType[];
  /** A member that is read or written through it. */
  readonly member: { readonly offset: Bytes; readonly size: Bytes } | undefined;
}

/** What the code around a frame's place takes a value for. */
export function usesOf(frame: FaultFrame, value: Linear): Uses {
  const types: CType[] = [];
  let member: Uses['member'];
  const { code } = frame;
  const first = Math.max(0, frame.index - AROUND);
  const last = Math.min(code.instructions.length, frame.index + AROUND);
  for (let i = first; i < last; i++) {
    if (code.at(i).flow === 'call') types.push(...passedAs(frame, i, value));
    else if (/^cmp/.test(code.at(i).mnemonic)) types.push(...comparedWith(frame, i, value));
    else member ??= accessedAs(frame, i, value);
  }
  return { types, member };
}

function passedAs(frame: FaultFrame, i: number, value: Linear): CType[] {
  const { code, origins } = frame;
  const callee = code.callee(i);
  const symbol = callee && 'address' in callee ? frame.context.prog.symbolAt(callee.address) : undefined;
  if (!symbol || !callee || !('address' in callee) || symbol.address !== callee.address) return [];
  const parameters = parametersOf(frame.context.prog, symbol);
  return parameters.flatMap((parameter, n) => {
    const place = code.machine.arguments[n];
    return place !== undefined && isSame(origins.of(place, i), value) ? [parameter.type] : [];
  });
}

/** Values of different types are not compared. */
function comparedWith(frame: FaultFrame, i: number, value: Linear): CType[] {
  const { code, origins } = frame;
  const sides = code.at(i).operands.map((operand) => {
    const name = operand.kind === 'register' ? code.machine.wholeRegister(operand.register) : undefined;
    return name === undefined ? undefined : origins.of(name, i);
  });
  const other = sides.findIndex((s) => s && isSame(s, value));
  const against = other < 0 ? undefined : sides[1 - other];
  if (against?.origin.kind !== 'entry' || against.addend !== 0n) return [];
  const { place } = against.origin;
  const n = typeof place === 'string' ? code.machine.arguments.indexOf(place) : -1;
  const parameter = parametersOf(frame.context.prog, code.symbol)[n];
  return parameter ? [parameter.type] : [];
}

function accessedAs(frame: FaultFrame, i: number, value: Linear): Uses['member'] {
  const { code, origins } = frame;
  for (const access of code.machine.accesses(code.at(i))) {
    if (origins.slot(access.address, i) !== undefined) continue;
    const at = origins.ofTerm(access.address, i);
    if (at.origin.key !== value.origin.key) continue;
    const offset = Number(BigInt.asIntN(64, at.addend - value.addend));
    if (offset >= 0 && access.size > 0) return { offset, size: access.size };
  }
  return undefined;
}
