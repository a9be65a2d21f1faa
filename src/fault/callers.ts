import { perOwner } from '../base/lazy.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import type { Stack, StackFrame } from '../unwind/stack.ts';
import { type FaultContext, FaultFrame } from './fault-frame.ts';
import { type FunctionCode, functionCode } from './function-code.ts';
import { type JumpSearch, jumpPath, keptOnly, knownAt, type Registers } from './jump-path.ts';
import { type FoundCallback, lostCallback } from './lost-callback.ts';
import type { Callee, Machine } from './machine.ts';

/** Who called a function, and how sure that is. */
export interface Caller {
  readonly frame: FaultFrame;
  /**
   * `indirect`: the call went through a pointer whose value is not known any more. `lost`: what it called reached the
   * function by jumps that cannot be told.
   */
  readonly how: 'call' | 'jump' | 'indirect' | 'lost';
  /** There are several such jumps in the function that jumped, or it is found by what fits: this is not certain. */
  readonly several?: true;
}

/** Code of functions, and callbacks by the call that led there and what was given: several questions lead through the same ones. */
const knownOf = perOwner((_: Program) => ({
  codes: new Map<Addr, FunctionCode | undefined>(),
  callbacks: new Map<string, FoundCallback | undefined>(),
}));

/** The callers of functions, from code, registers and stack; the functions that a debugger's stack lacks among them. */
export class Callers {
  readonly #context: FaultContext;
  readonly #stack: Stack;
  readonly #codes: Map<Addr, FunctionCode | undefined>;
  readonly #found = new Map<FaultFrame, Caller | undefined>();
  readonly #callbacks: Map<string, FoundCallback | undefined>;

  constructor(context: FaultContext, stack: Stack) {
    this.#context = context;
    this.#stack = stack;
    const known = knownOf(context.prog);
    this.#codes = known.codes;
    this.#callbacks = known.callbacks;
  }

  code(pc: Addr): FunctionCode | undefined {
    const { prog } = this.#context;
    const start = prog.symbolAt(pc)?.address;
    if (start === undefined) return undefined;
    if (!this.#codes.has(start)) this.#codes.set(start, functionCode(prog, pc));
    return this.#codes.get(start);
  }

  /** The frame before `frame`; undefined when it is not known, or is not certainly the caller's. */
  of(frame: FaultFrame): Caller | undefined {
    if (!this.#found.has(frame)) this.#found.set(frame, this.#find(frame));
    return this.#found.get(frame);
  }

  #find(frame: FaultFrame): Caller | undefined {
    const { machine, symbol } = frame.code;
    const stated = returnAddress(frame);
    const seen = stated === undefined ? this.#nextOnStack(frame) : undefined;
    const to = stated ?? seen?.pc;
    if (to === undefined) return undefined;
    const after = entryRegisters(frame);
    const before = seen ? registersOf(frame, seen) : beforeCall(machine, after);
    return this.reached(to, symbol.address, before, after);
  }

  /**
   * How the call that returns to `back` led to `wanted`: itself, or by jumps of the function that it called.
   * @param before registers before the call, if it led there itself @param after registers at `wanted`
   */
  reached(back: Addr, wanted: Addr, before: Registers, after: Registers): Caller | undefined {
    const site = this.#site(back, before);
    const callee = site?.code.callee(site.index);
    if (!site || !callee) return undefined;
    if (calledAddress(site, callee) === wanted) return { frame: site, how: 'call' };
    // Functions on the way may have changed any other register.
    const kept = this.#site(back, keptOnly(site.code, before)) ?? site;
    const address = calledAddress(kept, callee);
    const target = address === undefined ? undefined : this.#codeAt(address);
    // A pointer that is overwritten since then leads nowhere.
    const search = { context: this.#context, wanted, after, codeAt: (at: Addr) => this.#codeAt(at) };
    if (!target) {
      if ('address' in callee) return { frame: kept, how: 'lost' };
      return this.#throughCallback(site, kept, search) ?? { frame: kept, how: 'indirect' };
    }
    const found = jumpPath(search, target, knownAt(kept));
    return found ? { ...found, how: 'jump' } : { frame: kept, how: 'lost' };
  }

  /** By a callback whose pointer is gone, when only one can have been called. */
  #throughCallback(site: FaultFrame, kept: FaultFrame, search: JumpSearch): Caller | undefined {
    const { cpu, task } = this.#context;
    const given = site.code.machine.arguments.map((name) => search.after.get(name));
    const key = [cpu, task, site.address, search.wanted, ...given].join();
    if (!this.#callbacks.has(key)) this.#callbacks.set(key, lostCallback(kept, search));
    const callback = this.#callbacks.get(key);
    if (!callback) return undefined;
    const { code, entry } = callback;
    if (code.symbol.address === search.wanted) return { frame: site, how: 'call', several: true };
    const path = jumpPath(search, code, entry);
    return path && { ...path, how: 'jump', several: true };
  }

  #codeAt(at: Addr): FunctionCode | undefined {
    const code = this.code(at);
    return code?.symbol.address === at ? code : undefined;
  }

  #site(to: Addr, registers: Registers): FaultFrame | undefined {
    const code = this.code(to - 1n);
    const index = code?.indexBefore(to);
    if (!code || index === undefined || code.at(index).flow !== 'call') return undefined;
    return new FaultFrame(this.#context, code, index, registers);
  }

  /** The next frame that the unwinder found above a function's own stack. */
  #nextOnStack(frame: FaultFrame): StackFrame | undefined {
    const { frames } = this.#stack;
    const { symbol } = frame.code;
    const at = frames.findIndex((f) => f.symbol?.address === symbol.address && !f.user);
    const next = at < 0 ? undefined : frames[at + 1];
    return next && !next.registers && !next.user ? next : undefined;
  }
}

