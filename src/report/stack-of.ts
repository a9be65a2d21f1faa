import type { TaskRecord } from '../kernel/task.ts';
import { taskStack } from '../kernel/task-stack.ts';
import type { Program } from '../program/program.ts';
import type { UnwindOptions } from '../unwind/unwind-task.ts';
import type { TaskStack } from './stack-data.ts';
import { type StackDataOptions, taskStackData } from './task-stack.ts';

/** The stack of one task as data: from the registers of its CPU when it ran there, from its saved context otherwise. */
export function stackOf(
  prog: Program,
  task: TaskRecord,
  data: StackDataOptions = {},
  start?: UnwindOptions['start'],
): TaskStack {
  const stack = taskStack(prog, task, { recover: data.locals ?? false, ...(start && { start }) });
  return taskStackData(prog, task, stack, data);
}
