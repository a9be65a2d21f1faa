import assert from 'node:assert/strict';
import { test } from 'node:test';
import { branchLink, FaultKernel, words } from '../../test/build/fault-kernel.ts';
import { TestKernel } from '../../test/build/test-program.ts';
import { arm64 } from '../arch/arm64.ts';
import { formatType } from '../types/format-type.ts';
import type { FaultChain, FaultStep } from './chain.ts';

const VMEMMAP = 0xffff_ea00_0000_0000n;
/** An object of the direct map, its page, and the memory of that page's descriptor. */
const OBJECT = TestKernel.BASE + 0x7_91c0n;
const PAGE = VMEMMAP + (0x7_9000n / 0x1000n) * 64n;
const CACHE = TestKernel.BASE + 0x8_0000n;
const OFFSET_RCU = 0x2d0n;
const NOP = 0xd503201f;

/** Types of a kernel that has memory control groups of the kernel's memory: Linux 4.19 with CONFIG_MEMCG_KMEM. */
function types(kernel: FaultKernel): void {
  const w = kernel.btf;
  const long = w.int('long unsigned int', 8);
  const int = w.int('int', 4, 1);
  const unknown = w.pointer(0);
  const cache = w.endId + 3;
  const toCache = w.pointer(cache);
  const head = w.struct('callback_head', 16, [
    ['next', unknown, 0],
    ['func', unknown, 64],
  ]);
  const memcg = w.struct('memcg_cache_params', 32, [['root_cache', toCache, 0]]);
  assert.equal(
    w.struct('kmem_cache', 0x180, [
      ['cpu_slab', unknown, 0],
      ['object_size', int, 0x1c * 8],
      ['memcg_params', memcg, 0xd0 * 8],
    ]),
    cache,
  );
  const list = w.struct('', 24, [
    ['compound_head', long, 0],
    ['index', long, 128],
  ]);
  const slab = w.struct('', 24, [
    ['slab_list', unknown, 0],
    ['mapping', unknown, 64],
    ['slab_cache', toCache, 128],
  ]);
  const union = w.struct(
    '',
    24,
    [
      ['', list, 0],
      ['', slab, 0],
    ],
    'union',
  );
  w.struct('page', 64, [
    ['flags', long, 0],
    ['', union, 64],
  ]);
  const inode = w.struct('inode', 0x240, [
    ['i_mode', int, 0],
    ['i_rcu', head, 0x1d0 * 8],
  ]);
  w.struct('ext4_inode_info', 0x3e8, [
    ['i_data', int, 0],
    ['vfs_inode', inode, 0x100 * 8],
  ]);
  w.struct('other_thing', 0x400, [['vfs_inode', inode, 0x100 * 8]]);
  w.func(
    'kmem_cache_free',
    w.prototype(0, [
      ['s', toCache],
      ['x', unknown],
    ]),
  );
  w.func('ext4_i_callback', w.prototype(0, [['head', w.pointer(head)]]));
  w.func('next_callback', w.prototype(w.pointer(head), []));
}

/** `kmem_cache_free` with the instructions that the kernel's report shows, at their offsets. */
function freeing(): number[] {
  const code = new Array<number>(0x1c8 / 4).fill(NOP);
  const put = (offset: number, ...values: number[]): void => {
    for (const [i, v] of values.entries()) code[offset / 4 + i] = v;
  };
  put(0, 0xa9bd7bfd, 0x910003fd, 0xa90153f3, 0xf90013f5); // stp x29, x30, [sp, #-48]!; mov; stp x19, x20; str x21
  put(0x10, 0xaa0003f5, 0xaa0103f3); // mov x21, x0; mov x19, x1
  put(0x18, 0x14000028); // b +0xa0
  put(0x28, 0xa94153f3, 0xf94013f5, 0xa8c37bfd, 0xd65f03c0); // the way out
  put(0xb8, 0x92409a63, 0xd34cfc63); // and x3, x19, #0x7fffffffff; lsr x3, x3, #12
  put(0xc0, 0xd2ffffe0, 0xf2dd4000, 0x8b031803); // x0 = vmemmap; add x3, x0, x3, lsl #6
  put(0xcc, 0xf9400461, 0xd1000422, 0xaa0303e0, 0xf240003f); // ldr x1, [x3, #8]; sub x2, x1, #1; mov x0, x3; tst x1, #1
  put(0xdc, NOP, NOP, NOP, NOP);
  put(0xec, 0x9a820000, 0xf9400c00, 0xeb0002bf, 0x54fff980, 0xf9406801);
  put(0x100, 0xeb0102bf, 0x14000000); // cmp x21, x1; b .
  return words(...code);
}

