import { test } from 'node:test';
import { checkTitles, TRACE } from '../../test/corpus/title-rows.ts';

test('warnings', () => {
  checkTitles([
    [
      'WARNING: CPU: 1 PID: 7 at a/b.c:12 turn_knob+0x10/0x80\nRIP: 0010:turn_knob+0x10/0x80',
      TRACE,
      'WARNING in turn_knob',
      'WARNING',
    ],
    [
      'WARNING: a/b.c:12 at turn_knob+0x10/0x80, CPU#1: a/7\nRIP: 0010:turn_knob+0x10/0x80',
      TRACE,
      'WARNING in turn_knob',
    ],
    [
      'WARNING: [full] a/b.c:12 at turn_knob+0x10/0x80, CPU#1: a/7\nRIP: 0010:turn_knob+0x10/0x80',
      TRACE,
      'WARNING in turn_knob',
    ],
    [
      'WARNING: at a/b.c:12 turn_knob+0x10/0x80()',
      'Call_Trace: dump_stack warn_slowpath_common warn_slowpath_null turn_knob',
      'WARNING in turn_knob',
    ],
    [
      'WARNING: CPU: 1 PID: 7 at lib/refcount.c:28 refcount_warn_saturate+0x10/0x80\nRIP: 0010:refcount_warn_saturate+0x10/0x80',
      'Call_Trace: __refcount_sub_and_test kobject_put turn_knob',
      'WARNING: refcount bug in turn_knob',
      'REFCOUNT_WARNING',
    ],
    [
      'WARNING: CPU: 1 PID: 7 at lib/debugobjects.c:505 debug_print_object+0x10/0x80\nRIP: 0010:debug_print_object+0x10/0x80',
      'Call_Trace: __debug_check_no_obj_freed kfree turn_knob',
      'WARNING: ODEBUG bug in turn_knob',
      'WARNING',
    ],
    [
      'WARNING: CPU: 1 PID: 7 at kernel/locking/lockdep.c:5000 lock_release+0x10/0x80\nRIP: 0010:lock_release+0x10/0x80',
      'Call_Trace: release_sock turn_knob',
      'WARNING: locking bug in turn_knob',
      'LOCKDEP',
    ],
    [
      'WARNING: CPU: 1 PID: 7 at mm/util.c:632 kvmalloc_node+0x10/0x80\nRIP: 0010:kvmalloc_node+0x10/0x80',
      TRACE,
      'WARNING: kmalloc bug in turn_knob',
      'WARNING',
    ],
    [
      'WARNING: CPU: 1 PID: 7 at mm/page_alloc.c:5000 __alloc_pages+0x10/0x80\nRIP: 0010:__alloc_pages+0x10/0x80',
      'Call_Trace: alloc_pages kmalloc_order turn_knob',
      'WARNING in turn_knob',
    ],
    [
      'WARNING: CPU: 1 PID: 7 at drivers/usb/core/urb.c:503 usb_submit_urb+0x10/0x80\nRIP: 0010:usb_submit_urb+0x10/0x80',
      'Call_Trace: usb_start_wait_urb usb_bulk_msg turn_knob',
      'WARNING in turn_knob/usb_submit_urb',
    ],
    [
      "WARNING: kernel stack regs at ffff8801 in a:7 has bad 'bp' value 0000",
      '',
      "WARNING: kernel stack regs has bad 'bp' value",
      '',
    ],
    ['WARNING: the knob of eth0 is at 12', '', 'WARNING: the knob of eth0 is at NUM', 'WARNING'],
  ]);
});

test('the lock checker', () => {
  const task =
    '6.1.0 #1 Not tainted\n------------------------------------------------------\na/7 is trying to acquire lock:\n';
  checkTitles([
    [
      `WARNING: possible circular locking dependency detected\n${task}ffff8800 (&k->lock){+.+.}-{3:3}, at: turn_knob+0x10/0x80\n\nbut task is already holding lock:\nffff8801 (&b->lock){+.+.}-{3:3}, at: press_button+0x10/0x80\nstack backtrace:`,
      TRACE,
      'possible deadlock in turn_knob',
      'LOCKDEP',
    ],
    [
      `WARNING: possible recursive locking detected\n${task}ffff8800 (&k->lock){+.+.}-{3:3}, at: turn_knob+0x10/0x80\n\nbut task is already holding lock:\nffff8801 (&b->lock){+.+.}-{3:3}, at: press_button+0x10/0x80\nstack backtrace:`,
      TRACE,
      'possible deadlock in turn_knob',
      'LOCKDEP',
    ],
    [
      `WARNING: inconsistent lock state\n6.1.0 #1 Not tainted\n--------------------------------\ninconsistent {SOFTIRQ-ON-W} -> {IN-SOFTIRQ-W} usage.\na/7 [HC0[0]:SC1[1]:HE1:SE0] takes:\nffff8800 (&k->lock){+.?.}-{2:2}, at: spin_lock+0x1/0x2\nstack backtrace:`,
      'Call_Trace: print_usage_bug mark_lock_irq __lock_acquire lock_acquire _raw_spin_lock turn_knob',
      'inconsistent lock state in turn_knob',
      'LOCKDEP',
    ],
    [
      'WARNING: suspicious RCU usage\n6.1.0 #1 Not tainted\n-----------------------------\na/b.c:12 suspicious rcu_dereference_checkTitles() usage!\nstack backtrace:',
      'Call_Trace: lockdep_rcu_suspicious rcu_check turn_knob',
      'WARNING: suspicious RCU usage in turn_knob',
      'LOCKDEP',
    ],
    [
      'WARNING: bad unlock balance detected!\n6.1.0 #1 Not tainted\n-------------------------------------\na/7 is trying to release lock (&k->lock) at:\n[<ffffffff81000000>] turn_knob+0x10/0x80\nbut there are no more locks to release!\nstack backtrace:',
      TRACE,
      'WARNING: bad unlock balance in turn_knob',
      'LOCKDEP',
    ],
    [
      'WARNING: held lock freed!\n6.1.0 #1 Not tainted\n-------------------------\na/7 is freeing memory ffff8800-ffff8801, with a lock still held there!\nffff8800 (sk_lock-AF_INET){+.+.}-{0:0}, at: lock_sock+0x10/0x80\nstack backtrace:',
      TRACE,
      'WARNING: held lock freed in lock_sock',
      'LOCKDEP',
    ],
    [
      '[ BUG: Invalid wait context ]\n6.1.0 #1 Not tainted\n-----------------------------\na/7 is trying to lock:\nffff8800 (&k->lock){....}-{3:3}, at: press_button+0x1/0x2\nstack backtrace:',
      'Call_Trace: __lock_acquire lock_acquire turn_knob',
      'WARNING: locking bug in turn_knob',
      'LOCKDEP',
    ],
    [
      'INFO: trying to register non-static key.\nthe code is fine but needs lockdep annotation.',
      'Call_Trace: register_lock_class __lock_acquire _raw_spin_lock_irqsave turn_knob',
      'INFO: trying to register non-static key in turn_knob',
      '',
    ],
  ]);
});
