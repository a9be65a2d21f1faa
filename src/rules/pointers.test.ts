import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { type MadeDeath, madeCase } from '../../test/build/made-case.ts';
import { wholeSlabKernel } from '../../test/build/slab-kernel.ts';
import type { Rule } from '../diagnosis/rule.ts';
import type { FaultChain } from '../fault/chain.ts';
import { badCall } from './bad-call.ts';
import { badPointer } from './bad-pointer.ts';
import { bitFlip } from './bit-flip.ts';
import { nullPointer } from './null-pointer.ts';

const run = (rule: Rule, death: MadeDeath) => [...rule.check(madeCase(death))];
const fault = (address: string, more: readonly string[] = []) => [
  `BUG: unable to handle page fault for address: ${address}`,
  ...more,
];
const NULL_READ = ['BUG: kernel NULL pointer dereference, address: 0000000000000018', '#PF: supervisor read access'];

test('a member read through NULL', () => {
  const frames = [{ symbol: 'reads', module: 'm', registers: { rdi: 0n, rax: 5n } }];
  const [finding] = run(nullPointer, { log: NULL_READ, frames });
  assert.match(
    finding?.sentence.en ?? '',
    /^reads \[m\] read a member of a structure at offset 0x18 through a NULL pointer/,
  );
  assert.deepEqual(finding?.subject, { function: 'reads', module: 'm' });
  const register = finding?.evidence.find((e) => e.command === 'bt');
  assert.equal(register?.value, '0000000000000000');
});

test('where the pointer came from, when the fault was explained', () => {
  const text = { en: 'a reads b', zh: 'a 读 b' };
  const chain: FaultChain = {
    ...{ kind: 'access', function: 'reads', expression: 'a->b', summary: text, pointers: [] },
    strands: [{ steps: [], stopped: text }],
    origin: { kind: 'variable', expression: 'the_a', address: 0xffffffff82000000n },
  };
  const [finding] = run(nullPointer, { log: NULL_READ, frames: [{ symbol: 'reads', registers: {} }], chain });
  assert.match(finding?.sentence.en ?? '', /read `a->b` through a NULL pointer, which came from the variable the_a/);
  assert.equal(finding?.subject?.address, '0xffffffff82000000');
});

test('an error code whose member lies at NULL and above is an error code, whoever returned it', () => {
  const text = { en: 'a reads b', zh: 'a 读 b' };
  const step = {
    ...{ function: 'reads', address: 0n, place: 'reads+0x5', instruction: 'mov', what: text, expression: 'a' },
    ...{ value: 0xfffffffffffffff4n, confidence: 'certain' as const, evidence: [] },
  };
  const chain: FaultChain = {
    ...{ kind: 'access', function: 'reads', expression: 'a->b', summary: text, pointers: [] },
    strands: [{ steps: [step], stopped: text }],
    origin: { kind: 'result', expression: 'finds()' },
  };
  const death = { log: NULL_READ, frames: [{ symbol: 'reads', registers: {} }], chain };
  assert.deepEqual(run(nullPointer, death), []);
  const [finding] = run(badPointer, death);
  assert.match(
    finding?.sentence.en ?? '',
    /used 0xfffffffffffffff4 as an address: error code -12 used as a pointer\. It came from finds\(\)\./,
  );
  // a variable that happens to hold the faulting address, to which a register is left pointing, gave nothing
  const other = new KernelMemory();
  const table = other.symbol('a_table', other.alloc(64), 64);
  other.u64(table + 16n, 0x18n);
  const [same] = run(badPointer, { ...death, memory: other, frames: [{ symbol: 'reads', registers: { rsi: table } }] });
  assert.match(same?.sentence.en ?? '', /It came from finds\(\)\./);
  assert.equal(same?.subject?.address, undefined);
  const zero: FaultChain = { ...chain, strands: [{ steps: [{ ...step, value: 0n }], stopped: text }] };
  assert.deepEqual(run(badPointer, { ...death, chain: zero }), []);
  assert.equal(run(nullPointer, { ...death, chain: zero }).length, 1);
});

