import { perOwner } from '../base/lazy.ts';
import type { Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';

/** Where the members of `struct task_struct` are that the task table needs; -1 for one that this kernel lacks. */
export interface TaskLayout {
  /** Bytes from the start of the struct that hold all of them. */
  readonly span: Bytes;
  readonly state: Bytes;
  readonly stateSize: Bytes;
  readonly exitState: Bytes;
  readonly flags: Bytes;
  readonly cpu: Bytes;
  readonly pid: Bytes;
  readonly tgid: Bytes;
  readonly comm: Bytes;
  readonly mm: Bytes;
  readonly realParent: Bytes;
  readonly groupLeader: Bytes;
  readonly signal: Bytes;
  readonly tasks: Bytes;
  readonly threadNode: Bytes;
  readonly threadPid: Bytes;
  readonly pidLink: Bytes;
  /** `task_struct.rss_stat.count`, the part of its mm's counters that a task keeps to itself. */
  readonly rssCount: Bytes;
  /** `pid.tasks`, the heads of the lists of tasks with a pid. */
  readonly pidTasks: Bytes;
  /** `signal_struct.thread_head` */
  readonly threadHead: Bytes;
}

/** @throws NotFoundError when the kernel's types are unknown or a member is missing */
export const taskLayout = perOwner((prog: Program): TaskLayout => {
  const at = (...names: string[]): Bytes => prog.offset('task_struct', ...names);
  const state = at('__state', 'state'); // commit 2f064a59a11f ("sched: Change task_struct::state", v5.14)
  const layout = {
    state,
    stateSize: prog.findMember('task_struct', '__state')?.type.size ?? 8,
    exitState: at('exit_state'),
    flags: at('flags'),
    // commit bcf9033e5449 ("sched: move CPU field back into thread_info if THREAD_INFO_IN_TASK=y", v5.16)
    cpu: at('thread_info.cpu', 'cpu'),
    pid: at('pid'),
    tgid: at('tgid'),
    comm: at('comm'),
    mm: at('mm'),
    realParent: at('real_parent'),
    groupLeader: at('group_leader'),
    signal: at('signal'),
    tasks: at('tasks'),
    threadNode: at('thread_node'),
    // commit 2c4704756cab ("pids: Move the pgrp and session pid pointers from task_struct to signal_struct", v4.19)
    threadPid: at('thread_pid', 'pids[0].pid'),
    pidLink: at('pid_links', 'pids[0].node'),
    // until commit f1a7941243c1 ("mm: convert mm's rss stats into percpu_counter", v6.2)
    rssCount: prog.findMember('task_struct', 'rss_stat.count')?.offset ?? -1,
  };
  const span = Math.max(...Object.values(layout)) + 16;
  return {
    ...layout,
    span: Math.min(span, prog.type('task_struct').size),
    pidTasks: prog.offset('pid', 'tasks'),
    threadHead: prog.offset('signal_struct', 'thread_head'),
  };
});
