import assert from 'node:assert/strict';
import { test } from 'node:test';
import { relative } from '../../test/build/fault-kernel.ts';
import { WaitWriter } from '../../test/build/wait-writer.ts';
import type { Case } from '../diagnosis/case.ts';
import { nodeDisassembler } from '../node/disassembler.ts';
import { cpuSoftLockup } from './cpu-soft-lockup.ts';
import { cpuSpinDeadlock } from './cpu-spin-deadlock.ts';

/** Where a caller stands that took one lock and wants another. */
const STOP = 20;

function death(made: WaitWriter, kind: string, ...lines: string[]): Case {
  made.arch = { instructionSet: 'x86-64', ...made.arch };
  const prog = made.program();
  prog.disassembler = nodeDisassembler();
  return {
    prog,
    panic: { how: 'test', cpu: 0, message: lines.at(-1) ?? '' },
    log: lines.map((text, i) => ({ text, level: 0, timestampNs: BigInt(i), facility: 0 })),
    fatal: { index: 0, kind },
    fatalLines: lines,
  } as unknown as Case;
}

/** mov $lock,%rdi; call taker; call spinner: stands in the second call. */
function takes(made: WaitWriter, name: string, lock: bigint, taker: bigint, spinner: bigint): void {
  const argument = Array.from({ length: 8 }, (_, i) => Number((lock >> BigInt(8 * i)) & 0xffn));
  const call = (from: bigint, to: bigint) => [0xe8, ...relative(from + 5n, to)];
  made.code(
    name,
    (at) => [0x48, 0xbf, ...argument, ...call(at + 10n, taker), ...call(at + 15n, spinner), 0x90, 0xc3],
    STOP,
  );
}

/** Two CPUs, each in the slow path of the lock that the code of the other has taken. */
function twoLocks(): { made: WaitWriter; first: bigint; second: bigint } {
  const made = new WaitWriter();
  const { memory } = made;
  memory.type('mcs_spinlock', 16, { next: 0, locked: [8, 4], count: [12, 4] });
  memory.type('qnode', 32, { mcs: 0 });
  memory.symbol('qnodes', 0x900n);
  const first = memory.symbol('bus_lock', memory.alloc(8), 4);
  const second = memory.symbol('ring_lock', memory.alloc(8), 4);
  const spinner = made.code('_raw_spin_lock', () => [0xc3], 0);
  const taker = made.code('_raw_spin_lock_irqsave', () => [0xc3], 0);
  takes(made, 'bus_then_ring', first, taker, spinner);
  takes(made, 'ring_then_bus', second, taker, spinner);
  const frames = (name: string) => ['native_queued_spin_lock_slowpath', '_raw_spin_lock', name, 'kthread'];
  const one = made.runs(10, 'one', 0, frames('bus_then_ring'), false);
  const two = made.runs(11, 'two', 1, frames('ring_then_bus'), false);
  memory.u64(one.locals, second);
  memory.u64(two.locals, first);
  memory.u32(second, (1 << 18) | 1); // CPU 0 is the last that queues
  memory.u32(first, (2 << 18) | 1);
  for (const cpu of [0, 1]) memory.u32((made.tasks.runqueues[cpu] as bigint) - 0x100n + 0x90cn, 1);
  return { made, first, second };
}

test('two CPUs spin for each other: who took which lock where, and that it is why the kernel was stopped', () => {
  const { made, second } = twoLocks();
  const line = 'watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [one:10]';
  const [finding, ...more] = cpuSpinDeadlock.check(death(made, 'soft lockup', line));
  assert.deepEqual(more, []);
  assert.equal(finding?.title.en, 'Deadlock of 2 tasks: bus_then_ring, ring_then_bus');
  assert.deepEqual([finding?.severity, finding?.confidence], ['cause', 'certain']);
  assert.match(
    finding?.sentence.en ?? '',
    /PID 10 "one" on CPU 0 spins on spinlock ring_lock .*, which PID 11 "two" has taken in ring_then_bus; PID 11/,
  );
  assert.equal(finding?.subject?.address, `0x${second.toString(16)}`);
  assert.ok(finding?.evidence.some((e) => e.value === '_raw_spin_lock_irqsave' && /^dis /.test(e.command ?? '')));
  assert.ok(finding?.explains?.includes('cpu.soft-lockup'));
});

test('a CPU that died of something else makes a circle of others a suspect; one link is no circle', () => {
  const { made, first } = twoLocks();
  const of = death(made, 'NULL pointer dereference', 'BUG: kernel NULL pointer dereference');
  assert.equal([...cpuSpinDeadlock.check({ ...of, panic: { ...of.panic, cpu: 5 } })][0]?.severity, 'suspect');
  made.memory.u32(first, 0);
  assert.deepEqual([...cpuSpinDeadlock.check(death(made, 'soft lockup', 'x'))], []);
});

test('a lockup tells who has the lock, by the code of the CPU that it runs on', () => {
  const { made } = twoLocks();
  const line = 'watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [one:10]';
  const [finding] = cpuSoftLockup.check(death(made, 'soft lockup', line));
  assert.match(
    finding?.sentence.en ?? '',
    /, which PID 11 "two" on CPU 1 has taken in ring_then_bus and not given back\.$/,
  );
});

