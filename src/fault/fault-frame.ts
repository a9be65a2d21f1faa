import { AnalysisError } from '../base/errors.ts';
import type { Addr, Bytes } from '../base/units.ts';
import { pageMap } from '../kernel/page-map.ts';
import { perCpuOffset } from '../kernel/percpu.ts';
import type { RegisterValues } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import type { FunctionCode } from './function-code.ts';
import type { Linear, Origin, Place } from './origin.ts';
import { type Origins, originsOf } from './origins.ts';
import { pageSource } from './page-source.ts';
import { compute, type Term } from './term.ts';
import { holds, testOf } from './tests.ts';
import { passes, repeats } from './ways.ts';

/** What is known of the machine where the fault was. */
export interface FaultContext {
  readonly prog: Program;
  readonly cpu: number | undefined;
  /** `struct task_struct *` of what ran. */
  readonly task: Addr | undefined;
}

export interface FrameOptions {
  /** It is not on the stack: it jumped to the next function, as the last thing it did. */
  readonly jumped?: boolean;
  /** Registers that are known when the function was entered. */
  readonly entry?: ReadonlyMap<string, bigint>;
}

/** Terms inside terms, values of values. */
const MAX_DEPTH = 24;

/** One function on the way to the fault: at the instruction that trapped, or at the call (or jump) to the next. */
export class FaultFrame {
  readonly context: FaultContext;
  readonly code: FunctionCode;
  readonly index: number;
  readonly origins: Origins;
  /** Where the stack pointer was when the function was entered. */
  readonly entrySp: Addr | undefined;
  /** It is not on the stack: it jumped to the next function, as the last thing it did. */
  readonly jumped: boolean;
  /** What was given of the registers. */
  readonly registers: ReadonlyMap<string, bigint>;
  readonly #known = new Map<string, bigint>();
  readonly #fresh = new Map<string, boolean>();
  readonly #taken = new Map<number, boolean | 'open'>();
  #open = false;

  /** @param registers what is known of the registers before the instruction at `index` */
  constructor(
    context: FaultContext,
    code: FunctionCode,
    index: number,
    registers: ReadonlyMap<string, bigint>,
    { jumped = false, entry }: FrameOptions = {},
  ) {
    this.context = context;
    this.code = code;
    this.index = index;
    this.jumped = jumped;
    this.registers = registers;
    this.origins = originsOf(code);
    const sp = registers.get(code.machine.stackPointer);
    const depth = this.origins.depth(index).sp;
    this.entrySp = sp === undefined || depth === undefined ? undefined : BigInt.asUintN(64, sp - BigInt(depth));
    for (const [name, value] of registers) this.#note(name, value);
    this.#noteStack();
    for (const [name, value] of entry ?? []) {
      const key = `entry:${name}`;
      if (!this.#known.has(key)) this.#known.set(key, value);
    }
  }

  get address(): Addr {
    return this.code.at(this.index).address;
  }

  #note(place: Place, value: bigint): void {
    const { origin, addend } = this.origins.of(place, this.index);
    if (origin.kind === 'constant' || origin.kind === 'stack' || this.#known.has(origin.key)) return;
    this.#known.set(origin.key, BigInt.asUintN(64, value - addend));
  }

  /** Saved registers and spilled values are still on the stack. */
  #noteStack(): void {
    if (this.entrySp === undefined) return;
    const slots = new Set<number>();
    this.code.instructions.forEach((_, i) => {
      for (const { to } of this.code.effects(i)) {
        if (to.kind !== 'memory' || to.size !== 8) continue;
        const at = this.origins.slot(to.address, i);
        if (at !== undefined) slots.add(at);
      }
    });
    for (const slot of slots) {
      if (this.origins.definitions(slot, this.index)?.length !== 1) continue;
      const value = this.read(this.entrySp + BigInt(slot), 8);
      if (value !== undefined) this.#note(slot, value);
    }
  }

  /** What memory holds, unsigned; undefined when it is not there. */
  read(at: Addr, size: Bytes): bigint | undefined {
    const { memory } = this.context.prog;
    if (size !== 1 && size !== 2 && size !== 4 && size !== 8) return undefined;
    const bytes = new Uint8Array(8);
    if (memory.tryRead(BigInt.asUintN(64, at), bytes.subarray(0, size)) !== undefined) return undefined;
    const view = new DataView(bytes.buffer);
    const little = memory.littleEndian;
    if (size === 8) return view.getBigUint64(0, little);
    return BigInt(size === 4 ? view.getUint32(0, little) : size === 2 ? view.getUint16(0, little) : view.getUint8(0));
  }

