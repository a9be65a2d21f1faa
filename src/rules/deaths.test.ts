import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { type MadeDeath, type MadeFrame, madeCase } from '../../test/build/made-case.ts';
import { slabKernel, wholeSlabKernel } from '../../test/build/slab-kernel.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { NO_CONDITION } from '../fault/assertion.ts';
import type { FaultChain } from '../fault/chain.ts';
import type { ModuleRecord } from '../kernel/module.ts';
import { allocatorReported } from './allocator-report.ts';
import { bugAssertion } from './bug-assertion.ts';
import { exception } from './exception.ts';
import { brokenFreelist } from './freelist.ts';
import { listCorruption } from './list-corruption.ts';
import { machineCheck } from './machine-check.ts';
import { moduleInvolvement } from './module-involvement.ts';
import { refcount } from './refcount.ts';
import { stackOverflow } from './stack-overflow.ts';

/** What the kernel does when its check of a list fails. */
const BUG = 'kernel BUG at lib/list_debug.c:47!';

const run = (rule: Rule, death: MadeDeath) => [...rule.check(madeCase(death))];

test('a stack that overflowed by recursion', () => {
  const round = (i: number): MadeFrame => ({
    symbol: i % 2 ? 'b' : 'a',
    module: 'm',
    sp: 0xffffc90000000000n + BigInt(i * 96),
  });
  const frames: MadeFrame[] = Array.from({ length: 12 }, (_, i) => round(i));
  const log = ['BUG: TASK stack guard page was hit at 0000000011aa4613 (stack is 00000000ebd77e49..00000000dc9dcc7b)'];
  const [finding] = run(stackOverflow, { log, frames: [...frames, { symbol: 'start' }] });
  assert.match(finding?.sentence.en ?? '', /a \[m\] < b \[m\] called each other 6 times, 192 bytes of stack each time/);
  assert.equal(finding?.subject?.module, 'm');
  assert.deepEqual(run(stackOverflow, { log: ['kernel BUG at f.c:1!'], frames }), []);
});

test('an assertion with its place', () => {
  const frames = [{ symbol: 'checks.cold', module: 'm', registers: {} }];
  const [finding] = run(bugAssertion, { log: ['kernel BUG at fs/thing.c:42!'], frames });
  assert.match(finding?.sentence.en ?? '', /assertion \(fs\/thing\.c:42\)/);
  assert.equal(finding?.subject?.function, 'checks');
  assert.deepEqual(run(bugAssertion, { log: ['Kernel panic - not syncing: x'], frames }), []);
});

test('a trap that is no BUG() is one of the compiler, with its condition', () => {
  const chain = (expression: string): FaultChain => ({
    ...{ function: 'picks', expression, summary: { en: 'it traps', zh: '' }, strands: [], pointers: [] },
    kind: 'assertion',
  });
  const frames = [{ symbol: 'picks', module: 'm', registers: {} }];
  const log = ['Oops: invalid opcode: 0000 [#1] SMP'];
  const [finding] = run(exception, { log, frames, chain: chain('at > 4') });
  assert.equal(finding?.title.en, 'Trap of the compiler in picks [m]');
  assert.match(finding?.sentence.en ?? '', /because `at > 4`: a check of UBSAN/);
  const [none] = run(exception, { log, frames, chain: chain(NO_CONDITION) });
  assert.equal(none?.title.en, 'Exception in picks [m]');
});

test('an exception that no other rule knows', () => {
  const frames = [{ symbol: 'divides', registers: {} }];
  const [finding] = run(exception, { log: ['divide error: 0000 [#1] SMP'], frames });
  assert.match(finding?.title.en ?? '', /Exception in divides/);
  assert.deepEqual(run(exception, { log: ['kernel BUG at f.c:1!', 'invalid opcode: 0000 [#1]'], frames }), []);
  assert.deepEqual(run(exception, { log: ['sysrq: Trigger a crash'], frames }), []);
});

