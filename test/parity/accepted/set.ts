import type { Accepted } from '../accepted.ts';

export const accepted: readonly Accepted[] = [
  {
    command: /^(?:set|foreach .*set)/,
    line: /^TASK: \w+ {2}\(1 of \d+\)/,
    ours: /^TASK: \w+ {2}\(\d+ of \d+\)/,
    why: 'Which of the idle tasks that share pid 0 it is; crash calls each of them the first.',
  },
  {
    command: /^(?:set|foreach .*set)/,
    line: /^STATE: EXIT_DEAD\|EXIT_ZOMBIE/,
    ours: /^STATE: TASK_DEAD\|EXIT_ZOMBIE/,
    why: 'A zombie has the state TASK_DEAD and the exit state EXIT_ZOMBIE; EXIT_DEAD is another bit, of tasks that nobody waits for.',
  },
  {
    command: /^set (?:-v|namelist|scroll)|^(?:sf|sn)$/,
    line: /^(?:namelist|dumpfile|scroll|silent): /,
    ours: /^(?:namelist|scroll|silent):/,
    why: 'Names of files and how the program was started differ: there need not be a namelist, and nobody asked for silence.',
  },
  {
    command: /^set -v/,
    line: /^dumpfile: /,
    why: '`sys` names the files of the dump; the variable could not be set.',
  },
];
