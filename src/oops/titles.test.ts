import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findReports } from './find-reports.ts';

/** A report's first lines, its stack, and the title and class that it must have. */
type Row = readonly [head: string, stack: string, title: string, type?: string];

function logOf(head: string, stack: string): { number: number; text: string; seconds: number }[] {
  const frames =
    stack === '' ? [] : stack.split(' ').map((f) => (/[:)>]$/.test(f) ? f.replaceAll('_', ' ') : ` ${f}+0x10/0x80`));
  return [...head.split('\n'), ...frames, ''].map((text, i) => ({ number: i + 1, text, seconds: 1 + i }));
}

function check(rows: readonly Row[]): void {
  for (const [head, stack, title, type] of rows) {
    const [report] = findReports(logOf(head, stack));
    assert.equal(report?.title, title, head);
    if (type !== undefined) assert.equal(report?.type, type, head);
    assert.equal(report?.corrupted, false, `${head}: ${report?.corrupted}`);
  }
}

const CALLS = 'dump_stack_lvl turn_knob press_button __x64_sys_mount do_syscall_64';
const TRACE = `Call_Trace: ${CALLS}`;

test('KASAN, from 4.4 to 6.x', () => {
  const task = 'by task a/7';
  check([
    [
      `BUG: KASAN: slab-out-of-bounds in memcpy+0x1/0x2 at addr ffff8800\nRead of size 8 ${task}`,
      TRACE,
      'KASAN: slab-out-of-bounds Read in turn_knob',
      'KASAN-READ',
    ],
    [
      `BUG: KASAN: slab-use-after-free in turn_knob+0x1/0x2\nWrite of size 8 at addr ffff8800 ${task}`,
      TRACE,
      'KASAN: slab-use-after-free Write in turn_knob',
      'KASAN-USE-AFTER-FREE-WRITE',
    ],
    [
      `BUG: KASAN: vmalloc-out-of-bounds in __list_add_valid+0x1/0x2\nWrite of size 8 at addr ffff8800 ${task}`,
      TRACE,
      'KASAN: vmalloc-out-of-bounds Write in turn_knob',
      'KASAN-WRITE',
    ],
    [
      `BUG: KASAN: null-ptr-deref in atomic_inc+0x1/0x2\nWrite of size 4 at addr 0000000000000010 ${task}`,
      TRACE,
      'KASAN: null-ptr-deref Write in turn_knob',
      'KASAN-NULL-POINTER-DEREFERENCE-WRITE',
    ],
    [
      `BUG: KASAN: user-memory-access on address 0000000000001008\nRead of size 4 ${task}`,
      TRACE,
      'KASAN: user-memory-access Read',
      'KASAN-READ',
    ],
    [
      `BUG: KASAN: invalid-access in strlen+0x1/0x2\nRead at addr f0ff000002fc2600 ${task}`,
      `Call_trace: el1h_64_sync_handler do_tag_check_fault strlen turn_knob`,
      'KASAN: invalid-access Read in turn_knob',
      'KASAN-READ',
    ],
    [
      `BUG: KASAN: double-free or invalid-free in kfree+0x1/0x2\n`,
      TRACE,
      'KASAN: invalid-free in turn_knob',
      'KASAN-INVALID-FREE',
    ],
    [
      `BUG: KASAN: double-free in kfree+0x1/0x2\nFree of addr ffff8880 ${task}`,
      TRACE,
      'KASAN: invalid-free in turn_knob',
      'KASAN-INVALID-FREE',
    ],
    [
      `BUG: KASAN: use-after-scope in turn_knob+0x1/0x2\nRead of size 8 at addr ffff8800 ${task}`,
      TRACE,
      'KASAN: use-after-scope Read in turn_knob',
      'KASAN-UNKNOWN',
    ],
  ]);
});