test('reports of SLUB and KASAN, with who allocated and freed', () => {
  const { memory, full } = wholeSlabKernel();
  const object = full.object(3).toString(16);
  const slub = [
    'BUG things (Tainted: G           OE     ): Object already free',
    'Allocated in makes+0x28/0x140 [m] age=1 cpu=0 pid=225',
    'Freed in drops+0x40/0x50 [m] age=1 cpu=0 pid=225',
    `Object 0x${object} @offset=920 fp=0x0000000000000000`,
  ];
  const [found] = run(allocatorReported, { memory, log: slub });
  assert.match(found?.title.en ?? '', /^Double free of things, reported by SLUB$/);
  assert.match(found?.sentence.en ?? '', /it had been freed in drops\+0x40\/0x50 \[m\], allocated in makes/);
  assert.deepEqual(found?.subject, { function: 'drops', module: 'm', address: `0x${object}`, cache: 'things' });
  const kasan = [
    'BUG: KASAN: slab-use-after-free in reads+0x12/0x34 [m]',
    'Allocated by task 12:',
    ' kasan_save_stack+0x1e/0x40',
    ' makes+0x28/0x140 [m]',
    'Freed by task 13:',
    ' kfree+0xc2/0x180',
    ' drops+0x40/0x50 [m]',
    `The buggy address belongs to the object at ${object}`,
    ' which belongs to the cache things of size 120',
  ];
  const [sanitized] = run(allocatorReported, { memory, log: kasan });
  assert.match(
    sanitized?.sentence.en ?? '',
    /in reads\+0x12\/0x34 \[m\]; it had been freed in drops\+0x40\/0x50 \[m\]/,
  );
  assert.equal(sanitized?.subject?.cache, 'things');
  assert.deepEqual(run(allocatorReported, { log: ['BUG: unable to handle page fault for address: ffff'] }), []);
});

test('a free list with a bad pointer: the cause when the allocator died of it, else a suspect', () => {
  const { memory, partial } = wholeSlabKernel();
  memory.u64(partial.object(30), 0x4141414141414141n);
  const registers = { rdi: partial.object(2) };
  const [inside] = run(brokenFreelist, {
    memory,
    frames: [{ symbol: 'kmem_cache_alloc', registers }, { symbol: 'f' }],
  });
  assert.equal(inside?.severity, 'cause');
  assert.match(
    inside?.sentence.en ?? '',
    /leads to 0x4141414141414141, the byte 0x41 \("A"\) over and over, as a fill leaves it.*was written to after it was freed/,
  );
  assert.equal(inside?.subject?.address, `0x${partial.object(30).toString(16)}`);
  assert.equal(run(brokenFreelist, { memory, frames: [{ symbol: 'f', registers }] })[0]?.severity, 'suspect');
  const whole = wholeSlabKernel();
  assert.deepEqual(run(brokenFreelist, { memory: whole.memory, frames: [{ symbol: 'f', registers }] }), []);
});

test('a broken list, with the state of the object of its entry', () => {
  const { memory, partial, full } = wholeSlabKernel();
  const entry = partial.object(30) + 16n;
  const log = [`list_del corruption, ${entry.toString(16)}->next is LIST_POISON1 (dead000000000100)`, BUG];
  const frames = [
    { symbol: '__list_del_entry_valid', registers: {} },
    { symbol: 'removes', module: 'm' },
  ];
  const [freed] = run(listCorruption, { memory, log, frames });
  assert.match(freed?.title.en ?? '', /^List entry removed twice in removes \[m\]$/);
  assert.match(freed?.sentence.en ?? '', /the object is free/);
  const other = (full.object(3) + 8n).toString(16);
  const broken = [
    `list_add corruption. prev->next should be next (${other}), but was ffff888000001234. (prev=${other}).`,
    BUG,
  ];
  const [used] = run(listCorruption, { memory, log: broken, frames });
  assert.equal(used?.confidence, 'possible');
  assert.equal(used?.subject?.cache, 'things');
  assert.deepEqual(run(listCorruption, { log: ['list_sort: fine'], frames }), []);
});

