import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrayType, u64Type } from '../../test/build/c-types.ts';
import { flatType, KernelMemory } from '../../test/build/kernel-memory.ts';
import { memoryCgroups } from './memory-cgroup.ts';

const counter = flatType('page_counter', 64, { usage: 0, watermark: 8, failcnt: 16, high: 24, max: 32 });
const NONE = 0x7fffffffffffffn;

function world(): { memory: KernelMemory; group: (name: string, parent: bigint, max: bigint | number) => bigint } {
  const memory = new KernelMemory();
  memory.type('mem_cgroup', 512, {
    css: 0,
    'css.cgroup': 0,
    'css.flags': [40, 4],
    memory: [128, counter],
    swap: [192, counter],
    memory_events: [256, arrayType(u64Type, 9)],
    under_oom: [328, 4],
  });
  memory.type('cgroup_subsys_state', 64, { children: 8, sibling: 24 });
  memory.type('cgroup', 16, { kn: 0 });
  memory.type('kernfs_node', 32, { parent: 0, name: 8 });
  const nodes = new Map<bigint, bigint>();
  const group = (name: string, parent: bigint, max: bigint | number): bigint => {
    const at = memory.alloc(512);
    const cgroup = memory.alloc(16);
    const node = memory.alloc(32);
    nodes.set(at, node);
    memory.u64(at, cgroup);
    memory.u64(cgroup, node);
    memory.u64(node, nodes.get(parent) ?? 0n);
    memory.u64(node + 8n, memory.string(name));
    memory.u32(at + 40n, 2);
    memory.circle(at + 8n);
    memory.circle(...(parent === 0n ? [at + 24n] : [parent + 8n, at + 24n]));
    memory.u64(at + 128n, 77);
    memory.u64(at + 128n + 24n, NONE);
    memory.u64(at + 128n + 32n, max);
    memory.u64(at + 192n + 32n, NONE);
    return at;
  };
  return { memory, group };
}

test('the tree of groups with limits, paths and events', () => {
  const { memory, group } = world();
  const root = group('', 0n, NONE);
  memory.u64(memory.symbol('root_mem_cgroup', memory.alloc(8)), root);
  const slice = group('system.slice', root, 1000);
  const service = group('web.service', slice, NONE);
  memory.u64(service + 256n + 3n * 8n, 5);
  memory.u64(service + 256n + 4n * 8n, 2);
  memory.u32(service + 40n, 0);
  const { groups, problems } = memoryCgroups(memory.program());
  assert.deepEqual(problems, []);
  assert.deepEqual(
    groups.map((g) => [g.path, g.max, g.usage, g.oom, g.oomKills, g.dying]),
    [
      ['/', undefined, 77, 0, 0, false],
      ['/system.slice', 1000, 77, 0, 0, false],
      ['/system.slice/web.service', undefined, 77, 5, 2, true],
    ],
  );
});

test('a group that is its own child is met once; a kernel without groups has none', () => {
  const { memory, group } = world();
  const root = group('', 0n, NONE);
  memory.u64(memory.symbol('root_mem_cgroup', memory.alloc(8)), root);
  memory.circle(root + 8n, root + 24n);
  assert.equal(memoryCgroups(memory.program()).groups.length, 1);
  assert.deepEqual(memoryCgroups(new KernelMemory().program()), { groups: [], problems: [] });
});