/** CPU 0 spins on a lock; CPU 1 is idle, or runs other code. */
function left(...other: string[]): WaitWriter {
  const { made, first } = twoLocks();
  const { memory } = made;
  memory.u32(first, 0);
  const idle = made.runs(0, 'swapper/1', 1, other);
  memory.u64(idle.locals, 1n);
  return made;
}

const ATOMIC = 'BUG: scheduling while atomic: forgets/226/0x00000002';
const LOCKUP = 'watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [one:10]';

test('a lock that no running code can have was left by who took it', () => {
  const made = left('stop_this_cpu', 'asm_sysvec_reboot', '!default_idle', 'default_idle_call', 'do_idle');
  const [finding] = cpuSoftLockup.check(death(made, 'soft lockup', LOCKUP, ATOMIC));
  assert.match(
    finding?.sentence.en ?? '',
    /ring_lock .*, which no running code has: CPU 1 was idle, so whoever took it has left .*; PID 226 "forgets" slept or ended/,
  );
  assert.ok(finding?.evidence.some((e) => e.value === ATOMIC));
});

test('a CPU that runs other code of the kernel may have it', () => {
  const made = left('stop_this_cpu', 'asm_sysvec_reboot', '!scans_bus', 'kthread');
  const [finding] = cpuSoftLockup.check(death(made, 'soft lockup', LOCKUP, ATOMIC));
  assert.match(finding?.sentence.en ?? '', /ring_lock \([0-9a-f]+\)\.$/);
});

/** CPU 0 reads this word of a lock over and over. */
function worn(word: number, read = word): { made: WaitWriter; lock: bigint } {
  const made = new WaitWriter();
  const { unwind } = made.program().arch;
  const lock = made.memory.alloc(64);
  made.memory.u32(lock, word);
  made.runs(10, 'one', 0, ['native_queued_spin_lock_slowpath', '_raw_spin_lock', 'opens_it', 'kthread']);
  const note = made.memory.kernel.cpuNotes[0] as Uint8Array;
  const registers = new DataView(note.buffer);
  registers.setBigUint64(16, lock, true);
  if (unwind) {
    const prstatus = (desc: Uint8Array, little: boolean) => [...(unwind.prstatus(desc, little) ?? []), BigInt(read)];
    made.arch = { registers: ['pc', 'sp', 'argument', 'value'], unwind: { ...unwind, prstatus, firstArgument: 2 } };
  }
  return { made, lock };
}

test('a word that no spinlock can have was written over the lock', () => {
  const { made, lock } = worn(0x746c6173);
  const [finding] = cpuSoftLockup.check(death(made, 'soft lockup', LOCKUP));
  assert.match(finding?.sentence.en ?? '', /whose word is 746c6173 \("salt"\), which no spinlock can have/);
  assert.ok(finding?.evidence.some((e) => e.value === '746c6173' && e.command === `rd -32 ${lock.toString(16)}`));
});

test('a word that a lock can have, or that no register has, is not called worn', () => {
  for (const { made } of [worn(1), worn(0x746c6173, 0)]) {
    const [finding] = cpuSoftLockup.check(death(made, 'soft lockup', LOCKUP));
    assert.doesNotMatch(finding?.sentence.en ?? '', /no spinlock can have/);
  }
});

test('a guest of a hypervisor spins on the argument of the function, whatever else reads like a taken lock', () => {
  const { made, lock } = worn(1);
  const [finding] = cpuSoftLockup.check(death(made, 'soft lockup', LOCKUP));
  assert.ok(finding?.sentence.en.includes(`it spins on spinlock (${lock.toString(16)})`));
});

/** Preempt counts of both CPUs, kept in per-CPU data; CPU 0 spins and has panicked. */
function counted(made: WaitWriter, own: number, other: number): WaitWriter {
  made.memory.symbol('__preempt_count', 0xa00n);
  const area = (cpu: number) => (made.tasks.runqueues[cpu] as bigint) - 0x100n;
  made.memory.u32(area(0) + 0xa00n, own);
  made.memory.u32(area(1) + 0xa00n, other);
  return made;
}

test('the preempt counts tell that a CPU has no spinlock, or that the spinning one has more', () => {
  const busy = ['stop_this_cpu', 'asm_sysvec_reboot', '!scans_bus', 'kthread'];
  const sentence = (own: number, other: number) => {
    const of = death(counted(left(...busy), own, other), 'soft lockup', LOCKUP);
    return [...cpuSoftLockup.check(of)][0]?.sentence.en ?? '';
  };
  assert.match(
    sentence(2, 0x10000),
    /which no running code has: CPU 1 was in code with no spinlock by its preempt count/,
  );
  assert.doesNotMatch(sentence(2, 1), /no running code/);
  assert.doesNotMatch(sentence(3, 0), /no running code/); // it waits for one and has one
  assert.doesNotMatch(sentence(1, 0), /no running code/); // nothing but panic() counts in this kernel
});