test('an address that is not near NULL, and a death without a fault, are no NULL pointer', () => {
  const frames = [{ symbol: 'f', registers: {} }];
  assert.deepEqual(run(nullPointer, { log: fault('ffffc90000001000'), frames }), []);
  assert.deepEqual(run(nullPointer, { log: ['kernel BUG at f.c:1!'], frames }), []);
});

test('kinds of bad pointers', () => {
  const titles: readonly (readonly [string, RegExp, string])[] = [
    ['dead000000000122', /LIST_POISON2: an entry that was removed/, 'likely'],
    ['dead000000000108', /LIST_POISON1 \+ 0x8/, 'likely'],
    ['6b6b6b6b6b6b6b7b', /POISON_FREE/, 'likely'],
    ['5a5a5a5a5a5a5a5a', /POISON_INUSE/, 'likely'],
    ['fffffffffffffff4', /error code -12 used as a pointer/, 'likely'],
    ['3c3c3c3c3c3c3c44', /the byte 0x3c \("<"\) over and over/, 'likely'],
    ['746e65656c696620', /the text " fileent"/, 'likely'],
    ['ffff12345678abcd', /nothing is mapped/, 'possible'],
  ];
  for (const [address, words, confidence] of titles) {
    const [finding] = run(badPointer, { log: fault(address), frames: [{ symbol: 'f', registers: {} }] });
    assert.match(finding?.sentence.en ?? '', words);
    assert.equal(finding?.confidence, confidence, address);
  }
  assert.deepEqual(run(badPointer, { log: NULL_READ, frames: [{ symbol: 'f', registers: {} }] }), []);
});

test('a bad pointer is found in the object that it was read from', () => {
  const { memory, full } = wholeSlabKernel();
  memory.u64(full.object(3) + 24n, 0xdead000000000100n);
  const frames = [{ symbol: 'f', registers: { rdi: full.object(3) } }];
  const [finding] = run(badPointer, { memory, log: fault('dead000000000108'), frames });
  assert.match(finding?.sentence.en ?? '', /It came from object .* of slab cache things/);
});

test('a call through NULL, and one into data', () => {
  const memory = new KernelMemory();
  const holder = memory.symbol('holder', memory.alloc(64), 64);
  const data = memory.symbol('data', memory.alloc(64), 64);
  memory.u64(holder + 8n, data);
  const at = data.toString(16);
  const frames = [
    { symbol: 'data', pc: data, registers: { rip: data, rdi: holder } },
    { symbol: 'caller', module: 'm' },
  ];
  const log = fault(at, ['#PF: supervisor instruction fetch in kernel mode']);
  const [wild] = run(badCall, { memory, log, frames });
  assert.match(
    wild?.sentence.en ?? '',
    /^caller \[m\] called into data, data at .*; the pointer is in variable holder/,
  );
  assert.equal(wild?.subject?.address, `0x${holder.toString(16)}`);
  const none = [{ symbol: null, pc: 0n, registers: { rip: 0n } }, { symbol: 'caller' }];
  const [null_] = run(badCall, {
    log: ['BUG: kernel NULL pointer dereference, address: 0000000000000000'],
    frames: none,
  });
  assert.match(null_?.title.en ?? '', /^Call through a NULL function pointer in caller$/);
});

test('a fault in code is no bad call', () => {
  const memory = new KernelMemory();
  memory.kernel.symbol('f', 0xffffffff81000000n, 256, 't');
  const frames = [{ symbol: 'f', pc: 0xffffffff81000010n, registers: {} }];
  assert.deepEqual(run(badCall, { memory, log: NULL_READ, frames }), []);
});

