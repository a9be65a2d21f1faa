import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FrameData } from '../report/stack-data.ts';
import { allocatorCall, bareName } from './allocator-calls.ts';
import { allocatorReport } from './allocator-report.ts';
import { faultAddress } from './fault-address.ts';
import { listReport } from './list-report.ts';
import { firstCaller } from './log-trace.ts';
import { pointerKind } from './pointer-kind.ts';
import { findRecursion } from './recursion.ts';

const frames = (...names: string[]): FrameData[] =>
  names.map((symbol, i) => ({
    ...{ pc: '0xffffffff81000000', symbol, offset: 1, size: 9, module: null, inlined: false, file: null, line: null },
    ...{
      column: null,
      trust: 'orc',
      stack: 'task',
      sp: `0x${(0x1000 + i * 32).toString(16).padStart(16, '0')}`,
      interrupted: false,
    },
  }));

test("of an address of KASAN's shadow that which was meant", () => {
  const first =
    'Oops: general protection fault, probably for non-canonical address 0xdffffc0000000018: 0000 [#1] SMP KASAN';
  const second = 'KASAN: null-ptr-deref in range [0x00000000000000c0-0x00000000000000c7]';
  assert.deepEqual(faultAddress([first, second]), { address: 0xc0n, line: second });
  assert.deepEqual(faultAddress([first, 'CPU: 1']), { address: 0xdffffc0000000018n, line: first });
});

test('the address of a fault and the kind of access, as kernels of several ages write them', () => {
  const cases: readonly (readonly [readonly string[], bigint, string | undefined])[] = [
    [
      [
        'BUG: kernel NULL pointer dereference, address: 0000000000000018',
        '#PF: supervisor write access in kernel mode',
      ],
      0x18n,
      'write',
    ],
    [
      [
        'BUG: unable to handle page fault for address: ffffffffc05cd2c0',
        '#PF: supervisor instruction fetch in kernel mode',
      ],
      0xffffffffc05cd2c0n,
      'execute',
    ],
    [
      [
        'BUG: unable to handle kernel NULL pointer dereference at 00000000000000d8',
        'PGD 0 P4D 0',
        'Oops: 0002 [#1] SMP',
      ],
      0xd8n,
      'write',
    ],
    [
      ['BUG: unable to handle kernel paging request at ffff88813fff0000', 'Oops: 0000 [#1] SMP'],
      0xffff88813fff0000n,
      'read',
    ],
    [
      [
        'Unable to handle kernel NULL pointer dereference at virtual address 00000000000000d0',
        '  ESR = 0x96000005',
        '  CM = 0, WnR = 0',
      ],
      0xd0n,
      'read',
    ],
    [
      [
        'Unable to handle kernel paging request at virtual address dead000000000122',
        '  EC = 0x21: IABT (current EL), IL = 32 bits',
      ],
      0xdead000000000122n,
      'execute',
    ],
    [
      ['general protection fault, probably for non-canonical address 0xa56b6b6b6b6b6b6b: 0000 [#1]'],
      0xa56b6b6b6b6b6b6bn,
      undefined,
    ],
    [
      [
        'Unable to handle kernel access to user memory without uaccess routines at virtual address 00000000000000c0',
        'status: 0000000200000120 badaddr: 00000000000000c0 cause: 000000000000000d',
      ],
      0xc0n,
      'read',
    ],
    [
      [
        'CPU 0 Unable to handle kernel paging request at virtual address 00000000000000c0, era == ffff80000232c008',
        'ESTAT: 00020000 [PIS] (IS= ECode=2 EsubCode=0)',
      ],
      0xc0n,
      'write',
    ],
  ];
  for (const [lines, address, access] of cases) {
    const found = faultAddress(lines);
    assert.deepEqual([found?.address, found?.access], [address, access], lines[0]);
  }
  assert.equal(faultAddress(['general protection fault: 0000 [#1] PREEMPT SMP']), undefined);
});

test('reports of broken lists', () => {
  const kinds = (line: string) => {
    const found = listReport([line]);
    return found && [found.kind, found.entry, found.found];
  };
  const [a, b] = [0xffff888000001000n, 0xffff888000002000n];
  assert.deepEqual(kinds('list_add double add: new=ffff888000001000, prev=ffff888000002000, next=ffff888000001000.'), [
    'double-add',
    a,
    undefined,
  ]);
  assert.deepEqual(kinds('list_del corruption, ffff888000001000->prev is LIST_POISON2 (dead000000000122)'), [
    'removed',
    a,
    0xdead000000000122n,
  ]);
  assert.deepEqual(kinds('list_del corruption, ffff888000001000->next is NULL'), ['removed', a, undefined]);
  assert.deepEqual(
    kinds(
      'list_del corruption. prev->next should be ffff888000001000, but was ffff888000002000. (prev=ffff888000001000)',
    ),
    ['broken', a, b],
  );
  assert.deepEqual(kinds('list_del corruption. next->prev should be ffff888000001000, but was ffff888000002000'), [
    'broken',
    a,
    b,
  ]);
  assert.deepEqual(
    kinds(
      'list_add corruption. next->prev should be prev (ffff888000001000), but was ffff888000002000. (next=ffff888000002000).',
    ),
    ['broken', b, b],
  );
  assert.equal(kinds('list_del corruption'), undefined);
});

