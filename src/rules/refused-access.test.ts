import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { type MadeDeath, madeCase } from '../../test/build/made-case.ts';
import type { Rule } from '../diagnosis/rule.ts';
import type { FaultChain } from '../fault/chain.ts';
import { externalAbort } from './external-abort.ts';
import { misalignedAccess } from './misaligned-access.ts';

const run = (rule: Rule, death: MadeDeath) => [...rule.check(madeCase(death))];
const TEXT = { en: 'x', zh: 'x' };
const frames = [{ symbol: 'reads', module: 'm', registers: {} }];

function access(target: bigint, size = 4): FaultChain {
  return {
    ...{ kind: 'access', function: 'reads', expression: 'r->state', target, size, summary: TEXT, pointers: [] },
    strands: [{ steps: [], stopped: TEXT }],
  };
}

/** One page of a device at physical 0xfe200000, mapped at the address that comes back; a range of its own when it is claimed. */
function machine(claimed?: string, start = 0xfe200000): { memory: KernelMemory; at: bigint } {
  const memory = new KernelMemory();
  const at = 0xffffc90000010000n;
  memory.type('vmap_area', 64, { va_start: 0, va_end: 8, rb_node: 16, list: 40, vm: 56 });
  memory.type('vm_struct', 72, {
    ...{ addr: 8, size: 16, flags: [24, 4], nr_pages: [40, 4], phys_addr: 48, caller: 56 },
  });
  const [area, vm] = [memory.alloc(64), memory.alloc(72)];
  memory.u64(area, at);
  memory.u64(area + 8n, at + 0x2000n);
  memory.u64(area + 56n, vm);
  memory.u64(vm + 8n, at);
  memory.u64(vm + 16n, 0x2000);
  memory.u32(vm + 24n, 1);
  memory.u64(vm + 48n, 0xfe200000);
  const list = memory.symbol('vmap_area_list', memory.alloc(16));
  memory.circle(list, area + 40n);
  memory.type('resource', 64, { start: 0, end: 8, name: 16, parent: 40, sibling: 48, child: 56 });
  const root = memory.symbol('iomem_resource', memory.alloc(64));
  memory.u64(root + 8n, 0xffffffff);
  if (claimed !== undefined) {
    const range = memory.alloc(64);
    memory.u64(range, start);
    memory.u64(range + 8n, start + 0xfffff);
    memory.u64(range + 16n, memory.string(claimed));
    memory.u64(root + 56n, range);
  }
  return { memory, at };
}

const ABORT = ['Internal error: synchronous external abort: 0000000096000010 [#1] SMP'];

test('a device that does not answer: where it is in physical memory, and whose it is', () => {
  const { memory, at } = machine('uart');
  const [finding] = run(externalAbort, { memory, log: ABORT, frames, chain: access(at + 0x18n) });
  assert.match(
    finding?.sentence.en ?? '',
    /^reads \[m\] used 0xffffc90000010018 \(`r->state`\), device memory at physical 0xfe200018, which uart has claimed: the device answered with an error/,
  );
  assert.equal(finding?.confidence, 'certain');
  assert.ok(finding?.evidence.some((e) => e.value === '0xfe200000' && e.command?.startsWith('struct -x vm_struct')));
  const free = machine();
  const [nobody] = run(externalAbort, { memory: free.memory, log: ABORT, frames, chain: access(free.at) });
  assert.match(nobody?.sentence.en ?? '', /which no driver has claimed and no known device has/);
});

test('an abort on the way through the page tables, one in RAM, and one of which nothing more is known', () => {
  const walk = ['Internal error: level 2 (translation table walk): 0000000096000016 [#1] SMP'];
  assert.match(run(externalAbort, { log: walk, frames })[0]?.sentence.en ?? '', /page tables for it answered with an/);
  const { memory } = machine('System RAM', 0);
  const place = memory.alloc(64);
  const ram = run(externalAbort, { memory, log: ABORT, frames, chain: access(place) });
  assert.match(
    ram[0]?.sentence.en ?? '',
    /used 0xffff8880\w+ \(`r->state`\), which is RAM at physical 0x\w{4}: the memory answered/,
  );
  assert.match(
    run(externalAbort, { log: ABORT, frames })[0]?.sentence.en ?? '',
    /used an address: what is there answered/,
  );
  assert.deepEqual(run(externalAbort, { log: ['kernel BUG at a.c:1!'], frames }), []);
});

test('an access that must be aligned', () => {
  const at = 0xffff888000001003n;
  const log = [
    `Unable to handle kernel paging request at virtual address ${at.toString(16)}`,
    'Mem abort info:',
    '  FSC = 0x21: alignment fault',
  ];
  const [finding] = run(misalignedAccess, { log, frames, chain: access(at) });
  assert.match(
    finding?.sentence.en ?? '',
    /^reads \[m\] used 0xffff888000001003 \(`r->state`\), which is no multiple of 4, for 4 bytes: the CPU refuses/,
  );
  assert.deepEqual(finding?.subject, { function: 'reads', module: 'm', address: '0xffff888000001003' });
  const [plain] = run(misalignedAccess, { log, frames });
  assert.match(plain?.sentence.en ?? '', /^reads \[m\] used 0xffff888000001003: the CPU refuses/);
  const translation = [log[0] as string, '  FSC = 0x07: level 3 translation fault'];
  assert.deepEqual(run(misalignedAccess, { log: translation, frames, chain: access(at) }), []);
});
