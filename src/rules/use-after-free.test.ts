import assert from 'node:assert/strict';
import { test } from 'node:test';
import { madeCase } from '../../test/build/made-case.ts';
import { SIZE, wholeSlabKernel } from '../../test/build/slab-kernel.ts';
import type { FaultChain } from '../fault/chain.ts';
import { useAfterFree } from './use-after-free.ts';

const POISON = 0x6b6b6b6b6b6b6b6bn;
const LOG = ['general protection fault, probably for non-canonical address 0x6b6b6b6b6b6b6b6b: 0000 [#1] SMP'];

/** The partial slab's object 30, which is free, with a word of poison at 16. */
function freed() {
  const k = wholeSlabKernel();
  const object = k.partial.object(30);
  for (let i = 8; i < SIZE - 8; i += 8) k.memory.u64(object + BigInt(i), POISON);
  return { ...k, object };
}

test('an address that was read from a freed object', () => {
  const { memory, object } = freed();
  const frames = [{ symbol: 'use_thing', module: 'things', registers: { rdi: object, rax: POISON } }];
  const [finding] = [...useAfterFree.check(madeCase({ memory, log: LOG, frames }))];
  assert.equal(finding?.severity, 'cause');
  assert.match(finding?.sentence.en ?? '', /^use_thing \[things\] used object .* after it had been freed/);
  assert.equal(finding?.subject?.cache, 'things');
  assert.ok(finding?.evidence.some((e) => e.value === '6b6b6b6b6b6b6b6b'));
});

test('execution that went where a freed object pointed', () => {
  const { memory, object } = freed();
  const frames = [{ symbol: null, pc: POISON, registers: { rip: POISON, rdi: object } }, { symbol: 'caller' }];
  const [finding] = [...useAfterFree.check(madeCase({ memory, frames }))];
  assert.equal(finding?.subject?.function, 'caller');
});

test('the same bytes in an allocated object, or a free object that does not hold the address, accuse nobody', () => {
  const { memory, full, partial } = freed();
  memory.u64(full.object(3) + 16n, POISON);
  const used = [{ symbol: 'f', registers: { rdi: full.object(3) } }];
  assert.deepEqual([...useAfterFree.check(madeCase({ memory, log: LOG, frames: used }))], []);
  const other = [{ symbol: 'f', registers: { rdi: partial.object(4) } }];
  assert.deepEqual([...useAfterFree.check(madeCase({ memory, log: LOG, frames: other }))], []);
});

test('a stall has no bad address: that a free object holds the address of the code that ran is chance', () => {
  const { memory, object } = freed();
  const pc = 0xffffffffc0294260n;
  memory.u64(object, pc);
  const frames = [{ symbol: 'spins', module: 'm', pc, registers: { rip: pc, rdi: object } }];
  const log = ['rcu: INFO: rcu_preempt self-detected stall on CPU', 'Kernel panic - not syncing: RCU Stall'];
  assert.deepEqual([...useAfterFree.check(madeCase({ memory, log, frames }))], []);
});

test('a NULL pointer that was read from a freed object is explained by that', () => {
  const { memory, object } = freed();
  memory.u64(object + 24n, 0);
  const text = { en: '', zh: '' };
  const step = {
    ...{
      function: 'use_thing',
      address: 0n,
      place: 'use_thing+0x5',
      instruction: 'mov',
      what: text,
      expression: 't->next',
    },
    ...{
      value: 0n,
      confidence: 'certain' as const,
      evidence: [],
      readFrom: { address: object + 24n, size: 8, now: 0n },
    },
  };
  const chain: FaultChain = {
    ...{ kind: 'access', function: 'use_thing', expression: 't->next->key', summary: text, pointers: [] },
    strands: [{ steps: [step], stopped: text }],
  };
  const frames = [{ symbol: 'use_thing', registers: { rdi: object } }];
  const log = ['BUG: kernel NULL pointer dereference, address: 0000000000000008'];
  const [finding] = [...useAfterFree.check(madeCase({ memory, log, frames, chain }))];
  assert.ok(finding?.explains?.includes('pointer.null'));
});
