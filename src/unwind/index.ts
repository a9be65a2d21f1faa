export type { Stack, StackFrame } from './stack.ts';
export { type UnwindOptions, unwindTask } from './unwind-task.ts';