test('reports of allocators that are cut off, or are none', () => {
  assert.deepEqual(allocatorReport(['BUG kmalloc-64 (Not tainted): Poison overwritten']), {
    ...{ by: 'slub', kind: 'written-after-free', words: 'Poison overwritten', cache: 'kmalloc-64' },
    line: 'BUG kmalloc-64 (Not tainted): Poison overwritten',
  });
  assert.equal(allocatorReport(['BUG: KFENCE: out-of-bounds read in f+0x1/0x2'])?.kind, 'out-of-bounds');
  assert.equal(allocatorReport(['BUG: Bad page state in process x  pfn:1234']), undefined);
  assert.equal(allocatorReport(['BUG: kernel NULL pointer dereference, address: 0000000000000018']), undefined);
});

test('the allocator in which it died, and who called it', () => {
  const call = (...names: string[]) => allocatorCall(frames(...names), 0);
  assert.deepEqual(call('set_freepointer', '__slab_free', 'kmem_cache_free', 'drops'), {
    kind: 'free',
    index: 2,
    caller: 3,
  });
  assert.deepEqual(call('___slab_alloc.isra.0', 'kmem_cache_alloc', 'makes'), {
    kind: 'allocate',
    index: 1,
    caller: 2,
  });
  assert.deepEqual(call('kfree'), { kind: 'free', index: 0, caller: undefined });
  assert.equal(call('drops', 'kfree'), undefined);
  assert.equal(bareName('f.constprop.0.isra.1.cold'), 'f');
});

test('recursion of one function and of two, and deep stacks without any', () => {
  const deep = (...round: string[]) =>
    frames('trap', ...Array.from({ length: 24 }, (_, i) => round[i % round.length] as string), 'start');
  const one = findRecursion(deep('dig'), 0);
  assert.deepEqual([one?.functions.map((f) => f.symbol), one?.rounds, one?.bytes], [['dig'], 24, 32]);
  const two = findRecursion(deep('a', 'b'), 0);
  assert.deepEqual([two?.functions.map((f) => f.symbol), two?.rounds, two?.others], [['a', 'b'], 12, 2]);
  assert.equal(findRecursion(frames('a', 'b', 'c', 'a', 'b', 'd'), 0), undefined);
  assert.equal(findRecursion([], 0), undefined);
});

test('the first function of a trace in the log', () => {
  const trace = ['Call trace:', ' warns+0x1/0x2', ' ? stale+0x1/0x2', ' real+0x10/0x20 [m]'];
  assert.deepEqual(firstCaller(trace, /^warns$/), { symbol: 'real', module: 'm', line: ' real+0x10/0x20 [m]' });
  assert.equal(firstCaller([' real+0x10/0x20'], /x/), undefined);
  assert.equal(firstCaller(['Call Trace:'], /x/), undefined);
});

test('what a bad pointer tells by itself', () => {
  const kind = (at: bigint) => pointerKind(at).kind;
  assert.equal(kind(0x003c3c3c3c3c3c44n), 'fill', 'a CPU that does not tell the top byte');
  assert.match(pointerKind(0x006f6c6f68636e69n).words.en, /the text "incholo"/);
  assert.equal(kind(0x00007f3c3c3c3c3cn), 'wild', 'of user space');
  assert.equal(kind(0n), 'null');
  assert.equal(kind(0xfffn), 'null');
  assert.equal(kind(0xffffffffffffffean), 'error');
  assert.equal(kind(0xdead000000000100n), 'list-poison');
  assert.equal(kind(0xdead4ead00000000n), 'poison');
  assert.equal(kind(0xdead000000001000n), 'poison');
  assert.equal(kind(0x6b6b6b6b6b6b6b6bn), 'freed');
  assert.equal(kind(0xa56b6b6b6b6b6b6bn), 'freed');
  assert.equal(kind(0xbbbbbbbbbbbbbbbbn), 'red-zone');
  assert.equal(kind(0xffff888000001000n), 'wild');
});
