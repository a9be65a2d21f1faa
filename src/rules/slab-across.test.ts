import assert from 'node:assert/strict';
import { test } from 'node:test';
import { madeCase } from '../../test/build/made-case.ts';
import { SIZE, wholeSlabKernel } from '../../test/build/slab-kernel.ts';
import type { FaultChain } from '../fault/chain.ts';
import type { Finding } from '../report/finding.ts';
import { slabAcross } from './slab-across.ts';

const TEXT = { en: 'a reads b', zh: 'a 读 b' };
/** Where each object has empty lists. */
const LIST = 0x28;
const OTHER = 0x50;

/** Object 5 is read; the others of its slab have their lists where they belong. */
function check(shift: number | undefined, others = 8, most = 2): Finding[] {
  const { memory, full } = wholeSlabKernel();
  const empty = (at: bigint): void => {
    memory.u64(at, at);
    memory.u64(at + 8n, at);
  };
  const lists = (i: number, shift: number): void => {
    for (const at of [LIST, OTHER].slice(0, most)) empty(full.object(i) + BigInt(at + shift));
  };
  for (let i = 6; i < 6 + others; i++) lists(i, 0);
  if (shift !== undefined) lists(5, shift);
  const address = full.object(5) + 0x10n;
  const step = {
    ...{ function: 'reads', address: 0n, place: 'reads+0x5', instruction: 'mov', what: TEXT, expression: 'a' },
    ...{ confidence: 'certain' as const, evidence: [], value: 0n, readFrom: { address, size: 8, now: 0n } },
  };
  const chain: FaultChain = {
    ...{ kind: 'access', function: 'reads', expression: 'a->b', summary: TEXT, pointers: [] },
    strands: [{ steps: [step], stopped: TEXT }],
  };
  const frames = [{ symbol: 'reads', module: 'm', registers: { rdi: full.object(5) } }];
  const log = ['BUG: kernel NULL pointer dereference, address: 0000000000000008'];
  return [...slabAcross.check(madeCase({ memory, frames, log, chain }))];
}

test('an object whose lists are shifted against those of its like', () => {
  const [finding] = check(-0x18);
  assert.match(
    finding?.sentence.en ?? '',
    /^reads \[m\] used .*shifted by 24 bytes: .* 24 bytes in front of its beginning/,
  );
  assert.ok(finding?.sentence.en.includes(`That is offset 0x${(SIZE - 0x18).toString(16)} of the object in front`));
  assert.equal(finding?.subject?.cache, 'things');
  assert.match(check(8)[0]?.sentence.en ?? '', /8 bytes behind its beginning. That is offset 0x8 of it/);
});

test('an object as its like are, one without lists, and too few that are alike', () => {
  assert.deepEqual(check(0), []);
  assert.deepEqual(check(undefined), []);
  assert.deepEqual(check(-0x18, 2), []);
  assert.deepEqual(check(-0x18, 8, 1), [], 'one list may be anything');
});
