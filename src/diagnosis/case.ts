import type { PanicFacts } from '../kernel/panic.ts';
import type { TaskRecord } from '../kernel/task.ts';
import type { Program } from '../program/program.ts';
import type { FrameData, TaskStack } from '../report/stack-data.ts';

/** What the rules look at: the dump, and what has been found out about its death. Each part is made on the first question. */
export interface Case {
  readonly prog: Program;
  readonly panic: PanicFacts;
  /** The task that the panicking CPU ran. */
  readonly crashed: TaskRecord | undefined;
  readonly stack: TaskStack | undefined;
  /** The frame in which it died. */
  readonly site: FrameData | undefined;
}
