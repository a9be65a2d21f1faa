import type { FunctionCode } from './function-code.ts';
import { isSame, type Linear, linearConstant, type Origin, type Place, plus, STACK } from './origin.ts';
import { type StackDepth, stackDepths, stackOffset } from './stack-depth.ts';
import { constantResult, type Term } from './term.ts';

/** Instructions that are looked at for one question, and definitions that one value may have. */
const MAX_VISITED = 40_000;
const MAX_DEFINITIONS = 8;
const ENTRY = -1;
/** What is known of an instruction and a place; 0 is nothing. */
const KEEPS = 1;
const WRITES = 2;
/** Bytes of a local variable whose address is passed on. */
const LARGEST_LOCAL = 256;
/** Of a table of addresses, to either side of where its register points. */
const TABLE_REACH = 0x8000n;
/** Instructions in which a function saves registers. */
const PROLOGUE = 64;

const made = new WeakMap<FunctionCode, Origins>();

/** The origins in a function, which are the same for all frames that are in it. */
export function originsOf(code: FunctionCode): Origins {
  const known = made.get(code);
  if (known) return known;
  const origins = new Origins(code);
  made.set(code, origins);
  return origins;
}

/** Where the values of one function come from, by the instructions that reach each place. */
export class Origins {
  readonly code: FunctionCode;
  readonly #depths: readonly (StackDepth | undefined)[];
  /** By place and instruction. */
  readonly #known = new Map<Place, Map<number, Linear>>();
  readonly #open = new Set<string>();
  /** By place what each instruction does to it, as far as that was asked. */
  readonly #writes = new Map<Place, Uint8Array>();
  /** Stack addresses that the code takes. */
  #taken: readonly number[] | undefined;

  constructor(code: FunctionCode) {
    this.code = code;
    this.#depths = stackDepths(code);
  }

  depth(index: number): StackDepth {
    return this.#depths[index] ?? { sp: undefined, fp: undefined };
  }

  /** The value of a place before the instruction at `index`. */
  of(place: Place, index: number): Linear {
    const { machine } = this.code;
    const depth = this.depth(index);
    if (place === machine.stackPointer && depth.sp !== undefined)
      return plus({ origin: STACK, addend: 0n }, BigInt(depth.sp));
    if (place === machine.framePointer && depth.fp !== undefined)
      return plus({ origin: STACK, addend: 0n }, BigInt(depth.fp));
    const ofPlace = this.#ofPlace(place);
    const known = ofPlace.get(index);
    if (known) return known;
    const key = `${index}:${place}`;
    if (this.#open.has(key)) return { origin: lost(index, place, 'loop'), addend: 0n };
    this.#open.add(key);
    const found = this.#search(place, index);
    this.#open.delete(key);
    if (this.#open.size === 0 || !this.#isLoop(found)) ofPlace.set(index, found);
    return found;
  }

  #ofPlace(place: Place): Map<number, Linear> {
    const known = this.#known.get(place);
    if (known) return known;
    const made = new Map<number, Linear>();
    this.#known.set(place, made);
    return made;
  }

  #isLoop({ origin }: Linear): boolean {
    return origin.kind === 'merged' || origin.key.startsWith('loop');
  }

