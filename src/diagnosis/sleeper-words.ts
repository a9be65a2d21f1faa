import { attempt } from '../base/attempt.ts';
import type { Phrase } from '../base/phrase.ts';
import type { TaskRecord } from '../kernel/task.ts';
import { waitCaller } from '../kernel/wait-function.ts';
import { WaitStack } from '../kernel/wait-stack.ts';
import { blockedFor } from '../kernel/wait-times.ts';
import type { Program } from '../program/program.ts';
import { waitsForCpu } from './waits-for-cpu.ts';

/** What a task does that others rely on. */
export interface SleeperWords extends Phrase {
  /** The function in which it waits, as its trace names it. */
  readonly site: string;
}

/** Where a system call enters the kernel: it says nothing of the call. */
const ENTRY =
  /^(?:do_syscall_64|x64_sys_call|entry_SYSCALL_64\w*|(?:do_)?el0_svc\w*|invoke_syscall|(?:__)?do_syscall\w*|system_call\w*)/;

/** What a task does, as in `the daemon, which <words>`: it is stopped, runs, or sleeps in a function since some time. */
export function sleeperWords(prog: Program, task: TaskRecord): SleeperWords {
  const stack = attempt(() => new WaitStack(prog, task));
  const site = stack?.site?.function ?? '?';
  if (task.state === 'ST') return { en: 'is stopped (SIGSTOP)', zh: '已被停止（SIGSTOP）', site };
  if (task.state === 'TR') return { en: 'is stopped by a tracer', zh: '被跟踪者停住', site };
  if (task.state === 'ZO' || task.state === 'DE') return { en: 'has ended', zh: '已结束', site };
  if (task.active) return { en: `runs on CPU ${task.cpu}`, zh: `正在 CPU ${task.cpu} 上运行`, site };
  if (task.state === 'RU') return { ...waitsForCpu(prog, task), site };
  const caller = stack?.site && waitCaller(stack.frames, stack.site)?.symbol?.name;
  const where = caller === undefined || caller === site || ENTRY.test(caller) ? site : `${site} < ${caller}`;
  const seconds = blockedFor(prog, task);
  const since = seconds === undefined || seconds < 1 ? '' : ` since ${Math.floor(seconds)} s`;
  const zh = seconds === undefined || seconds < 1 ? '' : `，已 ${Math.floor(seconds)} 秒`;
  const deep = task.state === 'UN' ? 'itself waits uninterruptibly' : 'sleeps';
  return {
    en: `${deep} in ${where}${since}`,
    zh: `${task.state === 'UN' ? '自身也处于不可中断等待' : '睡眠'}于 ${where}${zh}`,
    site,
  };
}
