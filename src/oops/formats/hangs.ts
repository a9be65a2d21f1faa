import type { ReportFormat } from '../report-format.ts';

const stall = {
  severity: 'stuck',
  kind: 'rcu-stall',
  title: 'INFO: rcu detected stall in {frame}',
  alt: ['stall in {frame}'],
  type: 'HANG',
  culprit: 'interrupt',
} as const;
const hang = { severity: 'stuck', kind: 'task-hung', type: 'HANG', culprit: 'wait' } as const;

/** kernel/rcu/tree_stall.h, kernel/watchdog.c, kernel/hung_task.c. */
export const hangFormats = (): readonly ReportFormat[] => [
  {
    ...stall,
    start:
      /^(?:rcu: )?INFO: (?:rcu_(?:sched|preempt|bh|tasks\w*)|rcuc?|\w{1,20}) (?:self-)?detected(?: expedited)? stalls?/,
  },
  { ...stall, start: /^(?:rcu: )?(?:INFO: )?(?:rcu_\w+) (?:kthread starved|kthread timer wakeup didn't happen) for/ },
  { ...stall, start: /^(?:rcu: )?INFO: (?:\w+ )?(?:rcu_tasks\w*|.*) detected stalls? on tasks/ },
  {
    ...stall,
    kind: 'soft-lockup',
    start: /^(?:NMI )?(?:watchdog: )?BUG: soft lockup/,
    title: 'BUG: soft lockup in {frame}',
    culprit: 'anchor',
  },
  {
    ...stall,
    kind: 'hard-lockup',
    start: /^(?:NMI )?watchdog: .{0,60}\bhard LOCKUP/i,
    title: 'hard lockup in {frame}',
    culprit: 'anchor',
  },
  {
    ...hang,
    start: /^INFO: task .{1,64} (?:blocked|is blocked|is in I\/O wait|blocked in I\/O wait) for more than \d+ seconds/,
    title: 'INFO: task hung in {frame}',
    alt: ['hang in {frame}'],
  },
  {
    ...hang,
    start: /^INFO: task .{1,64} can't die for more than \d+ seconds/,
    culprit: 'trace',
    traceOnly: true,
    skip: /schedule/,
    title: "INFO: task can't die in {frame}",
    alt: ['hang in {frame}'],
  },
  {
    severity: 'stuck',
    kind: 'hang',
    start: /^unregister_netdevice: waiting for (?<dev>\S+) to become free/,
    title: 'unregister_netdevice: waiting for DEV to become free',
    type: 'DoS',
    culprit: 'none',
    noTrace: true,
  },
];
