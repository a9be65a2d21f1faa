import { MemoryFault } from '../base/errors.ts';
import type { Addr, Bytes } from '../base/units.ts';
import { readCode } from '../disasm/code-range.ts';
import type { KernelSymbol } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { nameAt } from './function-code.ts';
import type { Exits, Machine } from './machine.ts';
import { throughVeneers } from './through-veneers.ts';

/** Longer functions are not read for it. */
const MAX_SIZE: Bytes = 0x4000;

/**
 * Whether jumps may lead from a function to a place, told from its bytes alone: to decode hundreds of functions in vain
 * takes long. "Yes" wherever it cannot be told.
 */
export class JumpReach {
  readonly #prog: Program;
  readonly #machine: Machine;
  readonly #wanted: Addr;
  readonly #exits = new Map<Addr, Exits | undefined>();

  constructor(prog: Program, machine: Machine, wanted: Addr) {
    this.#prog = prog;
    this.#machine = machine;
    this.#wanted = wanted;
  }

  /** @param start where a function begins @param jumps at most so many */
  may(start: Addr, jumps: number): boolean {
    let level = [start];
    const seen = new Set<Addr>(level);
    for (let depth = 0; depth < jumps; depth++) {
      const next: Addr[] = [];
      for (const at of level) {
        const exits = this.#exitsOf(at);
        if (!exits || exits.indirect || exits.targets.includes(this.#wanted)) return true;
        for (const target of exits.targets) {
          if (!seen.has(target)) next.push(target);
          seen.add(target);
        }
      }
      level = next;
    }
    return false;
  }

  /** Undefined when they cannot be told. */
  #exitsOf(start: Addr): Exits | undefined {
    if (!this.#exits.has(start)) this.#exits.set(start, this.#read(start));
    return this.#exits.get(start);
  }

  #read(start: Addr): Exits | undefined {
    const symbol = this.#prog.symbolAt(start);
    const own = symbol && this.#ofSymbol(symbol);
    if (!symbol || !own) return undefined;
    const targets: Addr[] = [];
    let { indirect } = own;
    for (const left of own.targets) {
      const target = throughVeneers(this.#prog, this.#machine, left);
      const other = this.#prog.symbolAt(target);
      if (other?.name.startsWith(`${symbol.name}.cold`)) {
        // The cold part belongs to the function, and jumps on from there.
        const more = this.#ofSymbol(other);
        if (!more) return undefined;
        indirect ||= more.indirect;
        targets.push(...more.targets);
      } else if (other?.address === target) targets.push(target);
    }
    return { targets, indirect };
  }

  #ofSymbol({ address, size }: KernelSymbol): Exits | undefined {
    if (size <= 0 || size > MAX_SIZE) return undefined;
    try {
      const { bytes } = readCode(this.#prog.memory, address, size);
      return this.#machine.exits(bytes, address, (at) => nameAt(this.#prog, at));
    } catch (e) {
      if (e instanceof MemoryFault) return undefined;
      throw e;
    }
  }
}
