import type { FaultPointer } from './chain.ts';
import type { FaultFrame } from './fault-frame.ts';
import { pointedStruct } from './member-at.ts';
import { Typer } from './typer.ts';

/** Values below are no addresses of a kernel. */
const LOWEST = 0x10000n;

/** Adds a pointer that is not there; of two with one value the one whose type says more stays. */
export function addPointer(pointers: FaultPointer[], pointer: FaultPointer): void {
  const at = pointers.findIndex((p) => p.value === pointer.value);
  const known = pointers[at];
  if (!known) pointers.push(pointer);
  else if (pointedStruct(pointer.type) && !pointedStruct(known.type)) pointers[at] = pointer;
}

/** With what the registers at the fault point to, as far as it is in the dump. */
export function withRegisters(pointers: readonly FaultPointer[], frame: FaultFrame): readonly FaultPointer[] {
  const found = [...pointers];
  const typer = new Typer(frame);
  const { machine, symbol } = frame.code;
  for (const register of frame.context.prog.arch.registers) {
    const place = machine.wholeRegister(register);
    if (place === undefined || place === machine.stackPointer) continue;
    const held = frame.origins.of(place, frame.index);
    const value = frame.registers.get(place);
    if (value === undefined || value < LOWEST || held.origin.kind === 'stack') continue;
    if (typeof frame.context.prog.memory.translate(value) === 'string') continue;
    const { text, type } = typer.name(held);
    addPointer(found, { value, expression: text, function: symbol.name, ...(type && { type }) });
  }
  return found;
}
