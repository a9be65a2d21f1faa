import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FrameData, TaskStack } from '../report/stack-data.ts';
import { findCrashSite } from './crash-site.ts';
import { findFatalLine } from './fatal-log.ts';

/** `name` a call, `!name` an interrupted frame, `user` user mode. */
function stack(...names: string[]): TaskStack {
  const frames = names.map((n): FrameData => {
    const interrupted = n.startsWith('!') || n === 'user';
    const symbol = n === 'user' ? null : n.replace('!', '');
    return {
      pc: '0x0000000000000001',
      symbol,
      offset: 1,
      size: 2,
      module: null,
      inlined: false,
      file: null,
      line: null,
      column: null,
      trust: 'orc',
      stack: n === 'user' ? 'user' : 'task',
      sp: '0x0000000000000001',
      interrupted,
    };
  });
  return { pid: 1, comm: 'x', task: '0x0000000000000001', cpu: 0, frames };
}

function site(stuck: boolean, ...names: string[]): string {
  const s = stack(...names);
  const found = findCrashSite(s, stuck);
  return found ? `${s.frames[found.index]?.symbol} ${found.context} ${found.interrupted?.symbol ?? '-'}` : 'none';
}

test('RISC-V enters by one function: what that calls tells an interrupt from a fault', () => {
  const fault = ['do_page_fault', 'handle_exception', '!culprit'];
  assert.equal(
    site(false, 'panic', 'die', ...fault, 'g', 'do_irq', 'handle_exception', '!idle'),
    'culprit hardirq idle',
  );
  assert.equal(
    site(false, 'panic', 'die', ...fault, 'g', 'do_page_fault', 'handle_exception', '!h'),
    'culprit process -',
  );
  assert.equal(site(false, 'panic', 'die', 'do_page_fault', '!culprit', 'do_vint', '!idle'), 'culprit hardirq idle');
});

test('what KASAN reports was done by the code that calls its checks', () => {
  const report = ['!delay_tsc', 'panic', 'check_panic_on_warn', 'end_report'];
  assert.equal(site(false, ...report, 'kasan_report', 'reads_it', 'entry'), 'reads_it process -');
  const byCall = ['kasan_report', 'kasan_check_range', '__asan_memset'];
  assert.equal(site(false, ...report, ...byCall, 'fills_it', 'entry'), 'fills_it process -');
  const twice = ['kasan_report_invalid_free', 'check_slab_allocation', '__kasan_slab_pre_free'];
  assert.equal(site(false, ...report, ...twice, 'kfree', 'frees_it'), 'kfree process -');
  assert.equal(site(false, ...report, 'kasan_report'), 'end_report process -', 'nobody calls it');
  assert.equal(site(false, 'panic', 'kasan_save_stack', 'kfree'), 'kasan_save_stack process -', 'no report');
});

test('a fault names its place; a page fault of the task is process context', () => {
  const fault = [
    '!delay_tsc',
    'panic',
    'oops_end',
    'exc_page_fault',
    'asm_exc_page_fault',
    '!poke',
    'cm_init',
    'entry',
  ];
  assert.equal(site(false, ...fault, 'user'), 'poke process -');
});

test('a warning that ends the kernel: the place is what warned', () => {
  const x86 = ['!delay_tsc', 'panic', 'check_panic_on_warn.cold', '__warn', 'report_bug', 'handle_bug'];
  const rest = ['exc_invalid_op', 'asm_exc_invalid_op', '!refcount_warn_saturate', 'puts_thing', 'user'];
  assert.equal(site(false, ...x86, ...rest), 'refcount_warn_saturate process -');
});

test('a CPU that was stopped meanwhile stands where the interrupt found it', () => {
  assert.equal(site(true, '!local_cpu_stop', 'do_handle_IPI', 'el1_interrupt', '!spins', 'kthread'), 'spins process -');
  assert.equal(site(true, '!stop_this_cpu', 'sysvec_reboot', 'asm_sysvec_reboot', '!loops', 'user'), 'loops process -');
});

