import type { Addr } from '../base/units.ts';
import type { FunctionCode } from './function-code.ts';
import { type JumpSearch, leavingJumps, type Registers } from './jump-path.ts';
import { originsOf } from './origins.ts';

/** Ways from one function that are told apart. */
const MAX_WAYS = 16;

/**
 * What registers must hold when a function is entered, so that jumps lead from it to the wanted place with the values that
 * it had there: one set of values a way, as far as they are copied or have constants added. Told once a function, since the
 * functions at the end of such ways are the same for all that are tried.
 */
export class JumpNeeds {
  readonly #search: JumpSearch;
  readonly #known = new Map<string, readonly Registers[] | undefined>();

  constructor(search: JumpSearch) {
    this.#search = search;
  }

  /** False when no way of at most so many jumps agrees with what is known on entry. */
  fits(code: FunctionCode, entry: Registers, jumps: number): boolean {
    const ways = this.#of(code, jumps);
    return !ways || ways.some((way) => [...way].every(([name, value]) => (entry.get(name) ?? value) === value));
  }

  /** Undefined where there are too many ways to tell. */
  #of(code: FunctionCode, jumps: number): readonly Registers[] | undefined {
    const key = `${jumps} ${code.symbol.address}`;
    if (!this.#known.has(key)) this.#known.set(key, this.#find(code, jumps));
    return this.#known.get(key);
  }

  #find(code: FunctionCode, jumps: number): readonly Registers[] | undefined {
    const ways = new Map<string, Registers>();
    for (const index of leavingJumps(code)) {
      const callee = code.callee(index);
      if (!callee) continue;
      if (!('address' in callee)) return undefined;
      const needs = this.#at(callee.address, jumps - 1);
      if (!needs) return undefined;
      for (const need of needs) {
        const way = before(code, index, need);
        if (way) ways.set([...way].sort().join(), way);
      }
      if (ways.size > MAX_WAYS) return undefined;
    }
    return [...ways.values()];
  }

  /** What is needed where a jump leads. */
  #at(target: Addr, jumps: number): readonly Registers[] | undefined {
    const { wanted, after, mayLead, codeAt } = this.#search;
    if (target === wanted) return [after];
    if (jumps <= 0 || mayLead?.(target, jumps) === false) return [];
    const code = codeAt(target);
    return code ? this.#of(code, jumps) : [];
  }
}

/** What is needed on entry, by what is needed at a jump; undefined when the function itself puts something else there. */
function before(code: FunctionCode, index: number, needed: Registers): Registers | undefined {
  const way = new Map<string, bigint>();
  const origins = originsOf(code);
  for (const [name, value] of needed) {
    if (!code.machine.arguments.includes(name)) continue;
    const { origin, addend } = origins.of(name, index);
    if (origin.kind === 'constant' && addend !== value) return undefined;
    if (origin.kind !== 'entry' || typeof origin.place !== 'string') continue;
    const needs = BigInt.asUintN(64, value - addend);
    if ((way.get(origin.place) ?? needs) !== needs) return undefined;
    way.set(origin.place, needs);
  }
  return way;
}
