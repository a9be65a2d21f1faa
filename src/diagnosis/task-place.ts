import type { TaskRecord } from '../kernel/task.ts';
import { taskStack } from '../kernel/task-stack.ts';
import { isSleepFunction, plainName } from '../kernel/wait-function.ts';
import type { FrameData } from '../report/stack-data.ts';
import { taskStackData } from '../report/task-stack.ts';
import type { Case } from './case.ts';

/** The function in which a task was put to sleep or preempted: the innermost one that is not the scheduler's. */
export function taskPlace(of: Case, task: TaskRecord): FrameData | undefined {
  const { frames } = taskStackData(of.prog, task, taskStack(of.prog, task));
  return frames.find((f) => f.symbol !== null && f.stack !== 'user' && !isSleepFunction(plainName(f.symbol)));
}
