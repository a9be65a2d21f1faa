import type { Bytes } from '../base/units.ts';
import type { Instruction, Operand } from '../program/instruction.ts';
import type { Effect } from './machine.ts';
import { constant, operation, part, register, sum, type Term, UNKNOWN } from './term.ts';

export type Memory = Extract<Operand, { kind: 'memory' }>;

/** See `Machine.wholeRegister`. */
export function wholeRegister(name: string): string | undefined {
  if (name === 'fp') return 'x29';
  if (name === 'lr') return 'x30';
  if (name === 'sp' || name === 'wsp') return 'sp';
  const number = /^[xw](\d{1,2})$/.exec(name)?.[1];
  return number === undefined ? undefined : `x${number}`;
}

/** Bytes of a register by its name. */
export function sizeOf(name: string): Bytes {
  return /^w/.test(name) ? 4 : 8;
}

/** What a register holds. */
export function named(name: string): Term {
  if (/^[xw]zr$/.test(name)) return constant(0);
  const whole = wholeRegister(name);
  return whole === undefined ? UNKNOWN : part(register(whole), sizeOf(name));
}

/** What the text says is done to the last register operand: `lsl #3`, `uxtw #2`. */
export function extended(insn: Instruction, operand: Operand): Term {
  if (operand.kind === 'immediate') {
    const by = /, lsl #(\d+)$/.exec(insn.operandText)?.[1];
    return constant(operand.value << BigInt(by ?? 0));
  }
  if (operand.kind !== 'register') return UNKNOWN;
  return altered(named(operand.register), /, (\w+)(?: #(\d+))?$/.exec(insn.operandText));
}

/** A value shifted or extended. @param how the operation and by how much, as groups 1 and 2 */
export function altered(of: Term, how: RegExpExecArray | null): Term {
  const by = Number(how?.[2] ?? 0);
  switch (how?.[1]) {
    case 'lsl':
      return by === 0 ? of : operation('mul', of, constant(1n << BigInt(by)));
    case 'lsr':
      return operation('shr', of, constant(by));
    case 'asr':
      return operation('sar', of, constant(by));
    case 'ror':
      return UNKNOWN;
  }
  const extension = /^([us])xt([bhwx])$/.exec(how?.[1] ?? '');
  if (!extension) return of;
  const size = { b: 1, h: 2, w: 4, x: 8 }[extension[2] as 'b' | 'h' | 'w' | 'x'];
  const value = part(of.kind === 'part' ? of.of : of, size, extension[1] === 's');
  return by === 0 ? value : operation('mul', value, constant(1n << BigInt(by)));
}

/** The address before a write-back of the base, or with it when it comes first. */
export function addressOf(insn: Instruction, operand: Memory): Term {
  let address: Term = sum(named(operand.base ?? ''), constant(operand.displacement));
  if (operand.index !== undefined) {
    const how = /, (\w+)(?: #(\d+))?\]/.exec(insn.operandText);
    address = sum(address, altered(named(operand.index), how));
  }
  return address;
}

/** What a load or store leaves in its base register. */
export function writeBack(insn: Instruction, operand: Memory): Effect[] {
  const name = wholeRegister(operand.base ?? '');
  if (name === undefined) return [];
  if (/\]!/.test(insn.operandText)) return [{ to: { kind: 'register', name }, from: addressOf(insn, operand) }];
  const after = /\], #(-?(?:0x)?[0-9a-f]+)$/.exec(insn.operandText)?.[1];
  if (after === undefined) return [];
  const by = after.startsWith('-') ? -BigInt(after.slice(1)) : BigInt(after);
  return [{ to: { kind: 'register', name }, from: sum(register(name), constant(by)) }];
}

/** A value written to a register; of what is none, nothing. */
export function write(operand: Operand | undefined, from: Term): Effect[] {
  const name = operand?.kind === 'register' ? wholeRegister(operand.register) : undefined;
  if (name === undefined || operand?.kind !== 'register') return [];
  return [{ to: { kind: 'register', name }, from: part(from, sizeOf(operand.register)) }];
}