test('the other sanitizers', () => {
  const origin = 'Uninit_was_created_at: slab_alloc_node kmalloc_trace press_button';
  check([
    [
      'BUG: KMSAN: uninit-value in turn_knob+0x1/0x2',
      `turn_knob press_button ${origin}`,
      'KMSAN: uninit-value in turn_knob',
      'KMSAN-UNINIT-VALUE',
    ],
    [
      'BUG: KMSAN: kernel-infoleak in _copy_to_user+0x1/0x2',
      `instrument_copy_to_user _copy_to_user turn_knob ${origin}`,
      'KMSAN: kernel-infoleak in turn_knob',
      'KMSAN-INFO-LEAK',
    ],
    [
      'BUG: KMSAN: kernel-infoleak-after-free in _copy_to_iter+0x1/0x2',
      `_copy_to_iter turn_knob ${origin}`,
      'KMSAN: kernel-infoleak-after-free in turn_knob',
      'KMSAN-USE-AFTER-FREE-READ',
    ],
    [
      'BUG: KMSAN: uninit-value in aes_encrypt+0x1/0x2',
      `aes_encrypt crypto_skcipher_encrypt turn_knob ${origin}`,
      'KMSAN: uninit-value in turn_knob',
    ],
    [
      'BUG: KCSAN: data-race in press_button / turn_knob',
      TRACE,
      'KCSAN: data-race in press_button / turn_knob',
      'KCSAN-DATARACE',
    ],
    ['BUG: KCSAN: data-race in turn_knob+0x10/0x20', TRACE, 'KCSAN: data-race in turn_knob', 'KCSAN-DATARACE'],
    [
      'BUG: KCSAN: assert: race in press_button / turn_knob',
      TRACE,
      'KCSAN: assert: race in press_button / turn_knob',
      'KCSAN-ASSERT',
    ],
    [
      'BUG: KFENCE: use-after-free read in turn_knob+0x1/0x2\n\nUse-after-free read at 0x000000001 (in kfence-#23):',
      'turn_knob press_button',
      'KFENCE: use-after-free read in turn_knob',
      'KFENCE-USE-AFTER-FREE-READ',
    ],
    [
      'BUG: KFENCE: invalid free in kfree+0x1/0x2\n\nInvalid free of 0x000000001 (in kfence-#23):',
      'kfree turn_knob',
      'KFENCE: invalid free in turn_knob',
      'KFENCE-INVALID-FREE',
    ],
    [
      'UBSAN: Undefined behaviour in a/b.c:1:2\nsigned integer overflow:',
      `Call_Trace: dump_stack ubsan_epilogue handle_overflow __ubsan_handle_add_overflow turn_knob`,
      'UBSAN: undefined-behaviour in turn_knob',
      'UBSAN',
    ],
    [
      'UBSAN: array-index-out-of-bounds in a/b.c:1:2\nindex 9 is out of range',
      `Call_Trace: __ubsan_handle_out_of_bounds turn_knob`,
      'UBSAN: array-index-out-of-bounds in turn_knob',
      'MEMORY_SAFETY_UBSAN',
    ],
    [
      'UBSAN: shift-out-of-bounds in a/b.c:1:2',
      `Call_Trace: __ubsan_handle_shift_out_of_bounds turn_knob`,
      'UBSAN: shift-out-of-bounds in turn_knob',
      'UBSAN',
    ],
  ]);
});

