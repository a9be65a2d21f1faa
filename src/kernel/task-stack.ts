import type { Program } from '../program/program.ts';
import type { Stack } from '../unwind/stack.ts';
import { type UnwindOptions, unwindTask } from '../unwind/unwind-task.ts';
import { cpuRegisters } from './cpu-registers.ts';
import type { TaskRecord } from './task.ts';

/** The stack of one task: from the registers of its CPU when it ran there, from its saved context otherwise. */
export function taskStack(
  prog: Program,
  task: TaskRecord,
  options: Pick<UnwindOptions, 'recover' | 'start'> = {},
): Stack {
  if (!task.active) return unwindTask(prog, task.address, options);
  const registers = cpuRegisters(prog, task.cpu);
  return unwindTask(prog, task.address, { cpu: task.cpu, ...(registers && { registers }), ...options });
}
