import { attempt } from '../base/attempt.ts';
import type { Program } from '../program/program.ts';
import type { TaskRecord } from './task.ts';
import { taskStack } from './task-stack.ts';

/** Code by the modules that it may be in, and by its functions where it is in the kernel. */
export interface CodeNames {
  readonly modules: RegExp;
  readonly functions: RegExp;
}

/** Whether a sleeping task came through such code: some frame of its stack is in it. */
export function throughCode(prog: Program, task: TaskRecord, { modules, functions }: CodeNames): boolean {
  const frames = attempt(() => taskStack(prog, task).frames) ?? [];
  return frames.some(({ symbol }) => {
    if (!symbol) return false;
    return symbol.module === undefined ? functions.test(symbol.name) : modules.test(symbol.module);
  });
}
