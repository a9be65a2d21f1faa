import type { FrameData } from '../report/stack-data.ts';
import { bareName } from './allocator-calls.ts';
import type { Case } from './case.ts';

/** Functions of lib/list_debug.c. */
const LIST = /^__list_(?:add|del)_\w+$/;

/** The function that worked on the list when its check failed. */
export function listCaller(of: Case): FrameData | undefined {
  const frames = of.stack?.frames ?? [];
  return frames.slice(of.place?.index ?? 0).find((f) => !LIST.test(bareName(f.symbol ?? '')));
}
