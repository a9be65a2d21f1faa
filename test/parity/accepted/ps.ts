import type { Accepted } from '../accepted.ts';

/** The KiB in the column RSS. */
function resident(line: string): number {
  return Number(/ \d+\.\d +\d+ +(\d+) {2}/.exec(line)?.[1]);
}

/** The column %MEM. */
function share(line: string): number {
  return Number(/ (\d+\.\d) +\d+ +\d+ {2}/.exec(line)?.[1]);
}

/** Seconds of `00:01:02` or `1 days, 00:01:02`. */
function seconds(line: string): number {
  const m = /(?:(\d+) days?, )?(\d+):(\d\d):(\d\d)$/.exec(line);
  return m ? ((Number(m[1] ?? 0) * 24 + Number(m[2])) * 60 + Number(m[3])) * 60 + Number(m[4]) : Number.NaN;
}

export const accepted: readonly Accepted[] = [
  {
    command: /^(?:foreach .*)?ps\b/,
    apart: / +\d+\.\d(?= +\d+ +\d+ {2})|(?<= \d+\.\d +\d+) +\d+(?= {2})/g,
    alike: (crash, ours) => resident(ours) > resident(crash),
    why:
      'Resident pages that CPUs or threads have counted for themselves (per-CPU counters, task_struct.rss_stat) belong to ' +
      'it; crash leaves some of them out.',
    truth:
      'lab-vfork-kid shares the memory of lab-vfork: both have the same VmRSS in /proc/PID/status (amd64-6.1-null)',
  },
  {
    command: /^(?:foreach .*)?ps\b/,
    apart: / +\d+\.\d(?= +\d+ +\d+ {2})|(?<= \d+\.\d +\d+) +\d+(?= {2})/g,
    alike: (crash, ours) => resident(ours) < resident(crash),
    why:
      'What a thread has counted for itself may be made up for by what others have counted down in the common counter; ' +
      'crash takes a negative counter for 0.',
    truth:
      'RSS 848 KiB of lab-pipe: its page tables hold 212 pages; its counters are -27 + 28 and 1 + 210 (amd64-6.1-oom)',
  },
  {
    command: /^(?:foreach .*)?ps\b/,
    apart: / +\d+\.\d(?= +\d+ +\d+ {2})/g,
    alike: (crash, ours) => share(ours) > share(crash),
    why: '%MEM is the share of the pages that are there; crash counts the holes between them as memory.',
  },
  {
    command: /^(?:foreach .*)?ps -t/,
    line: /^RUN TIME: /,
    apart: /\d+(?: days?, )?[\d:]*$/g,
    alike: (crash, ours) => Math.abs(seconds(crash) - seconds(ours)) === 1 || seconds(crash) - seconds(ours) > 60,
    why:
      'How long a task exists is counted by the monotonic clock that its start was taken from; crash subtracts it from an ' +
      'uptime by ticks, which is a second off or, from Linux 6.12 on, minutes.',
    truth: '[   22.329091] is the last line of a log in which crash has an uptime of 00:03:50 (amd64-6.12-null)',
  },
  {
    command: /^(?:foreach .*)?ps -a/,
    ours: /^\((?:no user stack|address 0x[0-9a-f]+ is (?:not mapped|excluded from the dump by its filter))\)$/,
    why: 'crash says the same as an error.',
  },
  {
    command: /^(?:foreach .*)?ps -[cp]/,
    line: /^PID: 0 .*"swapper\/0"$/,
    why: 'The first task is its own parent in memory; it is no child of itself.',
  },
];
