import { digits } from './pad.ts';
import { boolean, hexString, integer, number, type Optional, object, type Schema, string } from './schema.ts';

/** A task as JSON. */
export interface TaskData {
  readonly pid: number;
  readonly ppid: number;
  readonly cpu: number;
  readonly task: string;
  readonly state: string;
  readonly comm: string;
  readonly vszKiB: number;
  readonly rssKiB: number;
  readonly kernelThread: boolean;
  readonly active: boolean;
  readonly tgid: number;
  readonly stateLetter: string;
  readonly memoryPercent: number;
}

/** Enough to name a task. */
export interface TaskName {
  readonly pid: number;
  readonly task: string;
  readonly cpu: number;
  readonly comm: string;
}

export const taskMembers: Readonly<Record<string, Schema | Optional>> = {
  pid: integer('Process id (of a thread its own).'),
  ppid: integer('Process id of the parent, 0 when it has none.'),
  cpu: integer('CPU it runs or last ran on.'),
  task: hexString('Address of `struct task_struct`.'),
  state: string('State in the letters of crash: RU IN UN ST TR ZO DE ID PA WA NE, `??` when unknown.'),
  comm: string('Command name, unescaped and without brackets.'),
  vszKiB: integer('Virtual size in KiB.'),
  rssKiB: integer('Resident size in KiB, per-CPU counter parts included.'),
  kernelThread: boolean('Whether it has no user memory of its own by design.'),
  active: boolean('Whether it was the current task of its CPU.'),
  tgid: integer('Process id of the thread group leader.'),
  stateLetter: string('State as /proc/PID/stat shows it: R S D T t Z X I P.'),
  memoryPercent: number('Resident size in percent of the memory.'),
};

export const taskNameMembers: Readonly<Record<string, Schema>> = {
  pid: integer('Process id.'),
  task: hexString('Address of `struct task_struct`.'),
  cpu: integer('CPU it runs or last ran on.'),
  comm: string('Command name.'),
};

export const taskNameSchema: Schema = object('A task by name.', taskNameMembers);

/** The address of a task with that of its thread_info, as crash shows it. */
export function taskAddress(t: { readonly task: string; readonly threadInfo: string | null }): string {
  return digits(t.task) + (t.threadInfo === null ? '' : `  [THREAD_INFO: ${digits(t.threadInfo)}]`);
}
