import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import type { CType } from '../types/c-type.ts';
import type { Stack } from '../unwind/stack.ts';
import { Callers } from './callers.ts';
import type { FaultContext } from './fault-frame.ts';
import { frameOnStack } from './frame-on-stack.ts';
import { knownAt } from './jump-path.ts';
import { machines } from './machines.ts';
import { parametersOf } from './parameters.ts';

/** A parameter of a function on a stack. */
export interface FrameArgument {
  /** Empty where types do not tell it. */
  readonly name: string;
  readonly type: CType;
  /** On entry; absent when nothing keeps it. */
  readonly value?: bigint;
  /** `function`: its own registers or stack still hold it; `caller`: what the caller passed can be told. */
  readonly how?: 'function' | 'caller';
}

/** Which frame is meant. */
export interface FrameOf {
  readonly stack: Stack;
  readonly index: number;
  readonly cpu?: number;
  readonly task?: Addr;
}

/** The parameters of a frame's function with the values that can be recovered, in their order; those in registers. */
export function frameArguments(prog: Program, { stack, index, cpu, task }: FrameOf): readonly FrameArgument[] {
  const at = stack.frames[index];
  const set = prog.arch.instructionSet;
  const machine = set && machines[set];
  if (!at || at.user || !machine || !at.symbol) return [];
  const context: FaultContext = { prog, cpu, task };
  const callers = new Callers(context, { ...stack, frames: stack.frames.slice(index) });
  const code = callers.code(at.lookupPc);
  const frame = code && frameOnStack(context, code, at);
  if (!frame) return [];
  const caller = callers.of(frame);
  const passed = caller?.how === 'call' ? knownAt(caller.frame) : undefined;
  return parametersOf(prog, code.symbol).map(({ name, type }, i) => {
    const register = machine.arguments[i];
    const own = register === undefined ? undefined : frame.onEntry(register);
    const given = register === undefined ? undefined : passed?.get(register);
    if (own !== undefined) return { name, type, value: own, how: 'function' };
    return given === undefined ? { name, type } : { name, type, value: given, how: 'caller' };
  });
}