  /** The value of a register or word of the stack on entry. */
  onEntry(place: Place): bigint | undefined {
    const known = this.#known.get(`entry:${place}`);
    if (known !== undefined || typeof place === 'string' || this.entrySp === undefined) return known;
    return this.read(this.entrySp + BigInt(place), 8);
  }

  /** Whether a register, the stack or both still hold what was made at this origin. */
  keeps(origin: Origin): boolean {
    return this.#known.has(origin.key);
  }

  /** The value, as registers and stack tell, else as memory is now. @param user index of the instruction that used it */
  value({ origin, addend }: Linear, user = this.index, depth = 0): bigint | undefined {
    const base = this.#valueOf(origin, user, depth);
    return base === undefined ? undefined : BigInt.asUintN(64, base + addend);
  }

  #valueOf(origin: Origin, user: number, depth: number): bigint | undefined {
    if (origin.kind === 'constant') return 0n;
    if (origin.kind === 'stack') return this.entrySp;
    const known = this.#known.get(origin.key);
    if (known !== undefined && this.#isLast(origin.index, user)) return known;
    if (depth > MAX_DEPTH) return undefined;
    if (origin.kind === 'entry') return this.onEntry(origin.place);
    if (origin.kind === 'call') return this.#returned(origin.index);
    if (origin.kind === 'merged') {
      const chosen = this.#byCondition(origin, depth) ?? this.#byWay(origin);
      if (chosen) return this.value(chosen, user, depth + 1);
      const values = this.#alternatives(origin, depth + 1);
      return values.every((v) => v === values[0]) ? values[0] : undefined;
    }
    return origin.term && this.evaluate(origin.term, origin.index, depth + 1);
  }

