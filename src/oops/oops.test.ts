import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogLine } from '../log/log-line.ts';
import { findReports } from './find-reports.ts';
import { judgeLog } from './main-report.ts';
import { matchStart } from './match-start.ts';
import { mayMatter } from './may-matter.ts';
import type { OopsReport } from './oops-report.ts';
import { reconcileStacks } from './reconcile-stacks.ts';
import { ReportScanner } from './report-scanner.ts';
import { renameReport } from './report-stack.ts';
import { signatureOf } from './signature.ts';
import { parseCpuPlace, parseFrame } from './trace-frame.ts';

function lines(text: string, caller?: string): LogLine[] {
  return text
    .trim()
    .split('\n')
    .map((t, i) => ({ number: i + 1, text: t, seconds: i, ...(caller !== undefined && { caller }) }));
}

const OOPS = `
BUG: kernel NULL pointer dereference, address: 00000000000000d0
#PF: supervisor read access in kernel mode
#PF: error_code(0x0000) - not-present page
PGD 0 P4D 0
Oops: 0000 [#1] PREEMPT SMP NOPTI
CPU: 1 UID: 0 PID: 535 Comm: two words Tainted: G        W  OE      6.13.0 #1
RIP: 0010:remove_entry.isra.0+0x5/0x18 [store]
Code: 48 89 e5 <48> 8b 07
RAX: 0000000000000000 RBX: ffff888000000001 RCX: 0000000000000002
Call Trace:
 <TASK>
 ? page_fault_oops+0x17d/0x560
 drop_all+0x31/0x60 [store]
 store_ioctl.constprop.0+0x44/0x90 [store]
 __x64_sys_ioctl+0x8f/0xd0
 do_syscall_64+0x5d/0x90
 entry_SYSCALL_64_after_hwframe+0x6e/0xd8
 </TASK>
Modules linked in: store(OE) ext4
---[ end trace 0000000000000000 ]---
Kernel panic - not syncing: Fatal exception
`;

const WORDS = [
  'BUG: KASAN: use-after-free in f+0x1/0x2',
  'BUG: KFENCE: use-after-free read in f+0x1/0x2',
  'UBSAN: shift-out-of-bounds in a.c:1:2',
  'Unable to handle kernel paging request at virtual address ffff',
  'Unhandled fault: page domain fault (0x01b) at 0x00000e30',
  'Alignment trap: not handling instruction e1932f9f at [<8028bd58>]',
  'general protection fault: 0000 [#1] SMP',
  'Oops: int3: 0000 [#1]',
  'divide_error: 0000 [#1]',
  'PANIC: double fault, error_code: 0x0',
  'Internal error: synchronous external abort: 96000010 [#1]',
  'Bad mode in Synchronous Abort handler detected on CPU0, code 0x34000001',
  'Insufficient stack space to handle exception!',
  'Kernel stack overflow in process c000, r1=c000',
  'kernel BUG at a/b.c:3!',
  'WARNING: CPU: 1 PID: 2 at a/b.c:3 f+0x1/0x2',
  'WARNING: a/b.c:3 at f+0x1/0x2, CPU#1: comm/2',
  'WARNING: possible circular locking dependency detected',
  '[ BUG: bad unlock balance detected! ]',
  'rcu: INFO: rcu_preempt self-detected stall on CPU',
  'watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [a:1]',
  'NMI watchdog: Watchdog detected hard LOCKUP on cpu 1',
  'watchdog: CPU3: Watchdog detected hard LOCKUP on cpu 3',
  'INFO: task a:1 blocked for more than 120 seconds.',
  'BUG: scheduling while atomic: a/1/0x2',
  'BUG: memory leak',
  'unreferenced object 0xffff8800342540c0 (size 1864):',
  'BUG kmalloc-64 (Tainted: G    B ): Object already free',
  'a invoked oom-killer: gfp_mask=0x100(x), order=0',
  'Kernel panic - not syncing: VFS: Unable to mount root fs',
  'mce: [Hardware Error]: CPU 0: Machine Check Exception: 5 Bank 0: b200000000070005',
  'sysrq: Trigger a crash',
  'rust_kernel: panicked at a.rs:1:2:',
  'irq 16: nobody cared (try booting with the "irqpoll" option)',
  'Badness at a/b.c:3',
  'illegal operation: 0001 ilc:1 [#1] SMP ',
  'monitor event: 0040 ilc:2 [#1] SMP ',
];