test('a pointer with one wrong bit: only when the right one leads to an object', () => {
  const { memory, full } = wholeSlabKernel();
  const good = full.object(3);
  const bad = good ^ (1n << 40n);
  const log = fault(bad.toString(16));
  const [finding] = run(bitFlip, { memory, log, frames: [{ symbol: 'f', registers: { rdi: bad } }] });
  assert.equal(finding?.severity, 'suspect');
  assert.match(finding?.sentence.en ?? '', /differs in bit 40 alone/);
  const two = (good ^ (3n << 40n)).toString(16);
  assert.deepEqual(run(bitFlip, { memory, log: fault(two), frames: [{ symbol: 'f', registers: {} }] }), []);
  assert.deepEqual(run(bitFlip, { memory, log: NULL_READ, frames: [{ symbol: 'f', registers: {} }] }), []);
});

test('a pointer of an object to another of its cache with one wrong bit is the cause', () => {
  const { memory, full } = wholeSlabKernel();
  const [holder, good] = [full.object(2), full.object(3)];
  const bad = good ^ (1n << 41n);
  memory.u64(holder + 24n, bad);
  const frames = [{ symbol: 'follows', module: 'm', registers: { rdi: holder, rax: bad } }];
  const [finding] = run(bitFlip, { memory, log: fault(bad.toString(16)), frames });
  assert.deepEqual([finding?.severity, finding?.confidence], ['cause', 'likely']);
  assert.equal(finding?.subject?.address, `0x${holder.toString(16)}`);
  assert.equal(finding?.subject?.function, 'follows');
});

test('machine errors in the log make a wrong bit more likely', () => {
  const { memory, full } = wholeSlabKernel();
  const good = full.object(3);
  const bad = good ^ (1n << 41n);
  const log = ['EDAC MC0: 1 CE memory read error', ...fault(bad.toString(16))];
  const frames = [{ symbol: 'f', registers: { rdi: bad, rbp: good } }];
  assert.equal(run(bitFlip, { memory, log, frames })[0]?.confidence, 'likely');
});

test('a call to where no instruction begins, inside of a function', () => {
  const memory = new KernelMemory();
  const at = memory.alloc(64);
  memory.kernel.symbol('colour', at, 64, 't', 'm');
  const text = { en: 'x', zh: 'x' };
  const chain: FaultChain = {
    ...{ kind: 'jump', function: 'asks', module: 'm', target: at + 2n, expression: 'argument 1()', summary: text },
    ...{ strands: [{ steps: [], stopped: text }], pointers: [] },
  };
  const log = ['Internal error: SP/PC alignment exception: 000000008a000000 [#1] SMP'];
  const dies = (pc: bigint) =>
    run(badCall, { memory, log, frames: [{ symbol: 'colour', module: 'm', pc, registers: { rip: pc } }], chain });
  const [finding] = dies(at + 2n);
  assert.equal(finding?.title.en, 'Call into the middle of colour in asks [m]');
  assert.match(
    finding?.sentence.en ?? '',
    /^asks \[m\] called `argument 1\(\)`, 0x\w+, which is colour\+0x2, where no/,
  );
  assert.deepEqual(dies(at + 4n), [], 'the explanation is of another place');
});

test('a bad pointer came from the word whose lowest bits were taken off', () => {
  const { memory, full } = wholeSlabKernel();
  const object = full.object(3);
  memory.u64(object, 0x7777777777777777n);
  const frames = [{ symbol: 'reads', registers: { rdi: object } }];
  const [finding] = run(badPointer, { memory, log: fault('7777777777777700'), frames });
  assert.match(finding?.sentence.en ?? '', /It came from .*0x\w+ of slab cache/);
  assert.ok(finding?.evidence.some((e) => e.value === '7777777777777777'));
});

