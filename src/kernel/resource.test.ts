import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { resources } from './resource.ts';

const SIZE = 64;

function kernel(): KernelMemory {
  const memory = new KernelMemory();
  memory.type('resource', SIZE, { start: 0, end: 8, name: 16, parent: 40, sibling: 48, child: 56 });
  return memory;
}

function resource(memory: KernelMemory, start: number, end: number, name?: string): bigint {
  const at = memory.alloc(SIZE);
  memory.u64(at, start);
  memory.u64(at + 8n, end);
  if (name !== undefined) memory.u64(at + 16n, memory.string(name));
  return at;
}

const sibling = (memory: KernelMemory, of: bigint, to: bigint): void => memory.u64(of + 48n, to);
const child = (memory: KernelMemory, of: bigint, to: bigint): void => memory.u64(of + 56n, to);

test('resources: each before those inside it', () => {
  const memory = kernel();
  const root = memory.symbol('iomem_resource', resource(memory, 0, 0xffff, 'PCI mem'));
  const ram = resource(memory, 0x1000, 0x1fff, 'System RAM');
  const code = resource(memory, 0x1100, 0x11ff);
  const device = resource(memory, 0x4000, 0x4fff, '0000:00:02.0');
  child(memory, root, ram);
  sibling(memory, ram, device);
  child(memory, ram, code);
  const { resources: found, problems } = resources(memory.program(), 'iomem_resource');
  assert.deepEqual(
    found.map(({ start, end, name, depth }) => [Number(start), Number(end), name, depth]),
    [
      [0, 0xffff, 'PCI mem', 0],
      [0x1000, 0x1fff, 'System RAM', 1],
      [0x1100, 0x11ff, undefined, 2],
      [0x4000, 0x4fff, '0000:00:02.0', 1],
    ],
  );
  assert.deepEqual(problems, []);
});

test('resources: a circle and a pointer into nowhere end the walk with a reason', () => {
  const memory = kernel();
  const root = memory.symbol('ioport_resource', resource(memory, 0, 0xffff, 'PCI IO'));
  const first = resource(memory, 0, 0x1f, 'dma1');
  child(memory, root, first);
  sibling(memory, first, root);
  child(memory, first, 0x1234n);
  const { resources: found, problems } = resources(memory.program(), 'ioport_resource');
  assert.deepEqual(
    found.map(({ name }) => name),
    ['PCI IO', 'dma1'],
  );
  assert.deepEqual(
    problems.map(({ why }) => why.replace(/0xffff[0-9a-f]+/, 'root')),
    ['struct resource 0x1234 is no kernel pointer', 'struct resource root is reached twice'],
  );
});
