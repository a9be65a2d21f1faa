const NAMES: Readonly<Record<string, string>> = {
  RU: 'TASK_RUNNING',
  IN: 'TASK_INTERRUPTIBLE',
  UN: 'TASK_UNINTERRUPTIBLE',
  ID: 'TASK_IDLE',
  ST: 'TASK_STOPPED',
  TR: 'TASK_TRACED',
  ZO: 'EXIT_ZOMBIE',
  DE: 'EXIT_DEAD',
  WA: 'TASK_WAKING',
  PA: 'TASK_PARKED',
  NE: 'TASK_NEW',
};

/** The kernel's name of a state given in the letters of crash. */
export function stateName(letters: string): string {
  return NAMES[letters] ?? '(unknown)';
}
