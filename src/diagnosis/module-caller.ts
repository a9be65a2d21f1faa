import type { FrameData } from '../report/stack-data.ts';
import { callerFrame } from './blame.ts';
import type { Case } from './case.ts';

/** Frames from the one of death on in which who asked for it is looked for. */
const NEAR = 8;

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
  const found = frames.slice(0, end < 0 ? undefined : end).find((f) => f.module !== null);
  if (found) return found;
  const caller = callerFrame(of);
  return caller === site ? undefined : caller;
}
