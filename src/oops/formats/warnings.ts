import type { ReportFormat } from '../report-format.ts';

const warning = { severity: 'warning', kind: 'warning', type: 'WARNING', culprit: 'trace', unnamed: true } as const;

/**
 * The line of a WARN(): `WARNING: CPU: 1 PID: 2 at file:line function+0x1/0x2` (kernel/panic.c, __warn()); `WARNING: at
 * file:line function+..` without the CPU in 3.x and on some CPUs; since 6.18 `WARNING: file:line at function, CPU#1: comm/2`.
 */
function warn(file: string, fn = '[^\\s+,]+'): RegExp {
  return new RegExp(
    `^WARNING: (?:(?:CPU: \\d+ )?(?:PID: \\d+ )?at (?:\\S*/)?${file}:\\d+ (?<fn>${fn})|(?:\\[.{0,200}\\] )?(?:\\S*/)?${file}:\\d+ at (?<at>${fn}))`,
  );
}

const OBJECTS = /debug_|rcu|hrtimer_|timer_|work_|percpu_|vunmap|vfree|__free_|kobject_/;

/** Warnings whose file tells more than the function that called WARN(). */
export const warningFormats = (): readonly ReportFormat[] => [
  {
    ...warning,
    start: warn('lib/debugobjects\\.c'),
    kind: 'odebug',
    title: 'WARNING: ODEBUG bug in {frame}',
    skip: OBJECTS,
  },
  {
    ...warning,
    start: warn('mm/usercopy\\.c'),
    kind: 'usercopy',
    title: 'WARNING: bad usercopy in {frame}',
    skip: /usercopy|__check/,
  },
  { ...warning, start: warn('lib/kobject\\.c'), title: 'WARNING: kobject bug in {frame}', skip: /kobject_/ },
  {
    ...warning,
    start: warn('fs/proc/generic\\.c', 'proc_register[^\\s+,]*'),
    title: 'WARNING: proc registration bug in {frame}',
    skip: /proc_/,
  },
  {
    ...warning,
    start: warn('lib/refcount\\.c'),
    kind: 'refcount',
    title: 'WARNING: refcount bug in {frame}',
    type: 'REFCOUNT_WARNING',
    skip: /refcount|kobject_/,
  },
  {
    ...warning,
    start: warn('kernel/locking/lockdep\\.c', '\\w*lock_[^\\s+,]*'),
    kind: 'lockdep',
    title: 'WARNING: locking bug in {frame}',
    skip: /lock_sock|release_sock/,
    type: 'LOCKDEP',
  },
  {
    ...warning,
    start: warn('mm/\\S+\\.c', '(?:k?.?malloc)[^\\s+,]*'),
    title: 'WARNING: kmalloc bug in {frame}',
    skip: /slab|kmem/,
  },
  {
    ...warning,
    start: warn('mm/vmalloc\\.c', '\\w*__vmalloc_node[^\\s+,]*'),
    title: 'WARNING: zero-size vmalloc in {frame}',
  },
  {
    ...warning,
    start: warn('drivers/usb/core/urb\\.c', 'usb_submit_urb[^\\s+,]*'),
    title: 'WARNING in {frame}/usb_submit_urb',
    skip: /usb_(?:submit_urb|start_wait_urb|bulk_msg|interrupt_msg|control_msg)/,
  },
  { ...warning, start: warn('[^\\s:]+'), title: 'WARNING in {frame}' },
  // without symbols
  { ...warning, start: /^WARNING: (?:CPU: \d+ )?(?:PID: \d+ )?at \S+:\d+\b/, title: 'WARNING in {frame}' },
  {
    ...warning,
    // kernels that hide the address, as 4.15 and later, are one case whatever the register
    start: /^WARNING: kernel stack (?:regs|frame pointer) at (?![0-9a-f]+ ).* has bad (?:'\w+' )?value/,
    title: 'WARNING: kernel stack regs has bad value',
    type: '',
    culprit: 'none',
    noTrace: true,
  },
  {
    ...warning,
    start: /^(?<bug>WARNING: kernel stack (?:regs|frame pointer)) at .* has bad (?<reg>'\w+')? ?value/,
    title: '{bug} has bad {reg} value',
    type: '',
    culprit: 'none',
    noTrace: true,
  },
  {
    ...warning,
    start: /^(?:WARNING: )?stack (?:recursion|going in the wrong direction)/i,
    title: 'WARNING: {0}',
    type: '',
    culprit: 'none',
    noTrace: true,
  },
  { ...warning, start: /^Badness at (?:\S+):\d+/, title: 'WARNING in {frame}' },
];
