import { attempt } from '../base/attempt.ts';
import { hex64 } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import { callPath } from '../fault/call-path.ts';
import type { FrameData } from '../report/stack-data.ts';
import { callerFrame } from './blame.ts';
import type { Case } from './case.ts';

/** Frames from the one of death on in which who asked for it is looked for. */
const NEAR = 8;
/** Callers that are on the stack up to which one that is on none is looked for. */
const ON_STACK = 3;

/**
 * Who called a function of the kernel that found fault with what it was given: the nearest frame of a module, where the
 * place of death is in none; else who called the allocator in which it died. Undefined where that is nobody else.
 */
export function moduleCaller(of: Case): FrameData | undefined {
  const { site, stack, place } = of;
  if (!site || site.module !== null) return undefined;
  const from = place?.index ?? 0;
  const frames = stack?.frames.slice(from + 1, from + NEAR) ?? [];
  const end = frames.findIndex((f) => f.interrupted || f.stack === 'user');
  const near = frames.slice(0, end < 0 ? undefined : end);
  const found = withoutFrame(of, site, near) ?? jumpedOn(of, site, near) ?? near.find((f) => f.module !== null);
  if (found) return found;
  const caller = callerFrame(of);
  return caller === site ? undefined : caller;
}

/**
 * A function that made the call and is on no stack yet: what it called has no frame of its own, as strlen() on a CPU that keeps
 * the return address in a register. The explanation of the fault leads through it.
 */
function withoutFrame(of: Case, site: FrameData, near: readonly FrameData[]): FrameData | undefined {
  const steps = of.chain?.strands.flatMap((s) => s.steps) ?? [];
  const step = steps.find((s) => s.module !== undefined && !isWrapper(s.function, site.symbol));
  if (!step || steps[0]?.function !== site.symbol || near.some((f) => f.symbol === step.function)) return undefined;
  return frameOf(step, site);
}

/**
 * A function that called it and is on no stack: by the last jump that it made, or because what it called has no frame of its own and the
 * return address is in a register.
 */
function jumpedOn(of: Case, site: FrameData, near: readonly FrameData[]): FrameData | undefined {
  const { prog, unwound, panic, place } = of;
  if (!unwound || !place) return undefined;
  const own = {
    ...(panic.cpu !== undefined && { cpu: panic.cpu }),
    ...(panic.task !== undefined && { task: panic.task }),
  };
  const found = attempt(() => {
    let left = ON_STACK;
    for (const caller of callPath(prog, { stack: unwound, index: place.index, ...own })) {
      if (caller.module !== undefined && !isWrapper(caller.function, site.symbol)) return caller;
      if (!caller.jumped && --left === 0) return undefined; // each takes as long as to decode its function
    }
    return undefined;
  });
  return found && !near.some((f) => f.symbol === found.function) ? frameOf(found, site) : undefined;
}

function frameOf(
  of: { readonly function: string; readonly module?: string; readonly address: Addr },
  site: FrameData,
): FrameData {
  return {
    ...{ pc: hex64(of.address), symbol: of.function, offset: null, size: null, module: of.module ?? null },
    ...{ inlined: false, file: null, line: null, column: null, trust: 'registers', stack: site.stack, sp: site.sp },
    interrupted: false,
  };
}

/** The module's own copy of an inline function of the kernel's headers: `put_task_struct()` for `__put_task_struct()`. */
function isWrapper(name: string, symbol: string | null): boolean {
  return symbol !== null && name.replace(/^_+/, '') === symbol.replace(/^_+/, '');
}
