import { NotFoundError } from '../base/errors.ts';
import type { Program } from '../program/program.ts';
import { taskTable } from './task.ts';

/** @throws NotFoundError with the reason when not a single task can be read: then no task is the wrong one */
export function needTasks(prog: Program): void {
  const { tasks, problems } = taskTable(prog);
  if (tasks.length === 0) throw new NotFoundError('task', 'could be read', problems[0]?.why);
}
