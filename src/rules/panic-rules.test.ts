import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrayType, u32Type } from '../../test/build/c-types.ts';
import { flatType } from '../../test/build/kernel-memory.ts';
import { type MadeDeath, madeCase } from '../../test/build/made-case.ts';
import { WaitWriter } from '../../test/build/wait-writer.ts';
import type { Rule } from '../diagnosis/rule.ts';
import type { Finding } from '../report/finding.ts';
import { bootFailed } from './boot-failed.ts';
import { initDied } from './init-died.ts';
import { panicAudit } from './panic-audit.ts';
import { panicCalled } from './panic-called.ts';
import { panicPolicy } from './panic-policy.ts';
import { panicWatchdog } from './panic-watchdog.ts';

function check(rule: Rule, death: MadeDeath): Finding[] {
  return [...rule.check(madeCase(death))];
}

/** A panic in these words, by these functions. */
function panic(words: string, functions: readonly string[], ...before: string[]): MadeDeath {
  const line = `Kernel panic - not syncing: ${words}`;
  return { frames: functions.map((symbol) => ({ symbol })), log: [...before, line], panic: line };
}

test('who called panic() and in which words', () => {
  const [finding] = check(panicCalled, panic('pump: 3 of 4 valves open', ['pump_check', 'pump_poll']));
  assert.equal(finding?.title.en, 'pump_check called panic(): pump: 3 of 4 valves open');
  assert.match(finding?.sentence.en ?? '', /called by pump_poll/);
  assert.equal(finding?.subject?.function, 'pump_check');
});

test('a second death on the way down is told as such', () => {
  const made = panic('pump: dry', ['pump_check']);
  const log = [...(made.log ?? []), 'BUG: kernel NULL pointer dereference, address: 0000000000000018'];
  const [finding] = check(panicCalled, { ...made, log });
  assert.match(finding?.sentence.en ?? '', /died once more, which is a consequence/);
  assert.equal(finding?.evidence.at(-1)?.value, log.at(-1));
});

test("words of a check that the kernel was told to stop at are nobody's own", () => {
  for (const words of ['kernel: panic_on_warn set ...', 'KASAN: panic_on_warn set ...', 'kasan.fault=panic set ...']) {
    assert.deepEqual(check(panicCalled, panic(words, ['debug_print_object', 'kfree'])), [], words);
    const [policy] = check(panicPolicy, panic(words, ['debug_print_object', 'kfree']));
    assert.match(policy?.title.en ?? '', /kernel\.panic_on_warn$|kasan\.fault=panic$/);
  }
});

test('a panic that a report led to, or that has a finding of its own, is not told again', () => {
  const oops = 'BUG: kernel NULL pointer dereference, address: 0000000000000018';
  assert.deepEqual(check(panicCalled, panic('Fatal exception', ['oops_end'], oops)), []);
  assert.deepEqual(
    check(panicCalled, panic('Attempted to kill init! exitcode=0x0000000b', ['do_exit.cold', 'do_group_exit'])),
    [],
  );
});

test('the first process was killed by a signal, or exited', () => {
  const told = 'init[1]: segfault at 0 ip 0000000000460a63 sp 00007ffec604c848 error 5 in busybox[401000+184000]';
  const [killed] = check(initDied, panic('Attempted to kill init! exitcode=0x0000000b', ['do_exit'], told));
  assert.match(killed?.title.en ?? '', /was killed by SIGSEGV$/);
  assert.ok(killed?.evidence.some((e) => e.value === told));
  const [exited] = check(initDied, panic('Attempted to kill init! exitcode=0x00007f00', ['do_exit']));
  assert.match(exited?.sentence.en ?? '', /exited with status 127, as a shell .* cannot be found/);
  const oops = 'BUG: kernel NULL pointer dereference, address: 0000000000000018';
  assert.deepEqual(check(initDied, panic('Attempted to kill init! exitcode=0x00000009', ['do_exit'], oops)), []);
});