/** An access through a value that was read from memory at `from`. */
function readChain(value: bigint, from: bigint, more: Partial<FaultChain> = {}, computed = value): FaultChain {
  const text = { en: 'a reads b', zh: 'a 读 b' };
  const step = {
    ...{ function: 'reads', address: 0n, place: 'reads+0x5', instruction: 'mov', what: text, expression: 'a' },
    ...{ confidence: 'certain' as const, evidence: [] },
  };
  const loaded = { ...step, value, readFrom: { address: from, size: 8, now: value } };
  return {
    ...{ kind: 'access', function: 'reads', expression: 'a->b', summary: text, pointers: [] },
    strands: [{ steps: [{ ...step, value: computed }, loaded], stopped: text }],
    ...more,
  };
}

test('a small number that is used as a pointer is no NULL, and the object that has it is told', () => {
  const { memory, full } = wholeSlabKernel();
  for (let i = 0; i < 40; i++) memory.u64(full.object(4) + BigInt(8 * i), BigInt(1000 + i));
  const from = full.object(5) + 0x20n;
  const log = ['BUG: kernel NULL pointer dereference, address: 00000000000003fc', '#PF: supervisor read access'];
  const frames = [{ symbol: 'reads', module: 'm', registers: { rdi: full.object(5) } }];
  const [finding] = run(nullPointer, { memory, log, frames, chain: readChain(0x3fcn, from) });
  assert.equal(finding?.title.en, 'Small number used as a pointer in reads [m]');
  assert.match(
    finding?.sentence.en ?? '',
    /no NULL but the number 1020 \(0x3fc\); it is in .* at offset 0x20, allocated/,
  );
  assert.match(finding?.sentence.en ?? '', /a series of numbers that begins at offset 0x0 of/);
  assert.equal(finding?.subject?.cache, 'things');
});

test('NULL from which container_of() took an offset is NULL', () => {
  const chain = readChain(0n, 0xffff888000001000n, {}, 0xffffffffffffffe8n);
  const frames = [{ symbol: 'reads', registers: {} }];
  const [finding] = run(nullPointer, { log: NULL_READ, frames, chain });
  assert.match(
    finding?.sentence.en ?? '',
    /through a NULL pointer \(NULL less 0x18, as container_of\(\) makes of it\)/,
  );
  assert.deepEqual(run(badPointer, { log: NULL_READ, frames, chain }), []);
});

test('an index that is an error code by its value is no error pointer', () => {
  const chain = readChain(0xffffffffffffffecn, 0xffff888000001000n, { indexed: { value: 0xffffffffffffffecn } });
  const [finding] = run(badPointer, {
    log: fault('ffffc900000ccfe8'),
    frames: [{ symbol: 'f', registers: {} }],
    chain,
  });
  assert.equal(finding?.title.en, 'Wild pointer in f');
});

test('a short text in the middle of a string is text, not a wild address', () => {
  const { memory, full } = wholeSlabKernel();
  const from = full.object(5) + 0x10n;
  memory.u64(from - 8n, 0x7361706f74636568n); // "hectopas"
  memory.u64(from, 0x6c6163n); // "cal"
  const frames = [{ symbol: 'reads', registers: { rdi: full.object(5) } }];
  const [finding] = run(badPointer, {
    memory,
    log: fault('00000000006c616b'),
    frames,
    chain: readChain(0x6c6163n, from),
  });
  assert.match(
    finding?.sentence.en ?? '',
    /a part of the text "hectopascal" at .* It came from .* of slab cache things/,
  );
});

test('what was called is the exact word, not one near it', () => {
  const { memory, full } = wholeSlabKernel();
  const pc = 0xffffffffc0301015n;
  memory.u64(full.object(5) + 8n, pc - 0x15n);
  const log = [`BUG: unable to handle page fault for address: ${pc.toString(16)}`, '#PF: supervisor instruction fetch'];
  const frames = [{ symbol: null, pc, registers: { rip: pc, rbx: full.object(5) } }, { symbol: 'kthread' }];
  const [finding] = run(badCall, { memory, log, frames });
  assert.doesNotMatch(finding?.sentence.en ?? '', /the pointer is in/);
});
