import { perOwner } from '../base/lazy.ts';
import type { Addr } from '../base/units.ts';
import { panicFacts } from '../kernel/panic.ts';
import type { Program } from '../program/program.ts';
import type { Stack, StackFrame } from '../unwind/stack.ts';
import { explainAccess } from './access.ts';
import { explainAssertion } from './assertion.ts';
import { explainJump } from './bad-jump.ts';
import { Callers } from './callers.ts';
import type { FaultChain } from './chain.ts';
import { explainDivision } from './division.ts';
import { type FaultContext, FaultFrame } from './fault-frame.ts';
import { knownAt } from './jump-path.ts';
import type { Machine } from './machine.ts';
import { machines } from './machines.ts';
import { withRegisters } from './pointers.ts';

/** What is to be explained. */
export interface FaultPlace {
  readonly stack: Stack;
  /** Index of the frame that trapped, whose registers an exception saved. */
  readonly index: number;
  readonly cpu?: number;
  readonly task?: Addr;
  /** The address that the CPU stated (CR2, FAR); by default what the log says. */
  readonly target?: Addr;
}

const explained = perOwner((_prog: Program) => new Map<string, FaultChain | undefined>());

/**
 * Why the machine trapped: from the instruction and the registers backwards to where the value came from. Undefined when
 * the place is no exception, or when the code cannot be read. Never throws for damage.
 */
export function explainFault(prog: Program, place: FaultPlace): FaultChain | undefined {
  const site = place.stack.frames[place.index];
  if (!site?.registers || site.user || !prog.disassembler) return undefined;
  // debug information may come later
  const key = `${site.pc} ${site.sp} ${place.target ?? ''} ${prog.has('locals')}`;
  const known = explained(prog);
  if (!known.has(key)) known.set(key, findChain(prog, place, site));
  return known.get(key);
}

function findChain(prog: Program, place: FaultPlace, site: StackFrame): FaultChain | undefined {
  const context: FaultContext = { prog, cpu: place.cpu, task: place.task };
  const set = prog.arch.instructionSet;
  const machine = set && machines[set];
  if (!machine) return undefined;
  const target = place.target ?? statedAddress(prog);
  const callers = new Callers(context, place.stack);
  const registers = registersOf(prog, site, machine);
  const code = target === site.pc ? undefined : callers.code(site.pc);
  const index = code?.indexOf(site.pc);
  if (!code || index === undefined) {
    return explainJump({ context, machine, site, registers, next: place.stack.frames[place.index + 1] }, callers);
  }
  const frame = withArguments(new FaultFrame(context, code, index, registers), callers);
  const chain = machine.isTrap(code.at(index))
    ? explainAssertion(frame, callers)
    : (explainDivision(frame, callers) ??
      explainAccess(frame, callers, target ?? (isAborted(prog) ? 'mapped' : target)));
  return chain && { ...chain, pointers: withRegisters(chain.pointers, frame) };
}

/** With what the caller passed, where it is still known there. */
function withArguments(frame: FaultFrame, callers: Callers): FaultFrame {
  const caller = callers.of(frame);
  if (caller?.how !== 'call') return frame;
  const { context, code, index, registers } = frame;
  const entry = [...knownAt(caller.frame)].filter(([name]) => code.machine.arguments.includes(name));
  return new FaultFrame(context, code, index, registers, { entry: new Map(entry) });
}

/** Values of the general registers by their names. */
function registersOf(prog: Program, site: StackFrame, machine: Machine): Map<string, bigint> {
  const registers = new Map<string, bigint>();
  prog.arch.registers.forEach((name, i) => {
    const whole = machine.wholeRegister(name);
    const value = site.registers?.[i];
    if (whole !== undefined && value !== undefined) registers.set(whole, value);
  });
  return registers;
}

/** Whether memory itself answered with an error: arch/arm64/mm/fault.c, do_sea(), which prints no address. */
function isAborted(prog: Program): boolean {
  return /synchronous (?:external abort|parity or ECC error)/.test(panicFacts(prog).cause ?? '');
}

const ADDRESS = /(?:address:? |virtual address |at |address 0x)(?:0x)?([0-9a-f]{8,16})\b/i;

/** The address in the first line of the kernel's report. */
function statedAddress(prog: Program): Addr | undefined {
  const found = ADDRESS.exec(panicFacts(prog).cause ?? '')?.[1];
  return found === undefined ? undefined : BigInt(`0x${found}`);
}
