import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SourceFrame } from '../program/ports.ts';
import { codePlaces, parseCodePlace } from './code-place.ts';
import type { FunctionPlace, LineObject } from './line-object.ts';
import { buildPrefix, plainPath, treePath } from './source-path.ts';
import { TextSymbolizer } from './text-symbolizer.ts';

function frame(name: string, file: string, line: number, inlined = false): SourceFrame {
  return { name, file, line, column: 0, inlined };
}

/** A kernel whose every address has the line of its own number; `free` has an inlined call at 0x2ff. */
function object(functions: Readonly<Record<string, readonly FunctionPlace[]>>, name = 'vmlinux'): LineObject {
  return {
    name,
    buildId: undefined,
    functions: (f) => functions[f] ?? [],
    sourceAt(address) {
      if (address === 0x500n) return [frame('panic', '/build/linux-6.1/debian/../kernel/panic.c', 300)];
      const own = frame('f', '/build/linux-6.1/debian/../mm/slub.c', Number(address));
      return address === 0x2ffn ? [frame('slab_equal', '/build/linux-6.1/mm/slab.h', 229, true), own] : [own];
    },
  };
}

// The landmark is looked up where it begins.
const kernel = object({
  panic: [{ address: 0x500n, size: 0x100 }],
  kmem_cache_free: [{ address: 0x100n, size: 0x310 }],
  show: [
    { address: 0x1000n, size: 0x40 },
    { address: 0x2000n, size: 0x50 },
    { address: 0x3000n, size: 0x50 },
  ],
  __list_del_entry_valid: [{ address: 0x4000n, size: 0xec }],
});
kernel.functions('panic');

function symbolizer(): TextSymbolizer {
  const module = object({ cm_init: [{ address: 0x10n, size: 0x60 }] }, 'crashme.ko');
  return new TextSymbolizer((name, buildId) => {
    if (name === undefined) return kernel;
    return name === 'crashme' ? module : { why: `no file of module ${name} ${buildId ?? ''}`.trim() };
  });
}

test('return addresses are looked up at the call, the pc where it is; the text stays', () => {
  const s = symbolizer();
  for (const [line, expected] of [
    ['[   16.6]  kmem_cache_free+0x1f0/0x310', '[   16.6]  kmem_cache_free+0x1f0/0x310 (mm/slub.c:751)'],
    [
      '[   16.6] RIP: 0010:kmem_cache_free+0x1ff/0x310',
      '[   16.6] RIP: 0010:kmem_cache_free+0x1ff/0x310 (mm/slab.h:229 in slab_equal < mm/slub.c:767)',
    ],
    [
      ' ? kmem_cache_free+0x200/0x310 trailing',
      ' ? kmem_cache_free+0x200/0x310 (mm/slab.h:229 in slab_equal < mm/slub.c:767) trailing',
    ],
    ['pc : kmem_cache_free+0x10/0x310', 'pc : kmem_cache_free+0x10/0x310 (mm/slub.c:272)'],
    ['lr : kmem_cache_free+0x10/0x310', 'lr : kmem_cache_free+0x10/0x310 (mm/slub.c:271)'],
    [' kmem_cache_free+0x10/0x310', ' kmem_cache_free+0x10/0x310 (mm/slub.c:272)'], // the pc once more
    [' cm_init+0x11/0x60 [crashme]', ' cm_init+0x11/0x60 [crashme] (mm/slub.c:32)'],
    [
      ' cm_init+0x11/0x60 [crashme 0123456789abcdef0123456789abcdef01234567]',
      ' cm_init+0x11/0x60 [crashme 0123456789abcdef0123456789abcdef01234567] (mm/slub.c:32)',
    ],
    [' cm_init+0x11/0x60 [crashme(OE)]', ' cm_init+0x11/0x60 [crashme(OE)] (mm/slub.c:32)'],
    [' el1h_64_irq+0x64/0x68', ' el1h_64_irq+0x64/0x68'],
    [' __list_del_entry_valid+0x8/0xec', ' __list_del_entry_valid+0x8/0xec (mm/slub.c:16392)'], // it was interrupted
    [' __list_del_entry_valid+0x8/0xec', ' __list_del_entry_valid+0x8/0xec (mm/slub.c:16391)'],
    [' __list_del_entry_valid+0x0/0xec', ' __list_del_entry_valid+0x0/0xec (mm/slub.c:16384)'],
    ['nothing here, x+0x12', 'nothing here, x+0x12'],
  ] as const) {
    assert.equal(s.line(line), expected);
  }
});

test('functions of one name are told apart by size, and what is doubtful is said', () => {
  const s = symbolizer();
  assert.equal(s.line('show+0x11/0x40'), 'show+0x11/0x40 (mm/slub.c:4112)');
  assert.equal(s.line('show+0x11/0x50'), 'show+0x11/0x50 (mm/slub.c:8208 | mm/slub.c:12304)');
  assert.equal(s.line('show+0x11/0x400'), 'show+0x11/0x400');
  assert.equal(s.line('gone+0x11/0x400'), 'gone+0x11/0x400');
  assert.equal(s.line('a+0x1/0x2 [other]'), 'a+0x1/0x2 [other]');
  assert.deepEqual(
    s.notes().map((n) => n.text),
    [
      'one of 3 functions show, told by its size',
      '2 functions show of that size; each is shown',
      'show is 0x400 bytes there but 0x40, 0x50, 0x50 in vmlinux',
      'no function gone in vmlinux',
      'no file of module other',
    ],
  );
});