test('a reference count that went wrong', () => {
  const log = [
    'refcount_t: underflow; use-after-free.',
    'WARNING: CPU: 1 PID: 9 at lib/refcount.c:28 refcount_warn_saturate+0xba/0x110',
    'Call Trace:',
    ' <TASK>',
    ' ? show_regs+0x10/0x20',
    ' refcount_warn_saturate+0xba/0x110',
    ' puts_thing+0x28/0x140 [m]',
  ];
  const [finding] = run(refcount, { log });
  assert.equal(finding?.severity, 'suspect');
  assert.deepEqual(finding?.subject, { function: 'puts_thing', module: 'm' });
  assert.match(finding?.sentence.en ?? '', /dropped once too often, in puts_thing \[m\]/);
  assert.deepEqual(run(refcount, { log: ['all is well'] }), []);
});

test('the object whose count went wrong is the one that holds the saturated count', () => {
  const { memory, full } = wholeSlabKernel();
  const object = full.object(3);
  memory.u32(object + 40n, 0xc0000000);
  const log = ['refcount_t: saturated; leaking memory.', 'Call Trace:', ' takes_thing+0x28/0x140 [m]'];
  const frames = [
    { symbol: 'refcount_warn_saturate', registers: {} },
    { symbol: 'takes_thing', registers: {} },
  ];
  const [none] = run(refcount, { memory, log, frames });
  assert.equal(none?.subject?.address, undefined);
  const held = [{ symbol: 'refcount_warn_saturate', registers: { rbx: full.object(2), rbp: object } }];
  const [finding] = run(refcount, { memory, log, frames: held, panic: 'kernel: panic_on_warn set ...' });
  assert.equal(finding?.severity, 'cause');
  assert.equal(finding?.subject?.address, `0x${object.toString(16)}`);
  assert.ok(
    finding?.evidence.some((e) => e.command === `rd -32 ${(object + 40n).toString(16)}` && e.value === 'c0000000'),
  );
});

