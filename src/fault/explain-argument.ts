import type { Program } from '../program/program.ts';
import { Callers } from './callers.ts';
import type { FaultOrigin, FaultStrand } from './chain.ts';
import type { FaultContext, FaultFrame } from './fault-frame.ts';
import type { FrameOf } from './frame-arguments.ts';
import { frameOnStack } from './frame-on-stack.ts';
import { machines } from './machines.ts';
import type { Typer } from './typer.ts';
import { Walk } from './walk.ts';

/** Where an argument of a function on a stack came from. */
export interface ArgumentOrigin extends FaultStrand {
  /** As the caller has it: `s->channels[3]`; undefined when the caller is not known. */
  readonly expression?: string;
  readonly origin?: FaultOrigin;
  readonly object?: FaultOrigin;
}

/**
 * The argument `n` (from 0) of a frame's function, followed back through its callers. Undefined where the code cannot be read.
 * Never throws for damage.
 * @param up callers to go up first, those among them that are on no stack because they jumped on
 */
export function explainArgument(
  prog: Program,
  { stack, index, cpu, task }: FrameOf,
  n: number,
  up = 0,
): ArgumentOrigin | undefined {
  const at = stack.frames[index];
  const set = prog.arch.instructionSet;
  const machine = set && machines[set];
  const register = machine?.arguments[n];
  if (!at || at.user || !at.symbol || register === undefined || !prog.disassembler) return undefined;
  const context: FaultContext = { prog, cpu, task };
  const callers = new Callers(context, { ...stack, frames: stack.frames.slice(index) });
  const code = callers.code(at.lookupPc);
  let frame = code && frameOnStack(context, code, at);
  for (let i = 0; i < up; i++) frame = frame && callers.of(frame)?.frame;
  if (!frame) return undefined;
  const walk = new Walk(callers, new Map<FaultFrame, Typer>());
  const strand = walk.follow(frame, frame.origins.of(register, 0));
  const { origin, object } = walk.found();
  // the first step is the parameter itself, the second what the caller passed for it
  const expression = strand.steps[1]?.expression;
  return {
    ...strand,
    ...(expression !== undefined && { expression }),
    ...(origin && { origin }),
    ...(object && { object }),
  };
}
