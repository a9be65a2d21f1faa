import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrayType, u64Type } from '../../test/build/c-types.ts';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { irqCount, irqs } from './irq.ts';

function kernel(): KernelMemory {
  const memory = new KernelMemory();
  memory.type('irq_desc', 128, {
    'irq_data.chip': 0,
    'irq_data.hwirq': 8,
    'irq_common_data.affinity': [16, arrayType(u64Type, 1)],
    kstat_irqs: 32,
    action: 40,
    name: 48,
  });
  memory.type('irqaction', 64, { handler: 0, next: 8, thread: 16, name: 24 });
  memory.type('irq_chip', 16, { name: 8 });
  memory.type('cpumask', 8, {});
  const limit = memory.symbol('nr_irqs', memory.alloc(4));
  memory.u32(limit, 3);
  memory.symbol('irq_desc', memory.alloc(3 * 128));
  return memory;
}

const descriptor = (memory: KernelMemory, irq: number): bigint =>
  memory.kernel.symbols.find(({ name }) => name === 'irq_desc')!.address + BigInt(irq) * 128n;

function action(memory: KernelMemory, name: string): bigint {
  const at = memory.alloc(64);
  memory.u64(at + 24n, memory.string(name));
  return at;
}

test('irqs of a kernel with an array: actions in their order, chip, flow, affinity, counts', () => {
  const memory = kernel();
  const at = descriptor(memory, 1);
  const chip = memory.alloc(16);
  memory.u64(chip + 8n, memory.string('IO-APIC'));
  const counts = memory.alloc(4);
  memory.u32(counts, 42);
  const [first, second] = [action(memory, 'ehci'), action(memory, 'uhci')];
  memory.u64(first + 8n, second);
  memory.u64(at, chip);
  memory.u64(at + 8n, 18);
  memory.u64(at + 16n, 0b101);
  memory.u64(at + 32n, counts);
  memory.u64(at + 40n, first);
  memory.u64(at + 48n, memory.string('fasteoi'));
  const prog = memory.program();
  const { limit, irqs: found, problems } = irqs(prog);
  assert.equal(limit, 3);
  assert.deepEqual(
    found.map((one) => one.irq),
    [0, 1, 2],
  );
  const one = found[1]!;
  assert.deepEqual([one.chip, one.flow, one.hardwareIrq, one.affinity], ['IO-APIC', 'fasteoi', 18n, [0, 2]]);
  assert.deepEqual(
    one.actions.map(({ name }) => name),
    ['ehci', 'uhci'],
  );
  assert.equal(irqCount(prog, one, 0), 42);
  assert.deepEqual(found[2]?.actions, []);
  assert.deepEqual(problems, []);
});

test('irqs: a chain of actions that runs into itself keeps what was found', () => {
  const memory = kernel();
  const first = action(memory, 'shared');
  memory.u64(first + 8n, first);
  memory.u64(descriptor(memory, 0) + 40n, first);
  const { irqs: found, problems } = irqs(memory.program());
  assert.equal(found[0]?.actions[0]?.name, 'shared');
  assert.ok((found[0]?.actions.length ?? 0) <= 2);
  assert.match(problems[0]?.why ?? '', /runs into itself/);
});

test('irqs: a number of interrupts beyond reason is not believed', () => {
  const memory = kernel();
  memory.u32(memory.kernel.symbols.find(({ name }) => name === 'nr_irqs')!.address, -1);
  assert.deepEqual(irqs(memory.program()).irqs, []);
});