test('first lines of every family are known, and the cheap test lets them pass', () => {
  for (const text of WORDS) {
    assert.ok(mayMatter(text), text);
    assert.ok(matchStart(text), text);
  }
});

test('what is no report', () => {
  for (const text of [
    'WARNING: /etc/ssh/moduli does not exist, using fixed modulus',
    'INFO: lockdep is turned off.',
    'INFO: NMI handler (perf_event_nmi_handler) took too long to run: 2.277 msecs',
    'usb 1-1: new high-speed USB device',
    'audit: type=1400 audit(1515564630.515:5): avc:  denied',
    '',
  ]) {
    assert.deepEqual(findReports([{ number: 1, text }]), [], text);
  }
});

test('an x86 oops, whole', () => {
  const [report, ...more] = findReports(lines(OOPS));
  assert.deepEqual(more, []);
  assert.equal(report?.title, 'BUG: unable to handle kernel NULL pointer dereference in remove_entry');
  assert.deepEqual(report?.altTitles, ['bad-access in remove_entry']);
  assert.equal(report?.type, 'NULL-POINTER-DEREFERENCE');
  assert.equal(report?.corrupted, false);
  assert.equal(report?.panicked, true);
  assert.deepEqual(
    [report?.reporter.cpu, report?.reporter.uid, report?.reporter.pid, report?.reporter.comm, report?.reporter.release],
    [1, 0, 535, 'two words', '6.13.0'],
  );
  assert.deepEqual(report?.reporter.taint?.letters, 'WOE');
  assert.deepEqual(report?.code, { units: ['48', '89', 'e5', '48', '8b', '07'], trap: 3 });
  assert.equal(report?.registers.rbx, 'ffff888000000001');
  assert.deepEqual(report?.modules, [
    { name: 'store', flags: 'OE' },
    { name: 'ext4', flags: '' },
  ]);
  assert.equal(report?.context?.kind, 'task');
});

test('the signature is the same over compilers, modules, addresses and the way in', () => {
  const [log] = findReports(lines(OOPS)) as [OopsReport];
  const other = OOPS.replaceAll('.isra.0', '.part.0.cold')
    .replaceAll('.constprop.0', '')
    .replaceAll('+0x44/', '+0x48/');
  assert.equal(findReports(lines(other.replaceAll('__x64_sys', '__arm64_sys')))[0]?.signature, log.signature);
  const frames = ['remove_entry', 'drop_all', 'store_ioctl', '__arm64_sys_ioctl', 'invoke_syscall'];
  const memory = renameReport(
    log,
    frames.map((name) => ({ function: name })),
  );
  assert.deepEqual([memory.title, memory.signature], [log.title, log.signature]);
  assert.notEqual(signatureOf('bug', [{ function: 'remove_entry' }]), signatureOf('bug', [{ function: 'drop_all' }]));
});

test('reports of two callers at once are kept apart', () => {
  const a = lines(OOPS, 'T535');
  const b = lines(OOPS.replaceAll('remove_entry', 'add_entry').replaceAll('535', '77'), 'T77');
  const mixed = a.flatMap((line, i) => [line, b[i] as LogLine]).map((line, number) => ({ ...line, number }));
  const reports = findReports(mixed);
  assert.deepEqual(
    reports.map((r) => [r.frame, r.reporter.pid, r.corrupted, r.caller]),
    [
      ['remove_entry', 535, false, 'T535'],
      ['add_entry', 77, false, 'T77'],
    ],
  );
});

