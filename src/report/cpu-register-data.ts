import { hex64 } from '../base/hex.ts';
import { cpuRegisters } from '../kernel/cpu-registers.ts';
import { presentCpus } from '../kernel/percpu.ts';
import type { Program } from '../program/program.ts';
import { machineRegisters, registerLines } from './register-lines.ts';
import { arrayOf, hexString, integer, nullable, object, optional, record, type Schema, string } from './schema.ts';
import { symbolsOfRegisters } from './task-stack.ts';

/** The registers of a CPU; null when the dump does not have them. */
export interface CpuRegisterData {
  readonly cpu: number;
  readonly registers: Readonly<Record<string, string>> | null;
  /** `symbol+offset` of registers that hold code addresses. */
  readonly registerSymbols?: Readonly<Record<string, string>>;
}

export const cpuRegistersSchema: Schema = arrayOf(
  'The registers of each CPU when the dump was made (`-r`).',
  object('A CPU.', {
    cpu: integer('Its number.'),
    registers: nullable(record('By name; null when the dump does not have them.', hexString('Value.'))),
    registerSymbols: optional(record('What a register points to, by its name.', string('`symbol+offset`.'))),
  }),
);

export function cpuRegisterData(prog: Program): CpuRegisterData[] {
  return presentCpus(prog).map((cpu) => {
    const values = cpuRegisters(prog, cpu);
    const named = prog.arch.registers.flatMap((name, i): [string, string][] => {
      const value = values?.[i];
      return value === undefined ? [] : [[name, hex64(value)]];
    });
    if (!values) return { cpu, registers: null };
    const registers = machineRegisters(Object.fromEntries(named), 'registers');
    const registerSymbols = symbolsOfRegisters(prog, registers);
    return { cpu, registers, ...(Object.keys(registerSymbols).length > 0 && { registerSymbols }) };
  });
}

export function* cpuRegisterLines(cpus: readonly CpuRegisterData[]): Iterable<string> {
  for (const [i, { cpu, registers, registerSymbols }] of cpus.entries()) {
    if (i > 0) yield '';
    yield `CPU ${cpu}:`;
    if (registers) yield* registerLines(registers, false, registerSymbols);
    else yield '    (the dump does not have its registers)';
  }
}
