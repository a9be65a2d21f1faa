import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findReports } from '../oops/find-reports.ts';
import type { Program } from '../program/program.ts';
import { findCrashSite } from './crash-site.ts';
import { loggedStack } from './logged-stack.ts';

/** A program that knows one function of the kernel. */
const prog = {
  findSymbol: (name: string) =>
    name === 'vfs_write' ? { name, address: 0xffffffff81200000n, size: 0x300, letter: 'T' } : undefined,
} as unknown as Program;

function stackOf(text: string) {
  const lines = text.split('\n').map((line, i) => ({ number: i + 1, text: line }));
  const [report] = findReports(lines);
  const stack = loggedStack(prog, report);
  assert.ok(stack);
  return stack;
}

const HEAD = `BUG: kernel NULL pointer dereference, address: 0000000000000000
#PF: supervisor instruction fetch in kernel mode
Oops: 0010 [#1] SMP
CPU: 1 PID: 225 Comm: writer Not tainted 4.19.0 #1`;
const TRACE = `RAX: 0000000000000000 RBX: 00000000000000c8 RCX: 0000000000000001
Call Trace:
 store+0x11/0x30 [shop]
 ? leftover+0x1/0x2
 vfs_write+0xa5/0x300
 vfs_write+0xa5/0x2f0
 do_syscall_64+0x5b/0x90
---[ end trace 0123456789abcdef ]---`;

test('the trapped function comes first, with its registers; guesses are left out; addresses are those of symbols', () => {
  const stack = stackOf(`${HEAD}\nRIP: 0010:shelve+0x5/0x20 [shop]\n${TRACE}`);
  assert.deepEqual([stack.pid, stack.comm, stack.cpu], [225, 'writer', 1]);
  assert.deepEqual(
    stack.frames.map((f) => f.symbol),
    ['shelve', 'store', 'vfs_write', 'vfs_write', 'do_syscall_64'],
  );
  const [site, caller, write, other] = stack.frames;
  assert.ok(site?.interrupted && !caller?.interrupted);
  assert.equal(site?.registers?.rbx, '0x00000000000000c8');
  assert.equal(write?.pc, '0xffffffff812000a5');
  assert.equal(other?.pc, '0x0000000000000000', 'another function of that name');
  assert.equal(findCrashSite(stack, false)?.index, 0);
});

test('a CPU that ran into nothing has a frame without a name', () => {
  for (const place of ['RIP: 0010:0x0', 'pc : 0x0', 'NIP [0000000000000000] 0x0']) {
    const stack = stackOf(`${HEAD}\n${place}\n${TRACE}`);
    const [site, caller] = stack.frames;
    assert.deepEqual([site?.symbol, site?.pc, site?.interrupted], [null, '0x0000000000000000', true], place);
    assert.equal(caller?.symbol, 'store');
  }
});

test('registers of user space behind a trace are no place of the kernel', () => {
  const stack = stackOf(
    `${HEAD}\n${TRACE.replace('---[', '--- interrupt: 3000 at 0x100414e8\nNIP [00000000100414e8] 0x100414e8\n---[')}`,
  );
  assert.equal(stack.frames[0]?.symbol, 'store');
});

test('a log without a report has no stack', () => {
  assert.equal(loggedStack(prog, undefined), undefined);
});