function fieldCase(): { kernel: FaultKernel; chain: FaultChain } {
  const kernel = new FaultKernel(arm64);
  kernel.vmemmap = VMEMMAP;
  types(kernel);
  kernel.fill(OBJECT & ~0xfffn, 0x2000);
  kernel.fill(CACHE, 0x1000);
  const free = kernel.code('kmem_cache_free', freeing());
  const at = kernel.nextCode;
  const callback = kernel.code(
    'ext4_i_callback',
    // stp x29, x30; mov x29, sp; sub x1, x0, #0x2d0; adrp x0; ldr x0, [x0, #0xf00]; bl kmem_cache_free; ldp; ret
    words(
      0xa9bf7bfd,
      0x910003fd,
      0xd10b4001,
      0x90000000,
      0xf9478000,
      branchLink(at + 20n, free),
      0xa8c17bfd,
      0xd65f03c0,
    ),
  );
  kernel.symbol('ext4_inode_cachep', FaultKernel.TEXT + 0xf00n, 8, 'd');
  kernel.word(FaultKernel.TEXT + 0xf00n, CACHE);
  kernel.word(CACHE + 0x18n, 0x3e8n << 32n); // object_size
  const next = kernel.code('next_callback', words(0xd65f03c0));
  const caller = kernel.nextCode;
  kernel.code(
    'run_callbacks', // stp x29, x30; mov x29, sp; bl next_callback; mov x19, x0; ldr x1, [x19, #8]; mov x0, x19; blr x1
    words(0xa9bf7bfd, 0x910003fd, branchLink(caller + 8n, next), 0xaa0003f3, 0xf9400661, 0xaa1303e0, 0xd63f0020, NOP),
  );
  const rcu = OBJECT + OFFSET_RCU;
  kernel.word(rcu + 8n, callback);
  const sp = FaultKernel.STACK + 0x1000n;
  // kmem_cache_free saved its caller's x19 to x21, ext4_i_callback its frame record
  kernel.word(sp, sp + 48n);
  kernel.word(sp + 8n, callback + 24n);
  kernel.word(sp + 16n, rcu);
  kernel.word(sp + 48n, sp + 64n);
  kernel.word(sp + 56n, caller + 28n);
  const chain = kernel.explain({
    ...{ pc: free + 0xfcn, sp, x29: sp, x0: 0n, x1: 0n, x2: 0xffff_ffff_ffff_ffffn, x3: PAGE },
    ...{ x19: OBJECT, x20: 0n, x21: CACHE, x30: callback + 24n },
  });
  assert.ok(chain);
  return { kernel, chain };
}

function texts(chain: FaultChain): string[] {
  return chain.strands.flatMap((s) => s.steps.map((step: FaultStep) => `${step.place}: ${step.expression}`));
}

test('a NULL slab cache is followed to the page, the object and the inode whose callback ran', () => {
  const { chain } = fieldCase();
  assert.equal(chain.kind, 'access');
  assert.equal(chain.target, 0xd0n);
  assert.match(chain.expression, /->memcg_params\.root_cache$/);
  const steps = texts(chain);
  assert.deepEqual(steps.slice(0, 6), [
    'kmem_cache_free+0xfc: virt_to_page(x)->slab_cache',
    'kmem_cache_free+0xf0: virt_to_page(x)->slab_cache',
    'kmem_cache_free+0xc8: virt_to_page(x)',
    'kmem_cache_free+0x0: x',
    'ext4_i_callback+0x14: container_of(head, struct ext4_inode_info, vfs_inode.i_rcu)',
    'ext4_i_callback+0x0: head',
  ]);
  assert.match(steps.at(-1) ?? '', /^run_callbacks\+0x8: next_callback\(\)$/);
});

test('each value is the one that registers and memory had, and memory that changed since is told', () => {
  const { kernel, chain } = fieldCase();
  const steps = chain.strands.flatMap((s) => s.steps);
  const told = (place: string): bigint | undefined => steps.find((s) => s.place === place)?.value;
  assert.equal(told('kmem_cache_free+0xf0'), 0n);
  assert.equal(told('kmem_cache_free+0xc8'), PAGE);
  assert.equal(told('kmem_cache_free+0x0'), OBJECT);
  assert.equal(told('ext4_i_callback+0x0'), OBJECT + OFFSET_RCU);
  const load = steps.find((s) => s.place === 'kmem_cache_free+0xf0');
  assert.deepEqual(load?.readFrom, { address: PAGE + 0x18n, size: 8 }); // the descriptor's memory is not in this dump
  assert.ok(kernel);
});

test('pointers that took part are handed on with their types', () => {
  const { chain } = fieldCase();
  const types = new Map(chain.pointers.map((p) => [p.value, p.type && formatType(p.type)]));
  assert.equal(types.get(PAGE), 'struct page *');
  assert.equal(types.get(OBJECT), 'struct ext4_inode_info *');
  assert.equal(types.get(OBJECT + OFFSET_RCU), 'struct callback_head *');
});