test('places in text and as a user writes them', () => {
  assert.deepEqual(
    codePlaces('a.isra.0+0x1/0x2 b+0x3/0x4 [m-x] +0x5/0x6').map((p) => p.place),
    [
      { function: 'a.isra.0', offset: 1, size: 2 },
      { function: 'b', offset: 3, size: 4, module: 'm-x' },
    ],
  );
  assert.deepEqual(parseCodePlace('panic'), { function: 'panic', offset: 0 });
  assert.deepEqual(parseCodePlace('panic+0x10'), { function: 'panic', offset: 16 });
  assert.equal(parseCodePlace('0x12'), undefined);
});

test('paths of the build machine', () => {
  assert.equal(plainPath('/a/./b/../c//d.c'), '/a/c/d.c');
  assert.equal(plainPath('./include/x.h'), 'include/x.h');
  assert.equal(plainPath('../../x.h'), '../../x.h');
  assert.equal(buildPrefix('/b/linux/x/../kernel/panic.c', 'kernel/panic.c'), '/b/linux/');
  assert.equal(buildPrefix('/b/other.c', 'kernel/panic.c'), '');
  assert.equal(treePath('/b/linux/mm/slub.c', ['/x/', '/b/linux/']), 'mm/slub.c');
});

test('the trace lines of every CPU: where execution was, and where it returns to', () => {
  const id = '0123456789abcdef0123456789abcdef01234567';
  // Line 272 is the place itself, line 271 the call before it.
  const at = ' (mm/slub.c:272)';
  const call = ' (mm/slub.c:271)';
  const f = 'kmem_cache_free+0x10/0x310';
  for (const [line, expected] of [
    // x86-64 and i386, new and old
    [`RIP: 0010:${f}`, [at]],
    [`RIP: 0010:[<ffffffff82d4e304>]  [<ffffffff82d4e304>] ${f}`, [at]],
    [`RIP  [<ffffffff82d4e304>] ${f}`, [at]],
    [`[  772.919010] IP: [<ffffffff82d4e304>] ${f}`, [at]],
    [`EIP: ${f}`, [at]],
    [`EIP is at ${f}`, [at]],
    [`EIP: 0060:[<c10f7c9d>] EFLAGS: 00010246 CPU: 0 [<c10f7c9d>] ${f}`, [at]],
    [`WARNING: CPU: 0 PID: 1 at mm/slub.c:1 ${f}`, [at]],
    // KASAN's is the return address of its check
    [`BUG: KASAN: use-after-free in ${f}`, [call]],
    // arm
    [`PC is at ${f}`, [at]],
    [`LR is at ${f}`, [call]],
    [`[<8010e300>] (show_stack) from [<80b12478>] (${f})`, [call]],
    [` show_stack from ${f}`, [call]],
    // arm64
    [`pc : ${f}`, [at]],
    [`lr : ${f}`, [call]],
    // riscv; both in one line too
    [` epc : ${f} ra : kmem_cache_free+0x12/0x310`, [at, ' (mm/slub.c:273)']],
    [`epc : ${f}`, [at]],
    [`  ra : ${f}`, [call]],
    // s390
    [`Krnl PSW : 0704c00180000000 0000000000b1f0b4 (${f})`, [at]],
    [`([<00000000001234ba>] show_stack+0x1/0x2 ${f})`, ['', call]],
    // powerpc
    [`NIP [c000000000123456] ${f}`, [at]],
    [`LR [c000000000123456] ${f}`, [call]],
    [`[   38.774455] [c00000003ae5b800] [c00000000135c19c] ${f} (unreliable)`, [call]],
    [`--- interrupt: 300 at ${f}`, [at]],
    [`    LR = ${f}`, [call]],
    // loongarch
    [`   ra: 9000000000223d88 ${f}`, [call]],
    [`  ERA: 9000000000223d88 ${f}`, [at]],
    // mips
    [`epc   : 80123456 ${f}`, [at]],
    [`ra    : 80123456 ${f}`, [call]],
  ] as const) {
    const s = symbolizer(); // each of another machine
    const places = codePlaces(line);
    let wanted = '';
    let done = 0;
    places.forEach(({ end }, i) => {
      wanted += line.slice(done, end) + (expected[i] ?? '');
      done = end;
    });
    assert.equal(s.line(line), wanted + line.slice(done));
  }
  const s = symbolizer();
  assert.equal(s.line('Last Breaking-Event-Address:'), 'Last Breaking-Event-Address:');
  assert.equal(s.line(` [<00000000001234ba>] ${f}`), ` [<00000000001234ba>] ${f}${at}`);
  assert.equal(s.line(` [<00000000001234ba>] ${f}`), ` [<00000000001234ba>] ${f}${call}`);
  assert.equal(
    s.line(` cm_init+0x11/0x60 [crashme(OE) ${id}]`),
    ` cm_init+0x11/0x60 [crashme(OE) ${id}] (mm/slub.c:32)`,
  );
});

test('a log that names another build of the kernel is doubted', () => {
  const own = 'aa'.repeat(20);
  const s = new TextSymbolizer(() => ({ ...kernel, buildId: own }));
  const line = (id: string): string => `CPU: 1 PID: 7 Comm: sh Not tainted 6.1.0 #1 ${id}`;
  s.line(line(own));
  assert.deepEqual(s.notes(), []);
  assert.equal(s.line(line('bb'.repeat(20))), line('bb'.repeat(20)));
  s.line(line('bb'.repeat(20)));
  assert.match(s.notes()[0]?.text ?? '', /build-id b{40}, but vmlinux has a{40}/);
  assert.equal(s.notes()[0]?.count, 2);
});