test('a broken list: which pointer, and whether one bit is wrong', () => {
  const { memory, full } = wholeSlabKernel();
  const entry = full.object(3) + 16n;
  const [should, is] = [0xffff888000012340n, 0xffff888000012740n];
  const line = (found: bigint): string =>
    `list_del corruption. prev->next should be ${should.toString(16)}, but was ${found.toString(16)}. (prev=${entry.toString(16)})`;
  memory.u64(entry, is);
  const frames = [
    { symbol: '__list_del_entry_valid', registers: {} },
    { symbol: 'unlinks', module: 'm' },
  ];
  const [finding] = run(listCorruption, { memory, log: [line(is), BUG], frames });
  assert.equal(finding?.confidence, 'likely');
  assert.match(
    finding?.sentence.en ?? '',
    /0xffff888000012740 stands where 0xffff888000012340 should \(they differ in bit 10/,
  );
  const [gone] = run(listCorruption, { memory, log: [line(0xffff888000aaaaa8n), BUG], frames });
  assert.equal(gone?.confidence, 'possible');
  assert.doesNotMatch(gone?.sentence.en ?? '', /differ in bit/);
});

test('a hashed address of a report and its place in the slab: the object that the dying code held', () => {
  const { memory, full } = wholeSlabKernel();
  const log = (offset: number): string[] => [
    'BUG things (Tainted: G           OE     ): Object already free',
    `INFO: Object 0x00000000157b2834 @offset=${offset} fp=0x0000000000000000`,
  ];
  const frames = [{ symbol: 'f', registers: { rdi: full.object(3) } }];
  const [found] = run(allocatorReported, { memory, frames, log: log(3 * 128) });
  assert.equal(found?.subject?.address, `0x${full.object(3).toString(16)}`);
  const [other] = run(allocatorReported, { memory, frames, log: log(4 * 128) });
  assert.equal(other?.subject?.address, undefined);
});

test('a hashed address of a report leads to no object', () => {
  const log = [
    'BUG: KFENCE: use-after-free read in reads+0x5/0x10 [m]',
    'Use-after-free read at 0x00000000c92214f1 (in kfence-#49):',
    'kfence-#49: 0x00000000fb3bbbaa-0x000000002c9dc818, size=88, cache=things',
    'allocated by task 274 on cpu 1 at 27.482743s (0.001929s ago):',
    ' makes+0x1d/0x90 [m]',
  ];
  const [finding] = run(allocatorReported, { log });
  assert.equal(finding?.subject?.address, undefined);
  assert.equal(finding?.subject?.cache, 'things');
  assert.match(finding?.sentence.en ?? '', /allocated in makes\+0x1d\/0x90 \[m\]/);
});

test('errors of the hardware: fatal, not corrected, corrected', () => {
  const severity = (...log: string[]) => run(machineCheck, { log })[0]?.severity;
  assert.equal(
    severity('mce: [Hardware Error]: CPU 0: Machine Check: 0', 'Kernel panic - not syncing: Fatal machine check'),
    'cause',
  );
  assert.equal(severity('EDAC MC0: 1 UE memory read error on DIMM_A1'), 'suspect');
  assert.equal(severity('{1}[Hardware Error]: event severity: corrected error'), 'context');
  assert.equal(severity('mce: CPU0: Thermal monitoring enabled (TM1)'), undefined);
});

/** A module of a page of text and a page of data. */
function foreignModule(memory: KernelMemory, name: string, taints = 'OE'): ModuleRecord {
  const base = memory.allocPage();
  return {
    ...{ address: memory.alloc(64), name, base, size: 4096, coreSize: 4096, state: 'Live', usedBy: [], taints },
    memory: [{ base, size: 4096, init: false, kind: 'TEXT' }],
  };
}

test('modules: in the dying code, on the stack, and without a part in it', () => {
  const memory = new KernelMemory();
  const modules = ['dies', 'calls', 'idle'].map((name) => foreignModule(memory, name));
  const frames = [
    { symbol: 'f', module: 'dies', registers: {} },
    ...[{ symbol: 'g' }, { symbol: 'h' }, { symbol: 'i' }],
    { symbol: 'j', module: 'calls' },
  ];
  const findings = run(moduleInvolvement, { memory, modules, frames, log: ['kernel BUG at f.c:1!'] });
  assert.deepEqual(
    findings.map((f) => [f.severity, f.confidence, f.subject?.module]),
    [
      ['suspect', 'likely', 'dies'],
      ['suspect', 'possible', 'calls'],
      ['context', 'likely', undefined],
    ],
  );
  assert.match(findings[2]?.sentence.en ?? '', /idle \(OE\)/);
});

test('a crash that was asked for accuses no module, and modules of the kernel itself are not looked at', () => {
  const memory = new KernelMemory();
  const frames = [{ symbol: 'f', module: 'dies', registers: {} }];
  const asked = run(moduleInvolvement, {
    memory,
    modules: [foreignModule(memory, 'dies')],
    frames,
    log: ['sysrq: Trigger a crash'],
  });
  assert.deepEqual(
    asked.map((f) => f.severity),
    ['context'],
  );
  const own = run(moduleInvolvement, { memory, modules: [foreignModule(memory, 'dies', '')], frames });
  assert.deepEqual(own, []);
});

test('rules on a kernel of which nothing is known say nothing and do not fail', () => {
  const { memory } = slabKernel();
  const death = { memory, log: [], frames: [] };
  for (const rule of [
    stackOverflow,
    bugAssertion,
    exception,
    allocatorReported,
    brokenFreelist,
    listCorruption,
    refcount,
    machineCheck,
  ]) {
    assert.deepEqual(run(rule, death), [], rule.id);
  }
});