test('a cut report says so', () => {
  const cut = findReports(lines(OOPS).slice(0, 6))[0];
  assert.equal(cut?.title, 'BUG: unable to handle kernel NULL pointer dereference in corrupted');
  assert.match(String(cut?.corrupted), /no function/);
});

test('an order of events: warnings, the fatal report, the panic', () => {
  const warning =
    'WARNING: CPU: 1 PID: 9 at a/b.c:3 early+0x1/0x20\nCPU: 1 PID: 9 Comm: a Not tainted 6.1\nRIP: 0010:early+0x1/0x20\nCall Trace:\n late+0x1/0x2\n---[ end trace 0 ]---\n';
  const verdict = judgeLog(findReports(lines(warning + warning + OOPS.trim())));
  assert.equal(verdict.main?.frame, 'remove_entry');
  assert.deepEqual(
    verdict.chain.map((g) => [g.title, g.count]),
    [
      ['WARNING in early', 2],
      ['BUG: unable to handle kernel NULL pointer dereference in remove_entry', 1],
    ],
  );
  assert.equal(verdict.panic, 'Kernel panic - not syncing: Fatal exception');
});

test('frames of every make', () => {
  assert.deepEqual(parseFrame(' [<ffffffff82d383a9>] ? dump_stack+0x12e/0x185'), {
    function: 'dump_stack',
    offset: 0x12e,
    size: 0x185,
    address: 'ffffffff82d383a9',
    guess: true,
  });
  assert.equal(parseFrame('[c000000001bb3530] [c000000001bb35a0] .foo+0x28/0x34 (unreliable)')?.guess, true);
  assert.equal(
    parseFrame('[<802b3ffc>] (write_it) from [<802e1324>] (call_it+0x6c/0x120)')?.caller?.function,
    'call_it',
  );
  assert.deepEqual(parseFrame(' f+0x1/0x2 [mod 0123456789abcdef]')?.buildId, '0123456789abcdef');
  assert.deepEqual(parseFrame('  f net/a.c:12 [inline]'), { function: 'f', file: 'net/a.c', line: 12, inlined: true });
  assert.equal(parseCpuPlace('epc : f+0x1/0x2')?.function, 'f');
  assert.equal(parseCpuPlace('Krnl PSW : 0704e00180000000 000003e000001234 (f+0x10/0x20)')?.function, 'f');
  assert.equal(parseCpuPlace('RIP: 0033:0x465209'), undefined);
});

const S390 = `kernel BUG at mm/store.c:169!
monitor event: 0040 ilc:2 [#1] SMP
CPU: 0 PID: 226 Comm: worker Tainted: G           OE      6.1.0 #1
Krnl PSW : 0704c00180000000 000003ff7fe54974 (shelve+0x1c/0x20 [store])
           R:0 T:1 IO:1 EX:1 Key:0 M:1 W:0 P:0 AS:3 CC:0 PM:0 RI:0 EA:3
Krnl GPRS: 0000000000057fa8 0000000000000000 0000000000000012 0000000000e63e38
           000003ff7fe54604 0000038000273950 0000000000000000 0000038000273d10
           0000000000000003 0000000001d191b0 0000000003069030 0000038000273bd0
           0000000003479200 000003fffa3796b8 000003ff7fe546f2 0000038000273b30
Call Trace:
 [<000003ff7fe54974>] shelve+0x1c/0x20 [store]
([<000003ff7fe546f2>] set_shelf+0xda/0x100 [store])
 [<0000000000174060>] param_attr_store+0x80/0x120
Last Breaking-Event-Address:
 [<000003ff7fe54964>] shelve+0xc/0x20 [store]
Kernel panic - not syncing: Fatal exception: panic_on_oops
`;