test('a fault in softirq on top of an interrupted page fault', () => {
  const names = [
    '!panic',
    'die',
    'exc_invalid_op',
    'asm_exc_invalid_op',
    '!kmem_cache_free',
    'rcu_do_batch',
    '__do_softirq',
  ];
  const rest = [
    'sysvec_apic_timer_interrupt',
    'asm_sysvec_apic_timer_interrupt',
    '!clear_page_rep',
    'asm_exc_page_fault',
    'user',
  ];
  assert.equal(site(false, ...names, ...rest), 'kmem_cache_free softirq clear_page_rep');
  const arm = [
    '!panic',
    'die',
    'el1_dbg',
    'el1h_64_sync',
    '!kmem_cache_free',
    'handle_softirqs',
    'el1_interrupt',
    'el1h_64_irq',
  ];
  assert.equal(site(false, ...arm, '!clear_page', 'el0t_64_sync', 'user'), 'kmem_cache_free softirq clear_page');
});

test('a lockup is where the interrupt found the CPU; a panic in an interrupt is not', () => {
  const names = [
    '!panic',
    'watchdog_timer_fn',
    'hrtimer_interrupt',
    'asm_sysvec_apic_timer_interrupt',
    '!spin',
    'kthread',
  ];
  assert.equal(site(true, ...names), 'spin process -');
  assert.equal(site(false, ...names), 'watchdog_timer_fn hardirq spin');
});

test('without an exception it is the caller of the dying functions', () => {
  assert.equal(
    site(false, '!vpanic', 'panic', 'sysrq_handle_crash', 'write_sysrq_trigger', 'user'),
    'sysrq_handle_crash process -',
  );
  assert.equal(site(false, '__crash_kexec', 'panic', 'out_of_memory'), 'out_of_memory process -');
  assert.equal(
    site(false, '!__delay_cycles', '__delay', 'panic', 'sysrq_handle_crash'),
    'sysrq_handle_crash process -',
  );
  assert.equal(site(false), 'none');
});

test('an interrupt that came while the kernel was dying is not the place', () => {
  const waiting = [
    '!arch_counter_read',
    'handle_irq',
    'el1h_64_irq',
    '!__delay_cycles',
    '__const_udelay',
    'panic',
    'die',
  ];
  const fault = ['die_kernel_fault', 'el1_abort', 'el1h_64_sync', '!poke', 'cm_init', 'el0t_64_sync', 'user'];
  assert.equal(site(false, ...waiting, ...fault), 'poke process -');
});

test('a stack without any dying function is where the CPU was', () => {
  assert.equal(site(false, '!spin', 'kthread'), 'spin process -');
});

test('the first fatal line of the kind that the panic line names', () => {
  const log = [
    'Linux version 6.1',
    'INFO: task a blocked for more than 120 seconds.',
    'BUG: kernel NULL pointer dereference, address: 00000000000000d0',
    'Oops: 0000 [#1] PREEMPT SMP NOPTI',
    'Kernel panic - not syncing: Fatal exception',
  ];
  const found = (texts: readonly string[]): unknown => {
    const line = findFatalLine(texts);
    return line && { index: line.index, kind: line.kind };
  };
  assert.deepEqual(found(log), { index: 2, kind: 'NULL pointer dereference' });
  assert.deepEqual(found([...log.slice(0, 2), 'Kernel panic - not syncing: hung_task: blocked tasks']), {
    index: 1,
    kind: 'hung task',
  });
  assert.deepEqual(found(['x', 'sysrq: Trigger a crash', 'Kernel panic - not syncing: sysrq triggered crash']), {
    index: 1,
    kind: 'crash requested through sysrq',
  });
  assert.equal(findFatalLine(['nothing', 'here']), undefined);
});
