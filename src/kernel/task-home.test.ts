import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { type TaskHome, taskHome } from './task-home.ts';

const NOWHERE = 0xffff888fffff0000n;
const UNKNOWN: TaskHome = { group: undefined, level: 0, hostName: undefined, uid: undefined };

/** A task with everything that its home is told by. */
class Machine {
  readonly memory = new KernelMemory();
  readonly task: bigint;
  readonly names: bigint;
  readonly node: bigint;
  readonly pid: bigint;

  /** @param newest `kernfs_node.__parent` as since v6.15 */
  constructor(group: readonly string[], level: number, host: string | undefined, uid: number, newest = false) {
    const { memory } = this;
    memory.type('task_struct', 128, { cgroups: 0, thread_pid: 8, nsproxy: 16, cred: 24 });
    memory.type('css_set', 64, { dfl_cgrp: 8 });
    memory.type('cgroup', 64, { kn: 8 });
    memory.type('kernfs_node', 64, { name: 8, [newest ? '__parent' : 'parent']: 16 });
    memory.type('pid', 64, { level: [4, 4] });
    memory.type('nsproxy', 64, { uts_ns: 8 });
    memory.type('uts_namespace', 512, { 'name.nodename': [65, 65] });
    memory.type('cred', 64, { 'uid.val': [4, 4] });
    this.task = memory.alloc(128);
    const [set, cgroup, proxy, cred] = [64, 64, 64, 64].map((size) => memory.alloc(size)) as [
      bigint,
      bigint,
      bigint,
      bigint,
    ];
    this.pid = memory.alloc(64);
    [set, this.pid, proxy, cred].forEach((at, i) => {
      memory.u64(this.task + BigInt(i * 8), at);
    });
    let node = memory.alloc(64);
    memory.u64(node + 8n, memory.string(''));
    for (const name of group) {
      const below = memory.alloc(64);
      memory.u64(below + 8n, memory.string(name));
      memory.u64(below + 16n, node);
      node = below;
    }
    this.node = node;
    memory.u64(set + 8n, cgroup);
    memory.u64(cgroup + 8n, node);
    memory.u32(this.pid + 4n, level);
    const own = memory.symbol('init_uts_ns', memory.alloc(512));
    memory.text(own + 65n, 'machine');
    this.names = host === undefined ? own : memory.alloc(512);
    if (host !== undefined) memory.text(this.names + 65n, host);
    memory.u64(proxy + 8n, this.names);
    memory.u32(cred + 4n, uid);
  }

  home(): TaskHome {
    return taskHome(this.memory.program(), this.task);
  }
}

test('a task of a service, and one of a container', () => {
  const service = new Machine(['system.slice', 'ssh.service'], 0, undefined, 0).home();
  assert.deepEqual(service, { group: '/system.slice/ssh.service', level: 0, hostName: undefined, uid: 0 });
  const container = new Machine(['kubepods', 'pod1'], 1, 'web-0', 1000, true).home();
  assert.deepEqual(container, { group: '/kubepods/pod1', level: 1, hostName: 'web-0', uid: 1000 });
});

test('a task of the root group has none, and a host name of its own makes no container', () => {
  assert.deepEqual(new Machine([], 0, 'other', 0).home(), { ...UNKNOWN, hostName: 'other', uid: 0 });
});

test('a task that is exiting has given its namespaces back', () => {
  const machine = new Machine(['a.slice'], 1, 'web-0', 5);
  machine.memory.u64(machine.task + 16n, 0n);
  machine.memory.u64(machine.task + 8n, 0n);
  assert.deepEqual(machine.home(), { group: '/a.slice', level: 0, hostName: undefined, uid: 5 });
});

test('each part is lost alone when its pointer leads nowhere, all of them with the task', () => {
  const whole: TaskHome = { group: '/a.slice', level: 2, hostName: 'web-0', uid: 5 };
  for (const [at, lost] of [
    [0n, { group: undefined }],
    [8n, { level: 0 }],
    [16n, { hostName: undefined }],
    [24n, { uid: undefined }],
  ] as const) {
    for (const value of [NOWHERE, 0n, 0x4141414141414141n]) {
      const machine = new Machine(['a.slice'], 2, 'web-0', 5);
      machine.memory.u64(machine.task + at, value);
      assert.deepEqual(machine.home(), { ...whole, ...lost });
    }
  }
  assert.deepEqual(taskHome(new Machine(['a'], 2, 'web-0', 5).memory.program(), NOWHERE), UNKNOWN);
});

test('directories in a circle end, and a name without an end is cut', () => {
  const machine = new Machine(['a', 'b'], 0, 'x'.repeat(300), 0);
  const { memory } = machine;
  memory.u64(memory.kernel.memory.u64(memory.physical(machine.node + 16n)) + 16n, machine.node);
  const { group, hostName } = machine.home();
  assert.match(group ?? '', /^(?:\/a\/b){1,64}$/);
  assert.equal(hostName, 'x'.repeat(65));
});

test('a depth that no namespace can have is none', () => {
  assert.equal(new Machine([], 32, undefined, 0).home().level, 32); // MAX_PID_NS_LEVEL
  assert.equal(new Machine([], 0x41414141, undefined, 0).home().level, 0);
});

test('without types everything is unknown', () => {
  const machine = new Machine(['a'], 1, 'web-0', 5);
  for (const type of ['css_set', 'pid', 'uts_namespace', 'cred']) machine.memory.kernel.types.delete(type);
  assert.deepEqual(machine.home(), UNKNOWN);
  machine.memory.kernel.types.delete('task_struct');
  assert.deepEqual(machine.home(), UNKNOWN);
});
