import assert from 'node:assert/strict';
import { test } from 'node:test';
import { structType, u64Type } from '../../test/build/c-types.ts';
import { TestKernel } from '../../test/build/test-program.ts';
import { x86_64 } from '../arch/x86-64.ts';
import { cpuRegisters } from './cpu-registers.ts';

const DATA = TestKernel.BASE + 0x100000n;
const PER_CPU = TestKernel.BASE + 0x200000n;
const STACKS = TestKernel.BASE + 0x400000n;
const RIP = x86_64.registers.indexOf('rip');
const USER_CS = 0x33n;

/** An NT_PRSTATUS of x86-64. */
function note(rip: bigint, rsp: bigint, cs = 0x10n): Uint8Array {
  const desc = new Uint8Array(336);
  const view = new DataView(desc.buffer);
  view.setBigUint64(112 + 16 * 8, rip, true);
  view.setBigUint64(112 + 17 * 8, cs, true);
  view.setBigUint64(112 + 19 * 8, rsp, true);
  return desc;
}

/** Three CPUs, each running a task with a stack of its own. */
function kernel(notes: Uint8Array[]): TestKernel {
  const k = new TestKernel();
  k.cpuNotes = notes;
  k.type(structType('task_struct', 16, { stack: [8, u64Type] }));
  k.type(structType('rq', 16, { curr: [0, u64Type], idle: [8, u64Type] }));
  k.type(structType('cpumask', 8, { bits: [0, u64Type] }));
  k.symbol('nr_cpu_ids', DATA, 4, 'D');
  k.symbol('__cpu_possible_mask', DATA + 8n, 8, 'D');
  k.symbol('__cpu_present_mask', DATA + 16n, 8, 'D');
  k.symbol('__per_cpu_offset', DATA + 32n, 24, 'D');
  k.symbol('runqueues', 0x100n, 16, 'A');
  k.word(DATA, 3n);
  k.word(DATA + 8n, 7n);
  k.word(DATA + 16n, 7n);
  for (let cpu = 0n; cpu < 3n; cpu++) {
    const base = PER_CPU + cpu * 0x1000n;
    const task = DATA + 0x1000n + cpu * 0x100n;
    k.word(DATA + 32n + cpu * 8n, base);
    k.word(base + 0x100n, task);
    k.word(base + 0x108n, task);
    k.word(task + 8n, stack(cpu) - 0x100n);
  }
  return k;
}

/** An address on the stack of what `cpu` runs. */
const stack = (cpu: bigint) => STACKS + cpu * 0x10000n + 0x100n;
const pcs = (k: TestKernel) => {
  const prog = k.program(x86_64);
  return [0, 1, 2, 3].map((cpu) => cpuRegisters(prog, cpu)?.[RIP]);
};

test('one note a CPU, in order', () => {
  const k = kernel([note(10n, stack(0n)), note(11n, stack(1n)), note(12n, stack(2n))]);
  assert.deepEqual(pcs(k), [10n, 11n, 12n, undefined]);
});

test('notes of some CPUs only go where their stack pointer is', () => {
  assert.deepEqual(pcs(kernel([note(11n, stack(1n)), note(12n, stack(2n))])), [undefined, 11n, 12n, undefined]);
  assert.deepEqual(pcs(kernel([note(12n, stack(2n)), note(10n, stack(0n))])), [10n, undefined, 12n, undefined]);
});

test('a CPU in user space goes by its place, or takes what is left', () => {
  const user = note(5n, 0x7ffe0000n, USER_CS);
  assert.deepEqual(pcs(kernel([note(10n, stack(0n)), user, note(12n, stack(2n))])), [10n, 5n, 12n, undefined]);
  assert.deepEqual(pcs(kernel([user, note(10n, stack(0n))])), [10n, 5n, undefined, undefined]);
});

test('empty and short notes are none', () => {
  const short = note(10n, stack(0n)).subarray(0, 200);
  assert.deepEqual(pcs(kernel([short, note(0n, 0n), note(12n, stack(2n))])), [undefined, undefined, 12n, undefined]);
});

test("without a note in the file, the kernel's own is taken, when it was filled", () => {
  const k = kernel([note(10n, stack(0n))]);
  k.symbol('crash_notes', DATA + 64n, 8, 'D');
  k.word(DATA + 64n, 0x800n);
  const at = Number(PER_CPU - TestKernel.BASE) + 0x1000 + 0x800;
  const header = new DataView(new ArrayBuffer(20));
  header.setUint32(0, 5, true);
  header.setUint32(4, 336, true);
  header.setUint32(8, 1, true);
  k.memory.write(at, new Uint8Array(header.buffer));
  k.memory.write(at + 12, new TextEncoder().encode('CORE'));
  k.memory.write(at + 20, note(77n, stack(1n)));
  assert.deepEqual(pcs(k), [10n, 77n, undefined, undefined]);
});

test('a kernel whose CPUs cannot be found: notes by their place', () => {
  const k = new TestKernel();
  k.cpuNotes = [note(10n, stack(0n)), note(11n, stack(1n))];
  k.symbol('__per_cpu_offset', TestKernel.BASE + 0x900000n, 8, 'D'); // excluded from the dump
  assert.deepEqual(pcs(k), [10n, 11n, undefined, undefined]);
});
