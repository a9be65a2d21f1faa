import assert from 'node:assert/strict';
import { test } from 'node:test';
import { madeCase } from '../../test/build/made-case.ts';
import { slabKernel, wholeSlabKernel } from '../../test/build/slab-kernel.ts';
import { freedPage } from './freed-page.ts';

const LOG = ['Unable to handle kernel NULL pointer dereference at virtual address 00000000000000d0'];

/** A page that is no slab: object and descriptor. */
function gonePage(flags: bigint, count: number) {
  const k = slabKernel();
  const { page, object } = k.slab([], 0);
  k.memory.u64(page, flags);
  k.memory.u64(page + 24n, 0n);
  k.memory.u32(page + 52n, count);
  return { ...k, page, object: object(7) };
}

function check(k: { memory: ReturnType<typeof slabKernel>['memory']; page: bigint; object: bigint }, symbol: string) {
  const frames = [{ symbol, registers: { rdi: k.object, rbx: k.page } }, { symbol: 'ext4_i_callback' }];
  return [...freedPage.check(madeCase({ memory: k.memory, log: LOG, frames }))];
}

test('the page of the freed object is free: freed twice goes before a stray write', () => {
  const findings = check(gonePage(0n, 0), 'kmem_cache_free');
  assert.deepEqual(
    findings.map((f) => [f.title.en.split(':')[0], f.confidence]),
    [
      ['Object freed twice', 'likely'],
      ['Page given back while an object in it was in use', 'possible'],
      ['Page descriptor overwritten', 'possible'],
    ],
  );
  assert.match(findings[0]?.sentence.en ?? '', /ext4_i_callback freed memory at .* a free page/);
  assert.ok(findings[0]?.evidence.some((e) => e.value === '0' && e.command?.startsWith('struct slab.slab_cache')));
  assert.ok((findings[2]?.against?.length ?? 0) > 0);
});

test('a page that is marked as a slab but names no cache: its descriptor was overwritten', () => {
  const findings = check(gonePage(2n, 1), 'kmem_cache_free');
  assert.equal(findings.find((f) => f.title.en === 'Page descriptor overwritten')?.confidence, 'likely');
  assert.equal(findings[0]?.confidence, 'possible');
});

test('an object in a slab, and a page outside of the allocator, say nothing', () => {
  assert.deepEqual(check(gonePage(0n, 0), 'reads_page'), []);
  const { memory, full } = wholeSlabKernel();
  assert.deepEqual(check({ memory, page: full.page, object: full.object(2) }, 'kfree'), []);
});
