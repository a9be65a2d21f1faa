import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkTitles, TRACE, titleLog } from '../../test/corpus/title-rows.ts';
import { findReports } from './find-reports.ts';

test('stalls and hangs', () => {
  const loop =
    'asm_sysvec_apic_timer_interrupt _raw_spin_lock turn_knob press_button vfs_ioctl __x64_sys_ioctl do_syscall_64';
  const noticed =
    'Call_Trace: <IRQ> sched_show_task rcu_dump_cpu_stacks rcu_sched_clock_irq __sysvec_apic_timer_interrupt </IRQ>';
  checkTitles([
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
  checkTitles([
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
    titleLog(
      'WARNING: suspicious RCU usage\n6.1.0 #1 Not tainted\nFAULT_INJECTION: forcing a failure.\na/b.c:12 suspicious rcu_dereference_checkTitles() usage!',
      TRACE,
    ),
  );
  assert.equal(report?.title, 'WARNING: suspicious RCU usage');
  assert.notEqual(report?.corrupted, false);
});

test('what an interrupt interrupted is not the cause', () => {
  const stack =
    'Call_Trace: <IRQ> kmem_cache_free rcu_do_batch rcu_core handle_softirqs __irq_exit_rcu </IRQ> asm_sysvec_apic_timer_interrupt turn_knob press_button';
  checkTitles([['kernel BUG at mm/slub.c:12!\nRIP: 0010:kfree+0x1/0x2', stack, 'kernel BUG in rcu_do_batch']]);
});
