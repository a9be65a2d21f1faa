import type { ReportFormat } from '../report-format.ts';

const warning = { severity: 'warning', kind: 'warning', type: 'WARNING', culprit: 'trace', unnamed: true } as const;

/**
 * The line of a WARN(): `WARNING: CPU: 1 PID: 2 at file:line function+0x1/0x2` (kernel/panic.c, __warn()); `WARNING: at
 * file:line function+..` without the CPU in 3.x and on some CPUs; since 6.18 `WARNING: file:line at function, CPU#1: comm/2`.
 */
function warn(file: string): RegExp {
  return new RegExp(
    `^WARNING: (?:(?:CPU: \\d+ )?(?:PID: \\d+ )?at (?:\\S*/)?${file}:\\d+(?: (?<fn>[^\\s+]+))?|(?:\\S*/)?${file}:\\d+ at (?<at>[^\\s+,]+))`,
  );
}

/** A size that kmalloc() and kvmalloc() refuse. */
const KMALLOC =
  /^WARNING: (?:(?:CPU: \d+ )?(?:PID: \d+ )?at \S+:\d+ (?<fn>kmalloc_slab|kvmalloc_node|__kvmalloc_node)|\S+:\d+ at (?<at>kmalloc_slab|kvmalloc_node|__kvmalloc_node))/;

/** Warnings whose file tells more than the function that called WARN(). */
export const warningFormats: readonly ReportFormat[] = [
  {
    ...warning,
    start: warn('lib/debugobjects\\.c'),
    kind: 'odebug',
    title: 'WARNING: ODEBUG bug in {frame}',
    skip: /^(?:debug_|__debug_|kfree|kvfree|kmem_cache_free|slab_free|__free_pages|free_)/,
  },
  {
    ...warning,
    start: warn('mm/usercopy\\.c'),
    kind: 'usercopy',
    title: 'WARNING: bad usercopy in {frame}',
    skip: /usercopy|^__check_object_size|^check_heap_object/,
  },
  {
    ...warning,
    start: warn('lib/kobject\\.c'),
    title: 'WARNING: kobject bug in {frame}',
    skip: /^kobject_|^device_(?:add|register|create)|^kset_/,
  },
  {
    ...warning,
    start: warn('fs/proc/generic\\.c'),
    title: 'WARNING: proc registration bug in {frame}',
    skip: /^_?_?(?:proc_|remove_proc_)/,
  },
  {
    ...warning,
    start: warn('lib/refcount\\.c'),
    kind: 'refcount',
    title: 'WARNING: refcount bug in {frame}',
    type: 'REFCOUNT_WARNING',
  },
  {
    ...warning,
    start: warn('kernel/locking/lockdep\\.c'),
    kind: 'lockdep',
    title: 'WARNING: locking bug in {frame}',
    skip: /^lock_sock/,
    type: 'LOCKDEP',
  },
  {
    ...warning,
    start: KMALLOC,
    title: 'WARNING: kmalloc bug in {frame}',
  },
  {
    ...warning,
    start: warn('mm/vmalloc\\.c'),
    next: /__vmalloc_node_range/,
    title: 'WARNING: zero-size vmalloc in {frame}',
  },
  {
    ...warning,
    start: warn('drivers/usb/core/urb\\.c'),
    title: 'WARNING in {frame}/usb_submit_urb',
    skip: /^usb_(?:submit_urb|start_wait_urb|internal_control_msg|control_msg|bulk_msg|interrupt_msg)/,
  },
  { ...warning, start: warn('[^\\s:]+'), title: 'WARNING in {frame}' },
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
