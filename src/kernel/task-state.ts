// State bits: include/linux/sched.h, in this order since commit 8ef9925b02c2 ("sched/debug: Add explicit TASK_PARKED
// printing", v4.14).
const INTERRUPTIBLE = 0x1;
const UNINTERRUPTIBLE = 0x2;
const STOPPED = 0x4;
const TRACED = 0x8;
const EXIT_DEAD = 0x10;
const EXIT_ZOMBIE = 0x20;
const PARKED = 0x40;
const DEAD = 0x80;
const WAKING = 0x200;
const NOLOAD = 0x400;
const NEW = 0x800;
/** PREEMPT_RT's lock wait, commit 5f220be21418 ("sched/wakeup: Prepare for RT sleeping spin/rwlocks", v5.15). */
const RTLOCK_WAIT = 0x1000;
/** Commit f5d39b020809 ("freezer,sched: Rewrite core freezer logic", v6.1). */
const FROZEN = 0x8000;
const IDLE = UNINTERRUPTIBLE | NOLOAD;
const REPORT = 0x7f;
/** Room for every bit known and a few to come; anything above is no task. */
const STATE_LIMIT = 0x80000;

/** Whether `state` and `exitState` are values that a task can have. */
export function isTaskState(state: number, exitState: number): boolean {
  return state >= 0 && state < STATE_LIMIT && (exitState & ~(EXIT_DEAD | EXIT_ZOMBIE)) === 0;
}

/** Whether a task has left for good: it may be in no list any more although it still ran. */
export function isDeadState(state: number, exitState: number): boolean {
  return (exitState & (EXIT_DEAD | EXIT_ZOMBIE)) !== 0 || (state & DEAD) !== 0;
}

/** The letter of /proc/PID/stat: R S D T t X Z P I, as the kernel's `task_state_to_char` chooses it. */
export function taskStateLetter(state: number, exitState: number): string {
  if ((state & IDLE) === IDLE) return 'I';
  const shown = (state & (RTLOCK_WAIT | FROZEN)) !== 0 ? UNINTERRUPTIBLE : (state | exitState) & REPORT;
  return 'RSDTtXZP'[32 - Math.clz32(shown)] as string;
}

/** The two letters of crash's ST column, in the order in which it tests: RU IN UN ST TR ZO DE ID PA WA NE, ?? for none. */
export function taskStateCode(state: number, exitState: number): string {
  if ((exitState & EXIT_ZOMBIE) !== 0) return 'ZO';
  if ((exitState & EXIT_DEAD) !== 0 || (state & DEAD) !== 0) return 'DE';
  if (state === 0) return 'RU';
  if ((state & IDLE) === IDLE) return 'ID';
  if ((state & INTERRUPTIBLE) !== 0) return 'IN';
  if ((state & (UNINTERRUPTIBLE | RTLOCK_WAIT | FROZEN)) !== 0) return 'UN';
  if ((state & TRACED) !== 0) return 'TR';
  if ((state & STOPPED) !== 0) return 'ST';
  if ((state & PARKED) !== 0) return 'PA';
  if ((state & NEW) !== 0) return 'NE';
  if ((state & WAKING) !== 0) return 'WA';
  return '??';
}

/** Names of the bits, in the order in which debuggers list them. */
const NAMES: readonly (readonly [bit: number, name: string])[] = [
  [INTERRUPTIBLE, 'TASK_INTERRUPTIBLE'],
  [UNINTERRUPTIBLE, 'TASK_UNINTERRUPTIBLE'],
  [STOPPED, 'TASK_STOPPED'],
  [TRACED, 'TASK_TRACED'],
  [PARKED, 'TASK_PARKED'],
  [DEAD, 'TASK_DEAD'],
  [0x100, 'TASK_WAKEKILL'],
  [WAKING, 'TASK_WAKING'],
  [NOLOAD, 'TASK_NOLOAD'],
  [NEW, 'TASK_NEW'],
  [RTLOCK_WAIT, 'TASK_RTLOCK_WAIT'],
  [FROZEN, 'TASK_FROZEN'],
];

/** The kernel's names of all bits of a state that say what the task waits for: `TASK_UNINTERRUPTIBLE`, `TASK_NOLOAD`. */
export function taskStateNames(state: number, exitState: number): string[] {
  const names = NAMES.filter(([bit]) => (state & bit) !== 0).map(([, name]) => name);
  if ((exitState & EXIT_DEAD) !== 0) names.push('EXIT_DEAD');
  if ((exitState & EXIT_ZOMBIE) !== 0) names.push('EXIT_ZOMBIE');
  return names.length === 0 && state === 0 ? ['TASK_RUNNING'] : names;
}