test('no root file system, and no first process', () => {
  const device = 'VFS: Cannot open root device "sda9" or unknown-block(0,0): error -6';
  const [root] = check(
    bootFailed,
    panic('VFS: Unable to mount root fs on unknown-block(0,0)', ['mount_root_generic'], device),
  );
  assert.equal(root?.title.en, 'No root file system could be mounted');
  assert.ok(root?.evidence.some((e) => e.value === device));
  const [init] = check(
    bootFailed,
    panic('No working init found.  Try passing init= option to kernel.', ['kernel_init']),
  );
  assert.equal(init?.title.en, 'Nothing could be started as the first process');
  assert.deepEqual(check(bootFailed, panic('pump: dry', ['pump_check'])), []);
});

test('the first process, killed by a bad page of its memory', () => {
  const words = 'Attempted to kill init! exitcode=0x00000007';
  const line = 'Memory failure: 0x1a2b: Sending SIGBUS to systemd:1 due to hardware memory corruption';
  const [bad] = check(initDied, panic(words, ['do_exit'], line));
  assert.match(
    bad?.sentence.en ?? '',
    /was killed by SIGBUS \(exit code 0x7\), because a page of its memory was found to be bad/,
  );
  assert.equal(bad?.evidence.at(-1)?.value, line);
  const [other] = check(initDied, panic(words, ['do_exit'], line.replace(':1 ', ':15 ')));
  assert.doesNotMatch(other?.sentence.en ?? '', /was found to be bad/);
});

test('a watchdog that nobody has open, and panics that only sound like one', () => {
  const [found] = check(panicWatchdog, panic('Software Watchdog Timer expired', ['softdog_fire']));
  assert.equal(found?.title.en, 'The watchdog expired: nobody kept it alive');
  assert.equal(found?.confidence, 'likely');
  assert.deepEqual(check(panicWatchdog, panic('pump: watchdog is a dog', ['pump_check'])), []);
});

test('lost audit records and the daemon that should have taken them', () => {
  const made = new WaitWriter();
  const { memory } = made;
  made.waits(77, 'auditd', ['pause'], 4);
  const [connection, pid] = [memory.alloc(64), memory.alloc(128)];
  memory.u64(memory.symbol('auditd_conn', memory.alloc(8)), connection);
  memory.type('auditd_connection', 64, { pid: 8 });
  memory.type('upid', 16, { nr: [0, u32Type] });
  memory.type('pid', 128, { tasks: 16, numbers: [96, arrayType(flatType('upid', 16, { nr: [0, u32Type] }), 1)] });
  memory.u64(connection + 8n, pid);
  memory.u32(pid + 96n, 77);
  memory.u32(memory.symbol('audit_backlog_limit', memory.alloc(8)), 64);
  const death = panic(
    'audit: backlog limit exceeded',
    ['audit_panic', 'audit_log_lost'],
    'audit: audit_lost=1 audit_rate_limit=0',
  );
  const of = { ...madeCase(death), prog: made.program() };
  const [found] = [...panicAudit.check(of)];
  assert.match(found?.sentence.en ?? '', /\(backlog limit exceeded; the limit is 64\)/);
  assert.match(found?.sentence.en ?? '', /PID 77 "auditd", which is stopped/);
  assert.deepEqual(check(panicAudit, panic('pump: audit: dry', ['pump_check'])), []);
});

test('an initramfs that could not be unpacked is why there is no root file system', () => {
  const made = (why: string) =>
    panic(
      'VFS: Unable to mount root fs on unknown-block(0,0)',
      ['mount_root_generic'],
      `Initramfs unpacking failed: ${why}`,
    );
  const [small] = check(bootFailed, made('write error'));
  assert.equal(small?.title.en, 'The initramfs does not fit into the memory');
  const [broken] = check(bootFailed, made('junk within compressed archive'));
  assert.match(
    broken?.sentence.en ?? '',
    /^The initramfs could not be unpacked: its archive is damaged.*"junk within compressed archive"/,
  );
});
