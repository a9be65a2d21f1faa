import { MemoryFault } from '../base/errors.ts';
import type { Addr } from '../base/units.ts';
import { decodeCode, readCode } from '../disasm/code-range.ts';
import type { Instruction } from '../program/instruction.ts';
import type { KernelSymbol } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import type { Effect, Flow, Machine } from './machine.ts';
import { machines } from './machines.ts';
import { throughVeneers } from './through-veneers.ts';

/** Longer functions are not followed. */
const MAX_FUNCTION = 0x20000;
/** Parts of a function that the compiler moved elsewhere. */
const MAX_PARTS = 4;
const NO_EFFECTS: readonly Effect[] = [];

/** The machine code of one function, with the way control flows through it. */
export class FunctionCode {
  readonly symbol: KernelSymbol;
  readonly machine: Machine;
  readonly instructions: readonly Instruction[];
  /** Indices of the instructions that may come before each. */
  readonly before: readonly (readonly number[])[];
  readonly #index = new Map<Addr, number>();
  /** Instructions that go through a veneer, with the target that it leads to. */
  readonly #led = new Map<number, Instruction>();
  readonly #effects: (readonly Effect[])[] = [];
  readonly #flows: readonly Flow[];
  readonly #nameAt: (at: Addr) => string | undefined;
  readonly #prog: Program;

  constructor(prog: Program, symbol: KernelSymbol, machine: Machine, instructions: readonly Instruction[]) {
    this.symbol = symbol;
    this.machine = machine;
    this.instructions = instructions;
    this.#prog = prog;
    this.#nameAt = (at) => nameAt(prog, at);
    instructions.forEach((insn, i) => {
      this.#index.set(insn.address, i);
    });
    this.#followVeneers();
    this.#flows = instructions.map((insn, i) => machine.flow(this.#led.get(i) ?? insn, this.#nameAt));
    this.before = this.#predecessors();
  }

  #followVeneers(): void {
    this.instructions.forEach((insn, i) => {
      if (insn.target === undefined || this.#index.has(insn.target)) return;
      const target = throughVeneers(this.#prog, this.machine, insn.target);
      if (target !== insn.target) this.#led.set(i, { ...insn, target });
    });
  }

  #predecessors(): number[][] {
    const before: number[][] = this.instructions.map(() => []);
    this.#flows.forEach((flow, i) => {
      const insn = this.instructions[i] as Instruction;
      const next = flow.falls ? this.#index.get(insn.address + BigInt(insn.size)) : undefined;
      if (next !== undefined) before[next]?.push(i);
      const target = flow.target === undefined ? undefined : this.#index.get(flow.target);
      if (target !== undefined && target !== next) before[target]?.push(i);
    });
    return before;
  }

  indexOf(address: Addr): number | undefined {
    return this.#index.get(address);
  }

  /** The instruction that ends at `address`: the call that returns there. */
  indexBefore(address: Addr): number | undefined {
    for (let size = 1; size <= 16; size++) {
      const i = this.#index.get(address - BigInt(size));
      if (i !== undefined) return (this.instructions[i] as Instruction).size === size ? i : undefined;
    }
    return undefined;
  }

  at(i: number): Instruction {
    return this.instructions[i] as Instruction;
  }

  flow(i: number): Flow {
    return this.#flows[i] as Flow;
  }

  effects(i: number): readonly Effect[] {
    const known = this.#effects[i];
    if (known) return known;
    const insn = this.instructions[i];
    const found = insn ? this.machine.effects(insn) : NO_EFFECTS;
    this.#effects[i] = found;
    return found;
  }

  /** A call that may change the registers that callees may change. */
  isCall(i: number): boolean {
    const insn = this.#led.get(i) ?? this.instructions[i];
    return insn?.flow === 'call' && !this.machine.keepsRegisters(insn, this.#nameAt);
  }

  /** What a word of a table of addresses holds: no variable begins there, and it leads to something that has a name. */
  listedAddress(at: Addr): Addr | undefined {
    const { memory } = this.#prog;
    if (this.#nameAt(at) !== undefined) return undefined;
    const word = new Uint8Array(8);
    if (memory.tryRead(at, word) !== undefined) return undefined;
    const address = new DataView(word.buffer).getBigUint64(0, memory.littleEndian);
    return this.#prog.symbolAt(address) ? address : undefined;
  }

  callee(i: number) {
    return this.machine.callee(this.#led.get(i) ?? this.at(i), this.#nameAt);
  }

  /** Where an instruction leads by way of a veneer; undefined when it goes through none. */
  veneerTarget(i: number): Addr | undefined {
    return this.#led.get(i)?.target;
  }
}

/** The name of the function that begins at an address. */
export function nameAt(prog: Program, at: Addr): string | undefined {
  const symbol = prog.symbolAt(at);
  return symbol && symbol.address === at ? symbol.name : undefined;
}

/**
 * The function that holds `pc`, with the cold part that compilers split off. Undefined when its code cannot be read or is
 * not understood. A function is decoded from its beginning, since instructions cannot be found backwards.
 */
export function functionCode(prog: Program, pc: Addr): FunctionCode | undefined {
  const set = prog.arch.instructionSet;
  const machine = set && machines[set];
  const found = prog.symbolAt(pc);
  if (!machine || !prog.disassembler || !found) return undefined;
  const whole = wholeOf(prog, found);
  const symbol = whole ?? found;
  const instructions = [...(decoded(prog, symbol) ?? [])];
  if (instructions.length === 0) return undefined;
  for (const part of otherParts(prog, symbol, instructions, whole && found)) {
    instructions.push(...(decoded(prog, part) ?? []));
  }
  return new FunctionCode(prog, symbol, machine, instructions);
}

/** The function that a cold part was split off. */
function wholeOf(prog: Program, { name, module }: KernelSymbol): KernelSymbol | undefined {
  if (!/\.cold(?:\.\d+)?$/.test(name)) return undefined;
  const of = name.replace(/\.cold.*$/, '');
  if (module === undefined) return prog.findSymbol(of);
  const found = prog.findModuleSymbol(of);
  return found?.module === module ? found : undefined;
}

function decoded(prog: Program, symbol: KernelSymbol): readonly Instruction[] | undefined {
  const set = prog.arch.instructionSet;
  if (!set || !prog.disassembler || symbol.size <= 0 || symbol.size > MAX_FUNCTION) return undefined;
  try {
    return decodeCode(prog.disassembler, set, readCode(prog.memory, symbol.address, symbol.size), 0, Infinity);
  } catch (e) {
    if (e instanceof MemoryFault) return undefined;
    throw e;
  }
}

function otherParts(
  prog: Program,
  symbol: KernelSymbol,
  code: readonly Instruction[],
  known: KernelSymbol | undefined,
): KernelSymbol[] {
  const parts = new Map<Addr, KernelSymbol>();
  if (known) parts.set(known.address, known);
  const end = symbol.address + BigInt(symbol.size);
  const seen = new Set<Addr>();
  for (const { flow, target } of code) {
    if (flow !== 'jump' || target === undefined || (target >= symbol.address && target < end)) continue;
    if (seen.size > 64 || seen.has(target) || parts.size >= MAX_PARTS) continue;
    seen.add(target);
    const other = prog.symbolAt(target);
    if (other?.name.startsWith(`${symbol.name}.cold`)) parts.set(other.address, other);
  }
  return [...parts.values()];
}
