import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { flagNamesOfPage } from './page-flags.ts';

/** A kernel whose pages take 64 bytes. */
function kernel(folio: Readonly<Record<string, number>>, page: Readonly<Record<string, number>> = {}) {
  const memory = new KernelMemory();
  memory.enumeration(
    'pageflags',
    'PG_locked',
    'PG_writeback',
    'PG_referenced',
    'PG_a',
    'PG_b',
    'PG_c',
    'PG_d',
    'PG_e',
    'PG_late',
  );
  memory.type('page', 64, page);
  memory.type('folio', 256, folio);
  return memory.program();
}

const HEAD = 0xffffea0000095000n;

test('the order of a folio in its second page is no flag', () => {
  const second = { address: HEAD + 64n, head: HEAD, flags: 0x103n };
  const newer = kernel({ _flags_1: 64 });
  assert.deepEqual(flagNamesOfPage(newer, second), ['late'], 'an order of 3');
  assert.deepEqual(flagNamesOfPage(newer, { ...second, address: HEAD }), ['locked', 'writeback', 'late']);
  assert.deepEqual(flagNamesOfPage(newer, { ...second, address: HEAD + 128n, flags: 1n }), ['locked']);
  for (const older of [kernel({ _flags_1: 64, _folio_order: 80 }), kernel({}, { compound_order: 17 })]) {
    assert.deepEqual(flagNamesOfPage(older, { ...second, flags: 1n }), ['locked']);
  }
});