test('s390: guessed frames, registers without names, the last jump is no frame', () => {
  const [report] = findReports(lines(S390));
  assert.deepEqual(
    report?.traces.map((t) => t.frames.map((f) => [f.function, f.guess ?? false])),
    [
      [
        ['shelve', false],
        ['set_shelf', true],
        ['param_attr_store', false],
      ],
    ],
  );
  assert.equal(report?.registers.r0, '0000000000057fa8');
  assert.equal(report?.registers.r15, '0000038000273b30');
});

const POWER_LEAF = `
BUG: Kernel NULL pointer dereference on read at 0x000000c0
Faulting instruction address: 0xc008000000267008
Oops: Kernel access of bad area, sig: 11 [#1]
NIP:  c008000000267008 LR: c008000000267724 CTR: c0080000002676f8
NIP [c008000000267008] shelf_of+0x8/0x10 [shelf]
LR [c008000000267724] first_shelf+0x2c/0x60 [shelf]
Call Trace:
[c000000004287840] [c000000004287880] 0xc000000004287880 (unreliable)
[c0000000042878a0] [c008000000267578] timer_interrupt+0x220/0x230
--- interrupt: 900 at hcall+0x18/0x2c
NIP [c0000000000e0d48] hcall+0x18/0x2c
LR [c000000001006768] cede+0x48/0x60
--- interrupt: 900
[c0000000026efcc0] [c000000000255898] reprogram+0xa8/0x110 (unreliable)
[c0000000026efd20] [c000000001006768] cede+0x48/0x60
[c0000000026efd60] [c000000001006990] do_idle+0x70/0x170
---[ end trace 0000000000000000 ]---`;

const POWER_NOWHERE = `
BUG: Unable to handle kernel instruction fetch (NULL pointer?)
Faulting instruction address: 0x00000000
Oops: Kernel access of bad area, sig: 11 [#1]
NIP [0000000000000000] 0x0
LR [c00800000027405c] retire_shelf+0x34/0x60 [shelf]
Call Trace:
[c000000004ea79b0] [c000000004ea79e0] 0xc000000004ea79e0 (unreliable)
[c000000004ea79e0] [c008000000274578] set_shelf+0x220/0x230 [shelf]
--- interrupt: 3000 at 0x1003f250
NIP [000000001003f250] 0x1003f250
LR [000000001003f250] 0x1003f250
--- interrupt: 3000
---[ end trace 0000000000000000 ]---`;

test('PowerPC: the caller that only the link register names, once', () => {
  const shown = (log: string): string[] | undefined =>
    findReports(lines(log))[0]
      ?.traces[0]?.frames.filter((f) => !f.guess)
      .map((f) => f.function);
  assert.deepEqual(shown(POWER_LEAF), ['first_shelf', 'timer_interrupt', 'hcall', 'cede', 'do_idle']);
  assert.deepEqual(shown(POWER_NOWHERE), ['retire_shelf', 'set_shelf']);
  assert.equal(findReports(lines(POWER_NOWHERE))[0]?.fault?.access, 'execute');
});

test('two accounts of a stack', () => {
  const of = (names: string): { function: string; guess?: true }[] =>
    names.split(' ').map((n) => (n.startsWith('?') ? { function: n.slice(1), guess: true } : { function: n }));
  assert.deepEqual(reconcileStacks(of('a b ?x c'), of('a x b c d')), { onlyInLog: [], onlyInMemory: ['d'] });
  assert.deepEqual(reconcileStacks(of('a.isra.0 q c'), of('a c')), { onlyInLog: ['q'], onlyInMemory: [] });
});

test('what is read is bounded', () => {
  let reports = 0;
  const scanner = new ReportScanner((r) => {
    reports++;
    assert.ok(r.lines.length <= 3000);
  });
  for (let number = 1; number < 20000; number++) {
    const text = number % 5000 === 1 ? 'kernel BUG at a/b.c:3!' : ` f${number}+0x1/0x2`;
    scanner.push({ number, text: text + 'x'.repeat(number % 7 === 0 ? 5000 : 0) });
  }
  scanner.end();
  assert.ok(reports >= 4);
});
