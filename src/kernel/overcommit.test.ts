import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MadeMachine, memoryMachine } from '../../test/build/memory-machine.ts';
import { overcommit } from './overcommit.ts';

const zones: MadeMachine['zones'] = [{ name: 'Normal', managed: 1001, free: 100, marks: [1, 2, 3] }];
const swap = { total: 300, free: 300 };

test('the limit by ratio, by kbytes, with swap; the mode by name', () => {
  const ratio = overcommit(memoryMachine({ zones, swap, committed: 5000 }).program());
  assert.deepEqual([ratio.mode, ratio.limit, ratio.committed], ['heuristic', 800, 5000]);
  assert.deepEqual(ratio.problems, []);
  const fixed = memoryMachine({ zones, swap, overcommit: { mode: 2, ratio: 90, kbytes: 4003 } });
  const never = overcommit(fixed.program());
  assert.deepEqual([never.mode, never.limit], ['never', 1300]);
  assert.equal(overcommit(memoryMachine({ zones, overcommit: { mode: 1 } }).program()).mode, 'always');
  assert.equal(overcommit(memoryMachine({ zones, overcommit: { mode: 77 } }).program()).mode, undefined);
});

test("pools of huge pages are left out, CPUs' parts of the committed pages counted", () => {
  const memory = memoryMachine({ zones, swap, committed: 100 });
  memory.type('hstate', 64, { name: 0, order: [32, 4], free_huge_pages: 40, nr_huge_pages: 48 });
  const pool = memory.symbol('hstates', memory.alloc(64));
  memory.u32(pool + 32n, 3);
  memory.u64(pool + 48n, 100);
  memory.u32(memory.symbol('hugetlb_max_hstate', memory.alloc(4)), 1);
  const counter = memory.kernel.symbols.find((s) => s.name === 'vm_committed_as')?.address ?? 0n;
  const areas = memory.kernel.symbols.find((s) => s.name === '__per_cpu_offset')?.address ?? 0n;
  memory.u64(counter + 32n, 16n);
  const prog = memory.program();
  for (const cpu of [0n, 1n]) memory.u32(prog.memory.ulong(areas + cpu * 8n) + 16n, cpu === 0n ? 7 : -2);
  const found = overcommit(memory.program());
  assert.equal(found.hugetlb, 800);
  assert.equal(found.limit, Math.floor((201 * 50) / 100) + 300);
  assert.equal(found.committed, 105);
});

test('what cannot be read is undefined, and told', () => {
  const memory = memoryMachine({ zones });
  const kbytes = memory.kernel.symbols.find((s) => s.name === 'sysctl_overcommit_kbytes');
  memory.drop(kbytes?.address ?? 0n);
  const found = overcommit(memory.program());
  assert.equal(found.limit, undefined);
  assert.ok(found.problems.some((p) => p.what === 'commit limit'));
});
