import { NotFoundError, UsageError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { needTasks } from './need-tasks.ts';
import { findTask, type TaskRecord } from './task.ts';

/**
 * The tasks that words mean: pids in decimal or addresses of `task_struct`s in hexadecimal; the current task when there
 * are no words.
 * @throws UsageError for what is neither; NotFoundError for tasks that there are not
 */
export function chosenTasks(prog: Program, words: readonly string[], current: Addr | undefined): TaskRecord[] {
  needTasks(prog);
  if (words.length > 0) return words.map((word) => chosenTask(prog, word));
  if (current === undefined) throw new NotFoundError('task', 'that is current', 'name one by pid or address');
  const task = findTask(prog, current);
  if (!task) throw new NotFoundError('task', hex64(current));
  return [task];
}

/** One task by its pid or address. @throws UsageError NotFoundError */
export function chosenTask(prog: Program, word: string): TaskRecord {
  const pid = /^\d{1,9}$/.test(word) ? findTask(prog, Number(word)) : undefined;
  if (pid) return pid;
  if (!/^(?:0x)?[0-9a-f]{1,16}$/i.test(word)) throw new UsageError(`'${word}' is neither a pid nor a task address`);
  const task = findTask(prog, BigInt(`0x${word.replace(/^0x/i, '')}`));
  if (!task) throw new NotFoundError('task', word);
  return task;
}