  #search(place: Place, index: number): Linear {
    const definitions = this.definitions(place, index);
    if (definitions === undefined) return { origin: lost(index, place, 'many'), addend: 0n };
    const values = definitions.map((at) => this.definedAt(at, place));
    const first = values.map((v, i) => values.findIndex((o) => isSame(o, v)) === i);
    const of = values.filter((_, i) => first[i]);
    if (of.length === 1) return of[0] as Linear;
    const at = definitions.filter((_, i) => first[i]);
    const key = `merged:${place}:${definitions.join(',')}`;
    return { origin: { key, kind: 'merged', index, place, of, at }, addend: 0n };
  }

  /**
   * The instructions that may have been the last to write a place before `index`, -1 for what the caller left there;
   * undefined when there are too many. @param possible whether control can have passed from one instruction to the next
   */
  definitions(
    place: Place,
    index: number,
    possible?: (from: number, to: number) => boolean,
  ): readonly number[] | undefined {
    const { before } = this.code;
    const found: number[] = [];
    const seen = new Uint8Array(before.length);
    let visited = 0;
    const waiting = [index];
    for (let i = waiting.pop(); i !== undefined; i = waiting.pop()) {
      if (i === 0 && !found.includes(ENTRY)) found.push(ENTRY);
      const comesFrom = before[i] ?? [];
      for (let n = 0; n < comesFrom.length; n++) {
        const from = comesFrom[n] as number;
        if (seen[from] === 1 || (possible && !possible(from, i))) continue;
        seen[from] = 1;
        visited++;
        if (this.writes(from, place)) found.push(from);
        else waiting.push(from);
      }
      if (visited > MAX_VISITED || found.length > MAX_DEFINITIONS) return undefined;
    }
    return found.length === 0 ? undefined : found.sort((a, b) => a - b);
  }

  /** Whether the instruction may change the place. */
  writes(index: number, place: Place): boolean {
    let known = this.#writes.get(place);
    if (!known) {
      known = new Uint8Array(this.code.instructions.length);
      this.#writes.set(place, known);
    }
    // what a call is given may hang on what is being looked at: such an answer is not kept
    if (this.#open.size > 0 && typeof place === 'number') return this.#mayWrite(index, place);
    if (known[index] === 0) known[index] = this.#mayWrite(index, place) ? WRITES : KEEPS;
    return known[index] === WRITES;
  }

  #mayWrite(index: number, place: Place): boolean {
    const { machine } = this.code;
    if (typeof place === 'string') {
      if (this.code.isCall(index) && !machine.preserved.includes(place)) return true;
      return this.code.effects(index).some((e) => e.to.kind === 'register' && e.to.name === place);
    }
    if (this.#fills(index, place)) return true;
    return this.code.effects(index).some((e) => {
      if (e.to.kind !== 'memory') return false;
      const at = this.slot(e.to.address, index);
      return at !== undefined && at < place + 8 && at + Math.max(1, e.to.size) > place;
    });
  }

  /** Whether a call or string instruction is given an address on the stack at, or not far below, which the slot lies. */
  #fills(index: number, slot: number): boolean {
    const string = this.code.machine.fills(this.code.at(index));
    if (string === undefined && !this.code.isCall(index)) return false;
    this.#taken ??= takenSlots(this);
    if (!this.#taken.some((at) => at <= slot && slot < at + LARGEST_LOCAL)) return false;
    if (this.#saved(slot)) return false;
    const given = string === undefined ? this.code.machine.arguments : [string];
    return given.some((name) => {
      const { origin, addend } = this.of(name, index);
      const at = origin === STACK ? Number(BigInt.asIntN(64, addend)) : undefined;
      return at !== undefined && at <= slot && slot < at + LARGEST_LOCAL;
    });
  }

  /** Whether the slot is where the function keeps a register of its caller. */
  #saved(slot: number): boolean {
    const { machine } = this.code;
    for (let i = 0; i < Math.min(this.code.instructions.length, PROLOGUE); i++) {
      for (const { to, from } of this.code.effects(i)) {
        if (to.kind !== 'memory' || this.slot(to.address, i) !== slot || from.kind !== 'register') continue;
        if (machine.preserved.includes(from.name) || from.name === machine.link) return true;
      }
    }
    return false;
  }

  /** As `stackPlace`, of what is written as stack or frame pointer and an offset: as stores to the stack are. */
  slot(address: Term, index: number): number | undefined {
    return stackOffset(this.code, address, this.depth(index));
  }

  /** Distance of an address from the stack pointer on entry, when it is one on the function's stack. */
  stackPlace(address: Term, index: number): number | undefined {
    if (address.kind === 'memory') return undefined;
    if (address.kind === 'register' || (address.kind === 'sum' && address.right.kind === 'constant')) {
      const { origin, addend } = this.ofTerm(address, index);
      return origin === STACK ? Number(BigInt.asIntN(64, addend)) : undefined;
    }
    return undefined;
  }

  /** The value that a definition gives a place. */
  definedAt(index: number, place: Place): Linear {
    if (index === ENTRY) {
      const key = `entry:${place}`;
      return { origin: { key, kind: 'entry', index, place }, addend: 0n };
    }
    if (this.code.isCall(index)) {
      if (place !== this.code.machine.result) return { origin: lost(index, place, 'call'), addend: 0n };
      return { origin: { key: `${index}:${place}`, kind: 'call', index, place }, addend: 0n };
    }
    for (const { to, from } of this.code.effects(index)) {
      if (to.kind === 'register' ? to.name !== place : this.slot(to.address, index) !== place) continue;
      if (to.kind === 'memory' && to.size !== 8) continue;
      return this.ofTerm(from, index, place);
    }
    return { origin: lost(index, place, 'part'), addend: 0n };
  }

  /** The value of a term at an instruction. @param place what it is written to */
  ofTerm(term: Term, index: number, place: Place = ''): Linear {
    switch (term.kind) {
      case 'constant':
        return linearConstant(term.value);
      case 'register':
        return this.of(term.name, index);
      case 'sum':
        return this.#ofSum(term, index, place);
      case 'memory': {
        const slot = term.size === 8 ? this.stackPlace(term.address, index) : undefined;
        if (slot !== undefined) return this.of(slot, index);
        const listed = term.size === 8 ? this.#listed(term.address, index) : undefined;
        if (listed !== undefined) return linearConstant(listed);
        return { origin: { key: `${index}:${place}`, kind: 'load', index, place, term }, addend: 0n };
      }
      case 'current':
      case 'this-cpu':
        return { origin: { key: term.kind, kind: 'computed', index, place, term }, addend: 0n };
      case 'choice':
        return this.#ofChoice(term.of, index, place);
      case 'operation':
      case 'part':
        return this.#ofComputed(term, index, place);
      case 'unknown':
        return { origin: lost(index, place, 'unknown'), addend: 0n };
    }
  }

  /** A constant where it is computed of constants, as those are that instructions make piece by piece. */
  #ofComputed(term: Extract<Term, { kind: 'operation' | 'part' }>, index: number, place: Place): Linear {
    const value = constantResult(term, (of, side) => this.#constant(of, index, `${place}${side}`));
    if (value !== undefined) return linearConstant(value);
    return { origin: { key: `${term.kind}:${index}:${place}`, kind: 'computed', index, place, term }, addend: 0n };
  }

  #constant(term: Term, index: number, place: Place): bigint | undefined {
    if (term.kind === 'memory') return undefined;
    const { origin, addend } = this.ofTerm(term, index, place);
    return origin.kind === 'constant' ? addend : undefined;
  }

  /** What the table of addresses holds at an address that is computed from the table's own. */
  #listed(address: Term, index: number): bigint | undefined {
    const { addressTable } = this.code.machine;
    if (addressTable === undefined) return undefined;
    const at = this.ofTerm(address, index);
    const table = at.origin.kind === 'constant' ? this.of(addressTable, index) : undefined;
    if (table?.origin.kind !== 'constant') return undefined;
    const distance = at.addend - table.addend;
    return distance >= -TABLE_REACH && distance < TABLE_REACH ? this.code.listedAddress(at.addend) : undefined;
  }

  #ofSum(term: Extract<Term, { kind: 'sum' }>, index: number, place: Place): Linear {
    const left = this.ofTerm(term.left, index, `${place}l`);
    const right = this.ofTerm(term.right, index, `${place}r`);
    if (right.origin.kind === 'constant') return plus(left, right.addend);
    if (left.origin.kind === 'constant') return plus(right, left.addend);
    return { origin: { key: `${index}:${place}`, kind: 'computed', index, place, term }, addend: 0n };
  }

  #ofChoice(of: readonly Term[], index: number, place: Place): Linear {
    const values = of.map((term, i) => this.ofTerm(term, index, `${place}${i}`));
    const [first] = values;
    if (first && values.every((v) => isSame(v, first))) return first;
    return { origin: { key: `${index}:${place}`, kind: 'merged', index, place, of: values }, addend: 0n };
  }
}

function takenSlots(origins: Origins): number[] {
  const { code } = origins;
  const { stackPointer, framePointer } = code.machine;
  const found = new Set<number>();
  for (let i = 0; i < code.instructions.length; i++) {
    for (const { to, from } of code.effects(i)) {
      if (to.kind !== 'register' || to.name === stackPointer || to.name === framePointer) continue;
      const at = origins.slot(from, i);
      if (at !== undefined) found.add(at);
    }
  }
  return [...found];
}

function lost(index: number, place: Place, why: string): Origin {
  return { key: `${why}:${index}:${place}`, kind: 'lost', index, place };
}
