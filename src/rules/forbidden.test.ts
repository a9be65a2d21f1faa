import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { type MadeDeath, madeCase } from '../../test/build/made-case.ts';
import type { Rule } from '../diagnosis/rule.ts';
import type { FaultChain } from '../fault/chain.ts';
import { atomicSleep } from './atomic-sleep.ts';
import { badPointer } from './bad-pointer.ts';
import { division } from './division.ts';
import { memoryPermission } from './memory-permission.ts';
import { stackProtector } from './stack-protector.ts';

const run = (rule: Rule, death: MadeDeath) => [...rule.check(madeCase(death))];

test('a division by zero, and one whose quotient does not fit', () => {
  const text = { en: 'x', zh: 'x' };
  const chain = (value: bigint): FaultChain => ({
    ...{ kind: 'operand', function: 'shares', expression: 'p->count', value, summary: text, pointers: [] },
    strands: [{ steps: [], stopped: text }],
    origin: { kind: 'variable', expression: 'the_p', address: 0xffffffff82000000n },
  });
  const death = { log: ['divide error: 0000 [#1] PREEMPT SMP NOPTI'], frames: [{ symbol: 'shares', registers: {} }] };
  const [finding] = run(division, { ...death, chain: chain(0n) });
  assert.match(
    finding?.sentence.en ?? '',
    /^shares divided by `p->count`, which is 0; it came from the variable the_p/,
  );
  assert.equal(finding?.confidence, 'certain');
  assert.deepEqual(run(division, { ...death, chain: chain(3n) }), [], 'another rule tells it');
});

test('a write to memory that is mapped is no wild pointer', () => {
  const memory = new KernelMemory();
  const at = memory.alloc(64);
  const log = (address: bigint) => [
    `BUG: unable to handle page fault for address: ${address.toString(16)}`,
    '#PF: supervisor write access in kernel mode',
    '#PF: error_code(0x0003) - permissions violation',
  ];
  const frames = [{ symbol: 'writes', registers: {} }];
  const [finding] = run(memoryPermission, { memory, log: log(at), frames });
  assert.match(finding?.title.en ?? '', /^Write to read-only memory in writes$/);
  assert.equal(finding?.confidence, 'certain');
  assert.deepEqual(run(badPointer, { memory, log: log(at), frames }), []);
  const elsewhere = 0xffffc9ffdead0000n;
  assert.deepEqual(run(memoryPermission, { memory, log: log(elsewhere), frames }), []);
  assert.equal(run(badPointer, { memory, log: log(elsewhere), frames }).length, 1);
});

test('a canary that changed: what stands on the stack, who was named', () => {
  const memory = new KernelMemory();
  const stack = memory.alloc(512);
  for (let i = 0; i < 6; i++) memory.u64(stack + BigInt(i * 8), 0x2e2e2e2e2e2e2e2en);
  const panic = 'stack-protector: Kernel stack is corrupted in: prints+0x61/0x70 [m]';
  const log = [`Kernel panic - not syncing: ${panic}`];
  const frames = [{ symbol: '__stack_chk_fail' }, { symbol: 'prints', module: 'm', sp: stack }];
  const [finding] = run(stackProtector, { memory, log, frames, panic });
  assert.match(finding?.sentence.en ?? '', /6 words of the same kind "\.{8}" stand there/);
  assert.deepEqual(finding?.subject, { function: 'prints', module: 'm' });
  assert.equal(finding?.evidence[1]?.command, `rd ${stack.toString(16)}`);
  const [bare] = run(stackProtector, { log, panic });
  assert.deepEqual(bare?.subject, { function: 'prints', module: 'm' }, 'without a stack the line names it');
  assert.doesNotMatch(bare?.sentence.en ?? '', /stand there/);
});

test('a sleep in atomic context: who slept in what, and by which count', () => {
  const names = ['dump_stack', '__schedule_bug.cold', '__schedule', 'schedule', 'schedule_timeout', 'msleep', 'weighs'];
  const frames = names.map((symbol) => ({ symbol, ...(symbol === 'weighs' && { module: 'm' }) }));
  const [finding] = run(atomicSleep, { log: ['BUG: scheduling while atomic: a/b/225/0x00000003'], frames });
  assert.match(
    finding?.sentence.en ?? '',
    /^weighs \[m\] slept in msleep where it must not \(preempt_count 0x3, preemption off 2\)/,
  );
  assert.deepEqual(finding?.subject, { function: 'weighs', module: 'm' });
  const noticed = ['__might_resched', 'mutex_lock', 'takes'].map((symbol) => ({ symbol }));
  const line = 'BUG: sleeping function called from invalid context at kernel/locking/mutex.c:580';
  const [sleeping] = run(atomicSleep, { log: [line], frames: noticed });
  assert.match(sleeping?.title.en ?? '', /^Sleep in atomic context in takes$/);
  assert.deepEqual(run(atomicSleep, { log: ['kernel BUG at f.c:1!'], frames }), []);
});

test('a sleep between rcu_read_lock() and rcu_read_unlock()', () => {
  const frames = [
    { symbol: 'rcu_note_context_switch', registers: {} },
    { symbol: '__schedule' },
    { symbol: 'schedule' },
    { symbol: 'msleep' },
    { symbol: 'measures', module: 'm' },
  ];
  const log = [
    '------------[ cut here ]------------',
    'Voluntary context switch within RCU read-side critical section!',
    'WARNING: CPU: 0 PID: 7 at kernel/rcu/tree_plugin.h:331 rcu_note_context_switch+0x5ad/0x630',
  ];
  const [finding] = run(atomicSleep, { log, frames });
  assert.match(finding?.sentence.en ?? '', /between rcu_read_lock\(\) and rcu_read_unlock\(\)/);
  const softirq = run(atomicSleep, { log: ['BUG: scheduling while atomic: swapper/1/0/0x00000102'], frames })[0];
  assert.match(softirq?.sentence.en ?? '', /: in a softirq/);
});
