import { test } from 'node:test';
import { checkTitles, TRACE } from '../../test/corpus/title-rows.ts';

test('page faults on every CPU', () => {
  const NULL = 'BUG: unable to handle kernel NULL pointer dereference in turn_knob';
  const PAGING = 'BUG: unable to handle kernel paging request in turn_knob';
  checkTitles([
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
  checkTitles([
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
  checkTitles([
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
      'BUG: Bad page state in process a  pfn:11940\npage dumped because: PAGE_FLAGS_CHECK_AT_FREE flag(s) set',
      'Call_Trace: dump_stack_lvl bad_page.cold __free_pages_ok turn_knob',
      'BUG: Bad page state in turn_knob',
      '',
    ],
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
