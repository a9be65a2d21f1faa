import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrayType } from '../../test/build/c-types.ts';
import { flatType, KernelMemory } from '../../test/build/kernel-memory.ts';
import { modules } from './module.ts';

const COMMON = {
  state: [0, 4],
  list: 8,
  name: [24, 56],
  taints: 80,
  refcnt: [88, 4],
  source_list: 96,
  version: 112,
  srcversion: 120,
} as const;

interface Spec {
  readonly name: string;
  readonly state?: number;
  readonly refcount: number;
  readonly taints?: number;
  readonly version?: string;
}

/** Modules in the kernel's order, their memory still to be written. */
function world(specs: readonly Spec[]): { memory: KernelMemory; modules: bigint[] } {
  const memory = new KernelMemory();
  const head = memory.symbol('modules', memory.alloc(16));
  const made = specs.map((spec) => {
    const at = memory.allocPage();
    memory.u32(at, spec.state ?? 0);
    memory.text(at + 24n, spec.name);
    memory.u64(at + 80n, spec.taints ?? 0);
    memory.u32(at + 88n, spec.refcount + 1);
    memory.circle(at + 96n);
    if (spec.version) memory.u64(at + 112n, memory.string(spec.version));
    return at;
  });
  memory.circle(head, ...made.map((at) => at + 8n));
  return { memory, modules: made };
}

test('modules of 6.4 and newer: memory by kind, users, taints, one that is being loaded', () => {
  const { memory, modules: made } = world([
    { name: 'crashme', state: 1, refcount: 1, taints: 0x3000 },
    { name: 'virtio_net', refcount: 0, version: '1.0' },
    { name: 'virtio', refcount: 1 },
  ]);
  const part = flatType('module_memory', 72, { base: 0, size: [12, 4] });
  memory.kernel.type(part);
  memory.type('module', 1024, { ...COMMON, mem: [320, arrayType(part, 7)] });
  memory.enumeration('mod_mem_type', 'MOD_TEXT', 'MOD_DATA', 'MOD_RODATA', 'MOD_RO_AFTER_INIT', 'MOD_INIT_TEXT');
  memory.type('module_use', 48, { source_list: 0, source: 32 });
  const [crashme, net, virtio] = made as [bigint, bigint, bigint];
  [0x4000, 0x1000, 0x1000, 0, 0x2000].forEach((size, i) => {
    memory.u64(crashme + 320n + BigInt(i * 72), 0xffffffffc0000000n + BigInt(i * 0x10000));
    memory.u32(crashme + 332n + BigInt(i * 72), size);
  });
  memory.u32(net + 332n, 0x3000);
  const use = memory.alloc(48);
  memory.circle(virtio + 96n, use);
  memory.u64(use + 32n, net);
  const found = modules(memory.program());
  assert.deepEqual(found.problems, []);
  const [first, second, third] = found.modules;
  assert.equal(first?.name, 'crashme');
  assert.equal(first?.state, 'Loading');
  assert.equal(first?.refcount, 1);
  assert.equal(first?.taints, 'OE');
  assert.equal(first?.base, 0xffffffffc0000000n);
  assert.equal(first?.size, 0x8000);
  assert.equal(first?.coreSize, 0x6000);
  assert.deepEqual(
    first?.memory.map((m) => m.init),
    [false, false, false, true],
  );
  assert.equal(second?.version, '1.0');
  assert.deepEqual(second?.usedBy, []);
  assert.deepEqual(third?.usedBy, ['virtio_net']);
});

test('modules up to 6.3: core and init layout', () => {
  const { memory, modules: made } = world([{ name: 'ext4', refcount: 3 }]);
  memory.type('module', 512, {
    ...COMMON,
    core_layout: 200,
    'core_layout.base': 200,
    'core_layout.size': [208, 4],
    init_layout: 280,
    'init_layout.base': 280,
    'init_layout.size': [288, 4],
  });
  const at = made[0] as bigint;
  memory.u64(at + 200n, 0xffffffffc0100000n);
  memory.u32(at + 208n, 0x5000);
  memory.u32(at + 288n, 0x1000);
  const [ext4] = modules(memory.program()).modules;
  assert.equal(ext4?.size, 0x6000);
  assert.equal(ext4?.coreSize, 0x5000);
  assert.equal(ext4?.state, 'Live');
  assert.equal(ext4?.refcount, 3);
});

test('a module that cannot be read, and a broken list, leave the others', () => {
  const { memory, modules: made } = world([
    { name: 'a', refcount: 0 },
    { name: 'b', refcount: 0, state: 77 },
    { name: 'c', refcount: 0 },
  ]);
  memory.type('module', 512, { ...COMMON, core_layout: 200, 'core_layout.base': 200, 'core_layout.size': [208, 4] });
  memory.u64((made[2] as bigint) + 8n, 0xdead000000000100n);
  const found = modules(memory.program());
  assert.deepEqual(
    found.modules.map((m) => m.name),
    ['a', 'c'],
  );
  assert.match(found.problems[0]?.why ?? '', /module state 77 exceeds 3/);
  assert.match(found.problems[1]?.why ?? '', /module list: .* after 3 entries/);
});