  /** What a call returned, where that is the same for every call. */
  #returned(index: number): bigint | undefined {
    const callee = this.code.callee(index);
    const { prog, cpu } = this.context;
    const name = callee && 'address' in callee ? prog.symbolAt(callee.address)?.name : undefined;
    // arm64 kernels that are built for debugging do not inline it
    return name === '__kern_my_cpu_offset' && cpu !== undefined ? perCpuOffset(prog, cpu) : undefined;
  }

  /** Which of several values it was, when the condition or the value that is left tells. @param known the value */
  chosen(origin: Origin, known?: bigint): Linear | undefined {
    const value = known ?? this.#known.get(origin.key);
    // memory that a condition goes by may have changed since: a constant that it was not is refused
    const told = [this.#byCondition(origin, 0), this.#byWay(origin)].find(
      (v) => v && (value === undefined || v.origin.kind !== 'constant' || v.addend === value),
    );
    if (told) return told;
    if (value === undefined) return undefined;
    const values = this.#alternatives(origin, 0);
    const equal = (origin.of ?? []).filter((_, i) => values[i] === value);
    const open = (origin.of ?? []).filter((_, i) => values[i] === undefined);
    if (equal[0]) return equal[0];
    return equal.length === 0 && open.length === 1 ? open[0] : undefined;
  }

  /** The values of what was merged, each where it was written; undefined for one that the caller left there. */
  #alternatives(origin: Origin, depth: number): (bigint | undefined)[] {
    return (origin.of ?? []).map((v, i) => {
      const at = origin.at?.[i] ?? origin.index;
      return this.value(v, at < 0 ? this.index : at, depth);
    });
  }

  /** Of values that come by several ways the one whose way can have been taken, by the tests on them. */
  #byWay(origin: Origin): Linear | undefined {
    if (!origin.key.startsWith('merged') || this.#open) return undefined;
    this.#open = true; // the tests themselves may go by merged values
    const left = this.origins.definitions(origin.place, origin.index, (from, to) => this.#canPass(from, to));
    this.#open = false;
    const [only] = left ?? [];
    return left?.length === 1 && only !== undefined ? this.origins.definedAt(only, origin.place) : undefined;
  }

  /** Whether the test of a jump, where it can be told and was made once, lets control pass. */
  #canPass(from: number, to: number): boolean {
    let taken = this.#taken.get(from);
    if (taken === undefined) {
      taken = this.code.machine.isConditional(this.code.at(from)) ? (this.#isTaken(from) ?? 'open') : 'open';
      this.#taken.set(from, taken);
    }
    if (taken === 'open') return true;
    const isTarget = this.code.flow(from).target === this.code.at(to).address;
    return isTarget === taken;
  }

  #isTaken(jump: number): boolean | undefined {
    const placed = testOf(this, jump);
    if (!placed || placed.test.only !== undefined || repeats(this.code, jump)) return undefined;
    const left = this.evaluate(placed.test.left, placed.index);
    const right = this.evaluate(placed.test.right, placed.index);
    return left === undefined || right === undefined ? undefined : holds(placed.test, left, right);
  }

  /** Of a conditional selection. */
  #byCondition(origin: Origin, depth: number): Linear | undefined {
    const [first, second] = origin.of ?? [];
    if (!first || !second || origin.of?.length !== 2 || origin.key.startsWith('merged')) return undefined;
    const placed = testOf(this, origin.index);
    if (!placed || placed.test.only !== undefined) return undefined;
    const left = this.evaluate(placed.test.left, placed.index, depth + 1);
    const right = this.evaluate(placed.test.right, placed.index, depth + 1);
    if (left === undefined || right === undefined) return undefined;
    return holds(placed.test, left, right) ? first : second;
  }

  /** The value of a term at an instruction that was executed on the way here. */
  evaluate(term: Term, index: number, depth = 0): bigint | undefined {
    if (depth > MAX_DEPTH) return undefined;
    const { prog, cpu, task } = this.context;
    const inner = (t: Term): bigint | undefined => this.evaluate(t, index, depth + 1);
    switch (term.kind) {
      case 'constant':
        return term.value;
      case 'register':
        return this.value(this.origins.of(term.name, index), index, depth + 1);
      case 'current':
        return task;
      case 'this-cpu':
        return cpu === undefined ? undefined : perCpuOffset(prog, cpu);
      case 'sum':
      case 'operation': {
        const left = inner(term.left);
        const right = inner(term.right);
        if (left === undefined || right === undefined) return undefined;
        return term.kind === 'sum' ? BigInt.asUintN(64, left + right) : compute(term.operation, left, right);
      }
      case 'part': {
        const of = inner(term.of);
        return of === undefined ? undefined : narrowed(of, term.size, term.signed);
      }
      case 'memory':
        return this.#load(term, index, depth);
      case 'choice':
      case 'unknown':
        return undefined;
    }
  }

  #load(term: Extract<Term, { kind: 'memory' }>, index: number, depth: number): bigint | undefined {
    const slot = term.size === 8 ? this.origins.stackPlace(term.address, index) : undefined;
    if (slot !== undefined) return this.value(this.origins.of(slot, index), index, depth + 1);
    const at = this.evaluate(term.address, index, depth + 1);
    const value = at === undefined ? undefined : this.read(at, term.size);
    return value === undefined ? undefined : narrowed(value, term.size, term.signed);
  }

  /** Of the address of a page descriptor that is computed from an address: that address. */
  pageSource(value: Linear): Linear | undefined {
    const { prog } = this.context;
    const page = this.value(value);
    const frame = page === undefined ? undefined : pageMap(prog)?.frameOf(page);
    return frame === undefined ? undefined : pageSource(this, value.origin, frame);
  }

  /** Every register whose value is known here, by the index of `Architecture.registers`. */
  registerValues(): RegisterValues {
    const { machine } = this.code;
    return this.context.prog.arch.registers.map((name, i) => {
      if (i === this.context.prog.arch.unwind?.pc) return this.address;
      const whole = machine.wholeRegister(name);
      return whole === undefined ? undefined : this.value(this.origins.of(whole, this.index));
    });
  }

  /** What reads a structure of the kernel that may be damaged. */
  attempt<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e;
      return undefined;
    }
  }

  /**
   * Whether the instruction `made` cannot have been executed again between the last time that `user` was and the fault: then
   * what a register holds now is what `user` had.
   */
  #isLast(made: number, user: number): boolean {
    if (made < 0 || user === this.index || made === user) return true;
    const key = `${made}:${user}`;
    let last = this.#fresh.get(key);
    if (last === undefined) {
      last = !passes(this.code, this.index, user, made);
      this.#fresh.set(key, last);
    }
    return last;
  }
}

function narrowed(value: bigint, size: Bytes, signed?: boolean): bigint {
  const bits = size * 8;
  return signed ? BigInt.asUintN(64, BigInt.asIntN(bits, value)) : BigInt.asUintN(bits, value);
}