test('page faults on every CPU', () => {
  const NULL = 'BUG: unable to handle kernel NULL pointer dereference in turn_knob';
  const PAGING = 'BUG: unable to handle kernel paging request in turn_knob';
  check([
    [
      'BUG: unable to handle kernel NULL pointer dereference at 0000000000000010\nIP: [<ffffffff81000000>] turn_knob+0x10/0x80',
      TRACE,
      NULL,
      'NULL-POINTER-DEREFERENCE',
    ],
    [
      'BUG: unable to handle page fault for address: ffffffffffffffd0\nRIP: 0010:memset+0x9/0x10',
      TRACE,
      PAGING,
      'MEMORY_SAFETY_BUG',
    ],
    ['BUG: kernel NULL pointer dereference, address: 0000000000000010\nEIP: turn_knob+0x10/0x80', TRACE, NULL],
    [
      'Unable to handle kernel NULL pointer dereference at virtual address 00000010\nPC is at turn_knob+0x10/0x80\nLR is at press_button+0x1/0x2',
      'Backtrace: turn_knob',
      NULL,
    ],
    [
      'Unable to handle kernel paging request at virtual address dfff800000000001\npc : turn_knob+0x10/0x80\nlr : press_button+0x1/0x2',
      `Call_trace: turn_knob press_button`,
      PAGING,
    ],
    [
      'Unable to handle kernel access to user memory without uaccess routines at virtual address 0000000000000018\nepc : turn_knob+0x10/0x80\n ra : press_button+0x1/0x2',
      'Call_Trace: turn_knob press_button',
      'BUG: unable to handle kernel access to user memory in turn_knob',
      '',
    ],
    [
      'BUG: Kernel NULL pointer dereference on read at 0x00000010\nFaulting instruction address: 0xc000000000a5b180\nNIP [c000000000a5b180] turn_knob+0x10/0x80\nLR [c000000000a5b1a0] press_button+0x1/0x2',
      'Call_Trace: turn_knob',
      NULL,
    ],
    [
      'Unable to handle kernel pointer dereference in virtual kernel address space\nFailing address: 0000000000000000 TEID: 0000000000000483\nKrnl PSW : 0704c00180000000 000000000012c2f8 (turn_knob+0x10/0x80)',
      'Call_Trace: turn_knob',
      PAGING,
    ],
    [
      'CPU 1 Unable to handle kernel paging request at virtual address 0000000000000000, era == 90000000002a1b3c, ra == 9000000000204a\npc 90000000002a1b3c ra 90000000002a1b5c tp 9000000104fb0000 sp 9000000104fb3cf0\n   ERA: 90000000002a1b3c turn_knob+0x10/0x80',
      'Call_Trace: turn_knob',
      PAGING,
    ],
    [
      'Unhandled fault: page domain fault (0x01b) at 0x00000e30\nPC is at turn_knob+0x10/0x80',
      'Backtrace: turn_knob',
      'Unhandled fault in turn_knob',
      'DoS',
    ],
    [
      'Internal error: synchronous external abort: 0000000096000010 [#1] PREEMPT SMP\npc : turn_knob+0x10/0x80',
      'Call_trace: turn_knob',
      'Internal error in turn_knob',
      'DoS',
    ],
  ]);
});

test('other exceptions of the CPU', () => {
  check([
    [
      'general protection fault: 0000 [#1] SMP KASAN\nRIP: 0010:[<ffffffff81000000>]  [<ffffffff81000000>] turn_knob+0x10/0x80',
      TRACE,
      'general protection fault in turn_knob',
      'DoS',
    ],
    [
      'Oops: general protection fault, probably for non-canonical address 0xdffffc0000000001: 0000 [#1] SMP\nRIP: 0010:__list_del_entry_valid+0x10/0x80',
      TRACE,
      'general protection fault in turn_knob',
    ],
    ['stack segment: 0000 [#1] SMP\nRIP: 0010:turn_knob+0x10/0x80', TRACE, 'stack segment fault in turn_knob', 'DoS'],
    ['Oops: divide error: 0000 [#1] SMP\nRIP: 0010:turn_knob+0x10/0x80', TRACE, 'divide error in turn_knob'],
    ['divide_error: 0000 [#1] SMP\nRIP: 0010:turn_knob+0x10/0x80', TRACE, 'divide error in turn_knob'],
    ['invalid opcode: 0000 [#1] SMP\nRIP: 0010:turn_knob+0x10/0x80', TRACE, 'invalid opcode in turn_knob', 'DoS'],
    [
      'PANIC: double fault, error_code: 0x0\nRIP: 0010:turn_knob+0x10/0x80',
      TRACE,
      'PANIC: double fault in turn_knob',
      'DoS',
    ],
  ]);
});

