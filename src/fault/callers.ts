import type { Addr } from '../base/units.ts';
import type { Stack, StackFrame } from '../unwind/stack.ts';
import { FaultFrame } from './fault-frame.ts';
import { type FunctionCode, functionCode } from './function-code.ts';

/** Jumps from function to function that are looked through, and functions that are looked at for it. */
const MAX_JUMPS = 4;
const MAX_FUNCTIONS = 24;

/** Who called a function, and how sure that is. */
export interface Caller {
  readonly frame: FaultFrame;
  /** `indirect`: the call went through a pointer whose value is not known any more; the callee is that of the stack. */
  readonly how: 'call' | 'jump' | 'indirect';
}

/** The callers of functions, from code, registers and stack; the functions that a debugger's stack lacks among them. */
export class Callers {
  readonly #stack: Stack;
  readonly #codes = new Map<Addr, FunctionCode | undefined>();
  /** The way by jumps from the function that was called to the one that runs, by the frame that the way leads to. */
  readonly #jumps = new Map<FaultFrame, FaultFrame | undefined>();

  constructor(stack: Stack) {
    this.#stack = stack;
  }

  code(frame: FaultFrame, pc: Addr): FunctionCode | undefined {
    const { prog } = frame.context;
    const start = prog.symbolAt(pc)?.address;
    if (start === undefined) return undefined;
    if (!this.#codes.has(start)) this.#codes.set(start, functionCode(prog, pc));
    return this.#codes.get(start);
  }

  /** The frame before `frame`; undefined when it is not known, or is not certainly the caller's. */
  of(frame: FaultFrame): Caller | undefined {
    const site = this.#callSite(frame);
    if (!site) return undefined;
    const callee = site.code.callee(site.index);
    const address = callee && 'address' in callee ? callee.address : callee && site.evaluate(callee.operand, site.index);
    if (address === frame.code.symbol.address) return { frame: site, how: 'call' };
    const target = address === undefined ? undefined : this.code(frame, address);
    // A pointer that is overwritten since then leads nowhere.
    if (!target || target.symbol.address !== address) {
      return callee && 'operand' in callee ? { frame: site, how: 'indirect' } : undefined;
    }
    if (!this.#jumps.has(frame)) this.#jumps.set(frame, this.#jumpInto(frame, target));
    const jump = this.#jumps.get(frame);
    return jump && { frame: jump, how: 'jump' };
  }

  /** The call that returns to where the function returns to. */
  #callSite(frame: FaultFrame): FaultFrame | undefined {
    const { machine } = frame.code;
    const stated = returnAddress(frame);
    const seen = stated === undefined ? this.#nextOnStack(frame) : undefined;
    const to = stated ?? seen?.pc;
    if (to === undefined) return undefined;
    const code = this.code(frame, to - 1n);
    const index = code?.indexBefore(to);
    if (!code || index === undefined || code.at(index).flow !== 'call') return undefined;
    const registers = seen ? registersOf(frame, seen) : this.#registersAtCall(frame);
    if (!seen && frame.entrySp !== undefined) {
      registers.set(machine.stackPointer, frame.entrySp + (machine.link === undefined ? 8n : 0n));
    }
    return new FaultFrame(frame.context, code, index, registers);
  }

  #registersAtCall(frame: FaultFrame): Map<string, bigint> {
    const registers = new Map<string, bigint>();
    for (const name of frame.context.prog.arch.registers) {
      const whole = frame.code.machine.wholeRegister(name);
      const value = whole === undefined ? undefined : frame.onEntry(whole);
      if (whole !== undefined && value !== undefined && whole !== frame.code.machine.link) registers.set(whole, value);
    }
    return registers;
  }

  /** The next frame that the unwinder found above a function's own stack. */
  #nextOnStack(frame: FaultFrame): StackFrame | undefined {
    const { frames } = this.#stack;
    const { symbol } = frame.code;
    const at = frames.findIndex((f) => f.symbol?.address === symbol.address && !f.user);
    const next = at < 0 ? undefined : frames[at + 1];
    return next && !next.registers && !next.user ? next : undefined;
  }

  /** The function that jumped into `frame`'s as its last act, when there is one way only from `start`. */
  #jumpInto(frame: FaultFrame, start: FunctionCode): FaultFrame | undefined {
    let level: FunctionCode[] = [start];
    const seen = new Set<Addr>([start.symbol.address]);
    for (let depth = 0; depth < MAX_JUMPS && seen.size < MAX_FUNCTIONS; depth++) {
      const next: FunctionCode[] = [];
      const found: { code: FunctionCode; index: number }[] = [];
      for (const code of level) {
        for (const { index, target } of leavingJumps(code)) {
          if (target === frame.code.symbol.address) found.push({ code, index });
          else if (!seen.has(target) && seen.size < MAX_FUNCTIONS) {
            seen.add(target);
            const other = this.code(frame, target);
            if (other?.symbol.address === target) next.push(other);
          }
        }
      }
      const [only, more] = found;
      if (only) return more ? undefined : this.#jumped(frame, only.code, only.index);
      level = next;
    }
    return undefined;
  }

  #jumped(frame: FaultFrame, code: FunctionCode, index: number): FaultFrame {
    const registers = this.#registersAtCall(frame);
    if (frame.entrySp !== undefined) registers.set(code.machine.stackPointer, frame.entrySp);
    const { link } = code.machine;
    const back = link === undefined ? undefined : frame.onEntry(link);
    if (link !== undefined && back !== undefined) registers.set(link, back);
    return new FaultFrame(frame.context, code, index, registers, true);
  }
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

function registersOf(frame: FaultFrame, seen: StackFrame): Map<string, bigint> {
  const registers = new Map<string, bigint>();
  const { machine } = frame.code;
  frame.context.prog.arch.registers.forEach((name, i) => {
    const whole = machine.wholeRegister(name);
    const value = seen.known[i];
    if (whole !== undefined && value !== undefined && machine.preserved.includes(whole)) registers.set(whole, value);
  });
  return registers;
}

function* leavingJumps(code: FunctionCode): Iterable<{ index: number; target: Addr }> {
  for (let index = 0; index < code.instructions.length; index++) {
    const { target } = code.flow(index);
    if (target !== undefined && code.indexOf(target) === undefined) yield { index, target };
  }
}
