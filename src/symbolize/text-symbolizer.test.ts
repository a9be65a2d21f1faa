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