test('BUG() and what begins with BUG', () => {
  check([
    ['kernel BUG at a/b.c:12!\nRIP: 0010:turn_knob+0x10/0x80', TRACE, 'kernel BUG in turn_knob', 'BUG'],
    [
      'kernel BUG at net/core/skbuff.c:110!\nRIP: 0010:skb_panic+0x10/0x80',
      'Call_Trace: skb_over_panic skb_put turn_knob',
      'kernel BUG in turn_knob',
    ],
    [
      'kernel BUG at lib/list_debug.c:53!\nRIP: 0010:__list_del_entry_valid+0x10/0x80',
      TRACE,
      'BUG: corrupted list in turn_knob',
      'MEMORY_SAFETY_BUG',
    ],
    [
      'kernel BUG at mm/usercopy.c:102!\nRIP: 0010:usercopy_abort+0x10/0x80',
      'Call_Trace: __check_heap_object __check_object_size turn_knob',
      'BUG: bad usercopy in turn_knob',
      'BUG',
    ],
    [
      'BUG: rwlock bad magic on CPU#0, a/7, ffff8800',
      'Call_Trace: rwlock_bug do_raw_write_lock _raw_write_lock turn_knob',
      'BUG: rwlock bad magic in turn_knob',
      'LOCKDEP',
    ],
    [
      'BUG: spinlock cpu recursion on CPU#1, a/7',
      'Call_Trace: spin_dump do_raw_spin_lock turn_knob',
      'BUG: spinlock cpu recursion in turn_knob',
      'LOCKDEP',
    ],
    [
      'BUG: scheduling while atomic: a/7/0x00000002\nModules linked in:',
      'Call_Trace: dump_stack __schedule_bug __schedule schedule schedule_timeout turn_knob',
      'BUG: scheduling while atomic in turn_knob',
      'ATOMIC_SLEEP',
    ],
    [
      'BUG: sleeping function called from invalid context at kernel/locking/mutex.c:580\nin_atomic(): 1, irqs_disabled(): 0, pid: 7, name: a',
      'Call_Trace: dump_stack ___might_sleep __mutex_lock mutex_lock_nested turn_knob',
      'BUG: sleeping function called from invalid context in turn_knob',
      'ATOMIC_SLEEP',
    ],
    [
      'BUG: using smp_processor_id() in preemptible [00000000] code: a/7\ncaller is debug_smp_processor_id+0x1/0x2',
      'Call_Trace: check_preemption_disabled debug_smp_processor_id turn_knob',
      'BUG: using smp_processor_id() in preemptible code in turn_knob',
      'LOCKDEP',
    ],
    ['BUG: Bad page map in process a  pte:ffff8800 pmd:00000000', TRACE, 'BUG: Bad page map', ''],
    [
      'BUG: workqueue leaked lock or atomic: kworker/0:1/0x00000000/7\n     last function: turn_knob',
      '',
      'BUG: workqueue leaked lock or atomic in turn_knob',
    ],
    [
      'BUG: TASK stack guard page was hit at ffffc90000000000 (stack is ffffc90000000000..ffffc90000003fff)\nRIP: 0010:dig+0x10/0x80',
      'Call_Trace: dig dig turn_knob __x64_sys_mount do_syscall_64',
      'BUG: stack guard page was hit in sys_mount',
      '',
    ],
    [
      'BUG kmalloc-64 (Not tainted): Redzone overwritten',
      TRACE,
      'BUG kmalloc-64 (Not tainted): Redzone overwritten'.replace('64', 'NUM'),
      '',
    ],
    ['BUG kmalloc-64 (Tainted: G    B ): Object already free', TRACE, 'BUG: Object already free', 'DoS'],
  ]);
});

