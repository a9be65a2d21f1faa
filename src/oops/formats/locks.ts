import type { ReportFormat } from '../report-format.ts';

const lock = { severity: 'warning', kind: 'lockdep', type: 'LOCKDEP', culprit: 'trace' } as const;
/** Square brackets stood around these lines until 4.13, and INFO: where BUG: or WARNING: stands now. */
const HEAD = '^(?:\\[ )?(?<word>BUG|WARNING|INFO): ';

function head(rest: string): RegExp {
  return new RegExp(HEAD + rest);
}

/** kernel/locking/lockdep.c and kernel/rcu/update.c. */
export const lockFormats: readonly ReportFormat[] = [
  ...[
    'possible (?:circular locking dependency|recursive locking)',
    '(?:possible )?(?:irq lock inversion dependency|SOFTIRQ-safe -> SOFTIRQ-unsafe lock order|HARDIRQ-safe -> HARDIRQ-unsafe lock order|\\S+-safe -> \\S+-unsafe lock order)',
  ].map(
    (what): ReportFormat => ({
      ...lock,
      start: head(`${what} detected`),
      then: /is trying to (?:acquire|lock|release)|just changed the state of lock/,
      title: 'possible deadlock in {frame}',
    }),
  ),
  {
    ...lock,
    start: head('inconsistent lock state'),
    then: /takes:$|inconsistent \{/,
    title: 'inconsistent lock state in {frame}',
  },
  {
    ...lock,
    start: head('suspicious RCU usage'),
    kind: 'rcu-usage',
    then: /suspicious rcu_|Illegal context switch|RCU used illegally|suspicious RCU usage!/,
    title: '{word}: suspicious RCU usage in {frame}',
  },
  {
    ...lock,
    start: head('bad unlock balance detected!'),
    title: '{word}: bad unlock balance in {frame}',
    then: /is trying to release/,
  },
  {
    ...lock,
    start: head('bad contention detected!'),
    title: '{word}: bad contention in {frame}',
    then: /is trying to contend/,
  },
  { ...lock, start: head('held lock freed!'), title: '{word}: held lock freed in {frame}', then: /is freeing memory/ },
  {
    ...lock,
    start: head('.*still has locks held!'),
    title: '{word}: still has locks held in {frame}',
    culprit: 'trace',
  },
  {
    ...lock,
    start: head('lock held when returning to user space!'),
    title: '{word}: lock held when returning to user space in {frame}',
    type: '',
  },
  { ...lock, start: head('Nested lock was not taken'), title: '{word}: nested lock was not taken in {frame}' },
  { ...lock, start: head('Invalid wait context'), title: '{word}: Invalid wait context in {frame}' },
  {
    ...lock,
    start: /^INFO: trying to register non-static key/,
    title: 'INFO: trying to register non-static key in {frame}',
    type: '',
  },
];
