import type { ReportFormat } from '../report-format.ts';

const lock = { severity: 'warning', kind: 'lockdep', type: 'LOCKDEP', culprit: 'trace' } as const;
/** Square brackets stood around these lines until 4.13, and INFO: where BUG: or WARNING: stands now. */
const HEAD = '^(?:\\[ )?(?<word>BUG|WARNING|INFO): ';

/** Reports of locks that are taken in an order that can deadlock. */
const ORDER = [
  'possible (?:circular locking dependency|recursive locking)',
  '(?:possible )?irq lock inversion dependency',
];
const RCU_USE = /suspicious rcu_|Illegal context switch|RCU used illegally|suspicious RCU usage!|RCU-list traversed/;
const CUT = 'the lines that tell the lock are missing';

function head(rest: string): RegExp {
  return new RegExp(HEAD + rest);
}

/** kernel/locking/lockdep.c and kernel/rcu/update.c. */
export const lockFormats: readonly ReportFormat[] = [
  ...ORDER.map(
    (what): ReportFormat => ({
      ...lock,
      start: head(`${what} detected`),
      heading: true,
      next: /is trying to (?:acquire|lock|release)|just changed the state of lock/,
      title: 'possible deadlock in {frame}',
      culprit: 'lock',
    }),
  ),
  {
    ...lock,
    start: head('\\S+-safe -> \\S+-unsafe lock order detected'),
    heading: true,
    next: /is trying to (?:acquire|lock|release)|just changed the state of lock/,
    title: 'possible deadlock in {frame}',
    culprit: 'lock',
    stackOf: /which became \S+-irq-safe at:/,
  },
  {
    ...lock,
    start: head('inconsistent lock state'),
    heading: true,
    next: /takes:$|inconsistent \{/,
    title: 'inconsistent lock state in {frame}',
    culprit: 'lock',
  },
  {
    ...lock,
    start: /^(?:\[ )?WARNING: suspicious RCU usage/,
    kind: 'rcu-usage',
    heading: true,
    next: RCU_USE,
    title: 'WARNING: suspicious RCU usage in {frame}',
  },
  {
    ...lock,
    start: /^(?:\[ )?INFO: suspicious RCU usage/,
    kind: 'rcu-usage',
    heading: true,
    next: RCU_USE,
    title: 'INFO: suspicious RCU usage in {frame}',
    type: '',
  },
  {
    ...lock,
    start: head('bad unlock balance detected!'),
    title: '{word}: bad unlock balance in {frame}',
    next: /is trying to release/,
    culprit: 'lock',
  },
  {
    ...lock,
    start: head('bad contention detected!'),
    title: '{word}: bad contention in {frame}',
    next: /is trying to contend/,
    culprit: 'lock',
  },
  {
    ...lock,
    start: head('held lock freed!'),
    title: '{word}: held lock freed in {frame}',
    heading: true,
    next: /is freeing memory/,
    culprit: 'lock',
  },
  {
    ...lock,
    start: head('.*still has locks held!'),
    title: '{word}: still has locks held in {frame}',
    culprit: 'lock',
  },
  {
    ...lock,
    start: head('lock held when returning to user space!'),
    title: '{word}: lock held when returning to user space in {frame}',
    type: '',
    culprit: 'lock',
    noTrace: true,
  },
  {
    ...lock,
    start: head('Nested lock was not taken'),
    title: '{word}: nested lock was not taken in {frame}',
    culprit: 'lock',
  },
  {
    ...lock,
    start: head('Invalid wait context'),
    title: 'WARNING: locking bug in {frame}',
    culprit: 'lock',
    skip: /^lock_sock/,
  },
  {
    ...lock,
    start: /^INFO: trying to register non-static key/,
    title: 'INFO: trying to register non-static key in {frame}',
    type: '',
  },
  {
    ...lock,
    start:
      /^(?:\[ )?(?<what>WARNING: (?:possible (?:circular|recursive|irq)[\w ]+ detected|suspicious RCU usage|inconsistent lock state|held lock freed!|bad unlock balance detected!))/,
    title: '{what}',
    type: 'WARNING',
    culprit: 'none',
    corrupted: CUT,
  },
  {
    ...lock,
    start:
      /^(?:\[ )?INFO: (?<what>possible (?:circular|recursive|irq)[\w ]+ detected|suspicious RCU usage|inconsistent lock state)/,
    title: 'INFO: {what} in {frame}',
    type: '',
    corrupted: CUT,
  },
];