function calledAddress(site: FaultFrame, callee: Callee): Addr | undefined {
  return 'address' in callee ? callee.address : site.evaluate(callee.operand, site.index);
}

/** Registers before a call, from those after it. */
export function beforeCall(machine: Machine, after: Registers): Registers {
  const before = new Map(after);
  const sp = after.get(machine.stackPointer);
  if (machine.link !== undefined) before.delete(machine.link);
  else if (sp !== undefined) before.set(machine.stackPointer, sp + 8n);
  return before;
}

/** What is known of the registers when a function was entered. */
function entryRegisters(frame: FaultFrame): Registers {
  const registers = new Map<string, bigint>();
  const { machine } = frame.code;
  for (const name of frame.context.prog.arch.registers) {
    const whole = machine.wholeRegister(name);
    const value = whole === undefined ? undefined : frame.onEntry(whole);
    if (whole !== undefined && value !== undefined) registers.set(whole, value);
  }
  if (frame.entrySp !== undefined) registers.set(machine.stackPointer, frame.entrySp);
  return registers;
}

/** Where a function returns to, when its code tells where that is kept. */
function returnAddress(frame: FaultFrame): Addr | undefined {
  const { machine } = frame.code;
  const { prog } = frame.context;
  let value: bigint | undefined;
  if (machine.link !== undefined) value = frame.onEntry(machine.link);
  else if (frame.entrySp !== undefined) value = frame.read(frame.entrySp, 8);
  if (value === undefined) return undefined;
  const plain = machine.plainCode(value, prog.map.vaBits);
  return prog.symbolAt(plain - 1n) ? plain : undefined;
}

function registersOf(frame: FaultFrame, seen: StackFrame): Registers {
  const registers = new Map<string, bigint>();
  const { machine } = frame.code;
  frame.context.prog.arch.registers.forEach((name, i) => {
    const whole = machine.wholeRegister(name);
    const value = seen.known[i];
    if (whole !== undefined && value !== undefined && machine.preserved.includes(whole)) registers.set(whole, value);
  });
  return registers;
}
