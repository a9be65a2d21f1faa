import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { fileLocks } from './locks.ts';

const POSIX = 1;
const FLOCK = 2;
const TO_THE_END = 0x7fffffffffffffffn;

/** A kernel with an empty list of file locks on each of two CPUs. */
class Locks {
  readonly memory = new KernelMemory();
  readonly heads: bigint[];
  readonly core: boolean;

  /** @param core whether the common part of a lock is a structure of its own, as since v6.9 */
  constructor(core: boolean) {
    const { memory } = this;
    this.core = core;
    const areas = memory.cpus(2);
    const list = memory.symbol('file_lock_list', 0x40n);
    this.heads = areas.map((area) => area + list + 8n);
    memory.type('file_lock_list_struct', 16, { hlist: 8 });
    memory.type('hlist_head', 8, { first: 0 });
    const at = { link: 8, blocked_requests: 24, blocked_member: 40, file: 64 } as const;
    const small = { flags: [72, 4], type: [76, 1], pid: [80, 4] } as const;
    const named = (prefix: string) =>
      Object.fromEntries(Object.entries({ ...at, ...small }).map(([name, place]) => [`${prefix}${name}`, place]));
    if (core) memory.type('file_lock', 256, { ...named('c.flc_'), fl_start: 96, fl_end: 104 });
    else memory.type('file_lock', 256, { ...named('fl_'), fl_start: 96, fl_end: 104 });
    for (const head of this.heads) memory.u64(head, 0n);
  }

  lock(flags: number, type: number, pid: number, start = 0n, end = TO_THE_END): bigint {
    const { memory } = this;
    const at = memory.alloc(256);
    memory.u64(at + 8n, 0n);
    memory.circle(at + 24n);
    memory.circle(at + 40n);
    memory.u64(at + 64n, 0n);
    memory.u32(at + 72n, flags);
    memory.u8(at + 76n, type);
    memory.u32(at + 80n, pid);
    memory.u64(at + 96n, start);
    memory.u64(at + 104n, end);
    return at;
  }

  /** Puts locks on the list of a CPU. */
  list(cpu: number, ...locks: readonly bigint[]): void {
    let from = this.heads[cpu] as bigint;
    for (const lock of locks) {
      this.memory.u64(from, lock + 8n);
      from = lock + 8n;
    }
    this.memory.u64(from, 0n);
  }

  waits(held: bigint, ...waiters: readonly bigint[]): void {
    this.memory.circle(held + 24n, ...waiters.map((w) => w + 40n));
  }
}

for (const core of [false, true]) {
  test(`locks of every CPU and who waits for them, ${core ? 'with' : 'without'} struct file_lock_core`, () => {
    const made = new Locks(core);
    const range = made.lock(POSIX, 1, 169, 100n, 149n);
    const whole = made.lock(FLOCK, 1, 194);
    const first = made.lock(FLOCK, 0, 197);
    const second = made.lock(FLOCK, 1, 198);
    made.list(0, range);
    made.list(1, whole);
    made.waits(whole, first);
    made.waits(first, second);
    const { locks } = fileLocks(made.memory.program());
    const [a, b, ...more] = locks;
    assert.equal(more.length, 0);
    assert.deepEqual(
      [a?.address, a?.kind, a?.access, a?.pid, a?.start, a?.end],
      [range, 'POSIX', 'WRITE', 169, 100n, 149n],
    );
    assert.deepEqual([b?.address, b?.kind, b?.start, b?.end], [whole, 'FLOCK', 0n, undefined]);
    const [waiter] = b?.waiters ?? [];
    assert.deepEqual([waiter?.pid, waiter?.access, waiter?.waiters[0]?.pid], [197, 'READ', 198]);
  });
}

test('damage: a list that leads nowhere, waiters that wait for one another', () => {
  const made = new Locks(true);
  const good = made.lock(POSIX, 1, 7, 1n, 2n);
  made.list(0, good);
  made.memory.u64(good + 8n, 0x123n);
  const one = made.lock(FLOCK, 1, 8);
  const two = made.lock(FLOCK, 1, 9);
  made.list(1, one);
  made.waits(one, two);
  made.waits(two, one);
  const { locks, problems } = fileLocks(made.memory.program());
  assert.deepEqual(
    locks.map((l) => l.pid),
    [7, 8],
  );
  assert.equal(locks[1]?.waiters[0]?.pid, 9);
  const told = problems.map((p) => `${p.what}: ${p.why}`).join('\n');
  assert.match(told, /file locks of CPU 0: .*next is 0x0*123/);
  assert.match(told, /is reached twice/);
});
