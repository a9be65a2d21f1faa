import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { Callers } from './callers.ts';
import type { FaultContext } from './fault-frame.ts';
import type { FrameOf } from './frame-arguments.ts';
import { frameOnStack } from './frame-on-stack.ts';

/** A function on the way to a place. */
export interface CalledFrom {
  readonly function: string;
  readonly module?: string;
  /** Of the call, or of the jump that was the last thing it did. */
  readonly address: Addr;
  /** It jumped on, so that no stack has it. */
  readonly jumped: boolean;
}

const MAX_CALLERS = 10;

/**
 * Who called the function of a frame, who called that one and so on, with those that are on no stack because they jumped on. As far
 * as code and registers tell; the first is the caller. Each is looked for when it is asked for.
 */
export function* callPath(prog: Program, { stack, index, cpu, task }: FrameOf): Generator<CalledFrom> {
  const at = stack.frames[index];
  if (!at || at.user || !at.symbol || !prog.disassembler) return;
  const context: FaultContext = { prog, cpu, task };
  const callers = new Callers(context, { ...stack, frames: stack.frames.slice(index) });
  const code = callers.code(at.lookupPc);
  let frame = code && frameOnStack(context, code, at);
  for (let count = 0; frame && count < MAX_CALLERS; count++) {
    const caller = callers.of(frame);
    if (!caller) return;
    frame = caller.frame;
    const { name, module } = frame.code.symbol;
    const { address, jumped } = frame;
    yield { function: name, address, jumped, ...(module !== undefined && { module }) };
  }
}
