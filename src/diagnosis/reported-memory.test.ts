import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { madeCase } from '../../test/build/made-case.ts';
import { allocatorReported } from '../rules/allocator-report.ts';
import { vmallocPlace } from './vmalloc-place.ts';

const SPACE = 0xffffc90000000000n;
const FOUND = 'BUG: KASAN: stack-out-of-bounds in byte_of+0x34/0x40 [m]';

function told(log: readonly string[], memory?: KernelMemory) {
  const [finding] = allocatorReported.check(madeCase({ log, ...(memory && { memory }) }));
  return { title: finding?.title.en, words: finding?.sentence.en ?? '', evidence: finding?.evidence ?? [] };
}

const onStack = (offset: number): string[] => [
  FOUND,
  'Read of size 1 at addr ffffc900006c7b7d by task a b/108',
  'The buggy address belongs to stack of task a b/108',
  ` and is located at offset ${offset} in frame:`,
  ' mode_stack+0x0/0x100 [m]',
  'This frame has 2 objects:',
  " [32, 45) 'second'",
  " [64, 88) 'first'",
];

test('the stack of a task: the frame, and the variable that was left', () => {
  const first = told(onStack(45));
  assert.match(
    first.words,
    /\(a read of 1 byte\) on the stack of a b\/108, in the frame of mode_stack \[m\], right behind its variable second of 13 bytes, by byte_of/,
  );
  assert.deepEqual(
    first.evidence.map((e) => e.value),
    onStack(45).filter((l) => !/^Read|^This|first/.test(l)),
  );
  assert.match(told(onStack(60)).words, /15 bytes beyond its variable second of 13 bytes/);
  assert.match(told(onStack(70)).words, /6 bytes into its variable first/);
  assert.match(told(onStack(3)).words, /in the frame of mode_stack \[m\], by byte_of/, 'before every variable');
  assert.match(told(onStack(45).slice(0, 3)).words, /on the stack of a b\/108, by byte_of/, 'the log ends there');
});

test('a variable, with the offset that the kernel prints', () => {
  const log = [
    'BUG: KASAN: global-out-of-bounds in byte_of+0x34/0x40',
    'Write of size 4 at addr ffffffffc0241035 by task x/1',
    'The buggy address belongs to the variable:',
    ' pier_names+0x35/0x60 [m]',
  ];
  assert.match(
    told(log).words,
    /\(a write of 4 bytes\) on the variable pier_names \[m\], 53 bytes behind its beginning, by/,
  );
  assert.match(told(log.slice(0, 3)).words, /on an object in byte_of/);
});

test('vmalloc: a freed area, and bytes that nobody asked for in the last page of one', () => {
  const memory = new KernelMemory();
  const [area, freed, vm] = [memory.alloc(72), memory.alloc(72), memory.alloc(64)] as [bigint, bigint, bigint];
  memory.type('vmap_area', 72, { va_start: 0, va_end: 8, list: 16, vm: 32, rb_node: 40 });
  memory.type('vm_struct', 64, { addr: 0, nr_pages: [8, 4], phys_addr: 16, caller: 24, flags: [32, 4], size: 40 });
  for (const [at, start] of [
    [area, SPACE],
    [freed, SPACE + 0x8000n],
  ] as const) {
    memory.u64(at, start);
    memory.u64(at + 8n, start + 0x3000n);
  }
  memory.u64(area + 32n, vm);
  memory.u32(vm + 8n, 2);
  memory.u64(vm + 40n, 0x2000n);
  memory.circle(memory.symbol('vmap_area_list', memory.alloc(16)), area + 16n);
  memory.circle(memory.symbol('purge_vmap_area_list', memory.alloc(16)), freed + 16n);
  const at = (address: bigint) => [
    'BUG: KASAN: vmalloc-out-of-bounds in byte_of+0x34/0x40',
    `Read of size 1 at addr ${address.toString(16)} by task x/1`,
  ];
  const found = vmallocPlace(memory.program(), SPACE + 0x9007n);
  assert.equal(found?.confidence, 'likely');
  const gone = told(at(SPACE + 0x9007n), memory);
  assert.equal(gone.title, 'Use of memory of vmalloc after it was freed, reported by KASAN');
  assert.match(gone.words, /on 0xffffc90000009007, in an area of vmalloc that was given back/);
  assert.match(told(at(SPACE + 0x2010n), memory).words, /16 bytes beyond the 8192 bytes of an area of vmalloc/);
});

test('no address, no claim: a hashed or a missing one', () => {
  assert.match(
    told([FOUND, 'Read of size 1 at addr (____ptrval____) by task x/1']).words,
    /found "[^"]+" on an object in/,
  );
  assert.match(told([FOUND]).words, /found "[^"]+" on an object in/);
});

test('freed by a callback: who asked for it, where the callback left no name', () => {
  const log = (freedBy: string): string[] => [
    'BUG: KASAN: slab-use-after-free in reads+0x30/0x40 [m]',
    'Read of size 8 at addr ffff88800345fb18 by task x/1',
    'Freed by task 0 on cpu 0 at 23.418042s:',
    ' kasan_save_stack+0x2f/0x50',
    ' kmem_cache_free+0x19e/0x460',
    ` ${freedBy}`,
    '',
    'Last potentially related work creation:',
    ' kasan_save_stack+0x2f/0x50',
    ' __kasan_record_aux_stack+0x8e/0xa0',
    ' __call_rcu_common.constprop.0+0x74/0x6b0',
    ' sinks+0x1e/0x40 [m]',
  ];
  const [found] = allocatorReported.check(madeCase({ log: log('rcu_core+0x550/0xfe0') }));
  assert.match(
    found?.sentence.en ?? '',
    /freed by a callback that sinks\+0x1e\/0x40 \[m\] had asked for and rcu_core\+0x550/,
  );
  assert.deepEqual([found?.subject?.function, found?.subject?.module], ['sinks', 'm']);
  const [named] = allocatorReported.check(madeCase({ log: log('barge_sinks+0x10/0x20 [m]') }));
  assert.match(named?.sentence.en ?? '', /it had been freed in barge_sinks/);
  assert.equal(named?.subject?.function, 'barge_sinks');
});
