import type { ReportFormat } from '../report-format.ts';

const lock = { severity: 'warning', kind: 'lockdep', type: 'LOCKDEP', culprit: 'trace' } as const;
/** Square brackets stood around these lines until 4.13, and INFO: where BUG: or WARNING: stands now. */
const HEAD = '^(?:\\[ )?(?<word>BUG|WARNING|INFO): ';

/** The place of the wrong use. */
const RCU_USE = /[\w./-]\.[a-z]+:\d/;
const RCU_USERS = /rcu|kmem|slab/;

function head(rest: string): RegExp {
  return new RegExp(HEAD + rest);
}

/** kernel/locking/lockdep.c and kernel/rcu/update.c. */
export const lockFormats = (): readonly ReportFormat[] => [
  {
    ...lock,
    start: /^\[ INFO: possible circular locking dependency detected/,
    next: /is trying to acquire lock/,
    title: 'possible deadlock in {frame}',
    culprit: 'taker',
  },
  {
    ...lock,
    start: head('possible circular locking dependency detected'),
    next: /is trying to acquire lock/,
    title: 'possible deadlock in {frame}',
    culprit: 'lock',
    skip: /process_one_work|(?:flush|drain|destroy)_workqueue/,
  },
  {
    ...lock,
    start: head('possible recursive locking detected'),
    next: /is trying to acquire lock/,
    title: 'possible deadlock in {frame}',
    culprit: 'taker',
  },
  {
    ...lock,
    start: head('(?:possible )?irq lock inversion dependency detected'),
    next: /just changed the state of lock/,
    title: 'possible deadlock in {frame}',
    culprit: 'taker',
  },
  {
    ...lock,
    start: /^\[ INFO: \S+-safe -> \S+-unsafe lock order detected/,
    next: /is trying to acquire/,
    title: 'possible deadlock in {frame}',
    culprit: 'taker',
  },
  {
    ...lock,
    start: head('\\S+-safe -> \\S+-unsafe lock order detected'),
    next: /is trying to (?:acquire|lock|release)|just changed the state of lock/,
    title: 'possible deadlock in {frame}',
    stackOf: /which became \S+-irq-safe at:/,
  },
  {
    ...lock,
    start: /^\[ INFO: inconsistent lock state/,
    next: /takes:$|inconsistent \{/,
    title: 'inconsistent lock state in {frame}',
    culprit: 'taker',
  },
  {
    ...lock,
    start: head('inconsistent lock state'),
    next: /takes:$|inconsistent \{/,
    title: 'inconsistent lock state in {frame}',
    skip: /^valid_state$/,
  },
  {
    ...lock,
    start: /^(?:\[ )?WARNING: suspicious RCU usage/,
    kind: 'rcu-usage',
    next: RCU_USE,
    title: 'WARNING: suspicious RCU usage in {frame}',
    skip: RCU_USERS,
  },
  {
    ...lock,
    start: /^(?:\[ )?INFO: suspicious RCU usage/,
    kind: 'rcu-usage',
    next: RCU_USE,
    title: 'INFO: suspicious RCU usage in {frame}',
    type: '',
    skip: RCU_USERS,
  },
  {
    ...lock,
    start: head('bad unlock balance detected!'),
    title: '{word}: bad unlock balance in {frame}',
    culprit: 'lock',
  },
  {
    ...lock,
    start: head('bad contention detected!'),
    title: '{word}: bad contention in {frame}',
    culprit: 'lock',
  },
  {
    ...lock,
    start: head('held lock freed!'),
    title: '{word}: held lock freed in {frame}',
    next: /is freeing memory/,
    culprit: 'taker',
  },
  {
    ...lock,
    start: head('.*still has locks held!'),
    title: '{word}: still has locks held in {frame}',
    culprit: 'taker',
  },
  {
    ...lock,
    start: /^(?:\[ )?WARNING: lock held when returning to user space!/,
    title: 'WARNING: lock held when returning to user space in {frame}',
    culprit: 'taker',
    noTrace: true,
  },
  {
    ...lock,
    start: head('lock held when returning to user space!'),
    title: '{word}: lock held when returning to user space in {frame}',
    type: '',
    culprit: 'taker',
    noTrace: true,
  },
  {
    ...lock,
    start: head('Nested lock was not taken'),
    title: '{word}: nested lock was not taken in {frame}',
  },
  {
    ...lock,
    start: head('Invalid wait context'),
    title: 'WARNING: locking bug in {frame}',
    skip: /lock_sock|release_sock/,
  },
  {
    ...lock,
    start: /^INFO: trying to register non-static key/,
    title: 'INFO: trying to register non-static key in {frame}',
    type: '',
    skip: /stack|lock|IRQ/,
  },
];