test('warnings', () => {
  check([
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
  check([
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
      'WARNING: suspicious RCU usage\n6.1.0 #1 Not tainted\n-----------------------------\na/b.c:12 suspicious rcu_dereference_check() usage!\nstack backtrace:',
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

test('stalls and hangs', () => {
  const loop =
    'asm_sysvec_apic_timer_interrupt _raw_spin_lock turn_knob press_button vfs_ioctl __x64_sys_ioctl do_syscall_64';
  const noticed =
    'Call_Trace: <IRQ> sched_show_task rcu_dump_cpu_stacks rcu_sched_clock_irq __sysvec_apic_timer_interrupt </IRQ>';
  check([
    [
      'rcu: INFO: rcu_preempt self-detected stall on CPU',
      `${noticed} ${loop}`,
      'INFO: rcu detected stall in press_button',
      'HANG',
    ],
    [
      'INFO: rcu_sched detected expedited stalls on CPUs/tasks: { 1-... } 21000 jiffies',
      `${noticed} ${loop}`,
      'INFO: rcu detected stall in press_button',
      'HANG',
    ],
    [
      'watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [a:7]\nRIP: 0010:turn_knob+0x1/0x2',
      'Call_Trace: press_button __x64_sys_mount do_syscall_64',
      'BUG: soft lockup in sys_mount',
      'HANG',
    ],
    [
      'INFO: task a:7 blocked for more than 143 seconds.\n      Not tainted 6.1.0 #1',
      'Call_Trace: context_switch __schedule schedule rwsem_down_write_slowpath down_write turn_knob',
      'INFO: task hung in turn_knob',
      'HANG',
    ],
    [
      'INFO: task a:7 blocked for more than 143 seconds.',
      'Call_Trace: __schedule schedule schedule_timeout wait_for_completion __synchronize_srcu synchronize_srcu_expedited turn_knob',
      'INFO: task hung in synchronize_rcu',
      'HANG',
    ],
    [
      'INFO: task a:7 blocked for more than 143 seconds.',
      'Call_Trace: __schedule schedule __mutex_lock rtnl_lock turn_knob',
      'INFO: task hung in rtnl_lock',
      'HANG',
    ],
    [
      "INFO: task a:7 can't die for more than 143 seconds.",
      'Call_Trace: __schedule schedule turn_knob',
      "INFO: task can't die in turn_knob",
      'HANG',
    ],
  ]);
});

test('panics, leaks and the rest', () => {
  check([
    [
      'Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in: turn_knob+0x1/0x2',
      TRACE,
      'kernel panic: stack is corrupted in turn_knob',
      'DoS',
    ],
    [
      'Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in: ffffffff81000000',
      'Call_Trace: dump_stack panic __stack_chk_fail turn_knob',
      'kernel panic: stack is corrupted in turn_knob',
    ],
    [
      'Kernel panic - not syncing: corrupted stack end detected inside scheduler',
      'Call_Trace: panic __schedule schedule turn_knob __x64_sys_mount do_syscall_64',
      'kernel panic: corrupted stack end in sys_mount',
    ],
    [
      'Kernel panic - not syncing: EXT4-fs (device loop0): panic forced after error',
      TRACE,
      'kernel panic: EXT4-fs (device loop0): panic forced after error',
      'DoS',
    ],
    [
      'BUG: memory leak\nunreferenced object 0xffff8881 (size 64):\n  backtrace (crc 12ab34cd):',
      '__kmalloc kmemdup alloc_knob turn_knob',
      'memory leak in turn_knob',
      'LEAK',
    ],
    [
      'unregister_netdevice: waiting for lo to become free. Usage count = 2',
      '',
      'unregister_netdevice: waiting for DEV to become free',
      'DoS',
    ],
    ['BUG: Bad rss-counter state mm:ffff8801 idx:1 val:2', '', 'BUG: Bad rss-counter state', ''],
    [
      'VFS: Busy inodes after unmount of loop0. Self-destruct in 5 seconds.',
      '',
      'VFS: Busy inodes after unmount (use-after-free)',
      'DoS',
    ],
  ]);
});

test('what another task prints into a report is not its own', () => {
  const [report] = findReports(
    logOf(
      'WARNING: suspicious RCU usage\n6.1.0 #1 Not tainted\nFAULT_INJECTION: forcing a failure.\na/b.c:12 suspicious rcu_dereference_check() usage!',
      TRACE,
    ),
  );
  assert.equal(report?.title, 'WARNING: suspicious RCU usage');
  assert.notEqual(report?.corrupted, false);
});

test('what an interrupt interrupted is not the cause', () => {
  const stack =
    'Call_Trace: <IRQ> kmem_cache_free rcu_do_batch rcu_core handle_softirqs __irq_exit_rcu </IRQ> asm_sysvec_apic_timer_interrupt turn_knob press_button';
  check([['kernel BUG at mm/slub.c:12!\nRIP: 0010:kfree+0x1/0x2', stack, 'kernel BUG in rcu_do_batch']]);
});
