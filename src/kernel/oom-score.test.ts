import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { TaskWriter } from '../../test/build/task-writer.ts';
import type { Instruction } from '../program/instruction.ts';
import { oomScores } from './oom-score.ts';

/** An address space of a kernel from v6.2 on: file, anonymous, swap, shared memory as per-CPU counters. */
function mm(memory: KernelMemory, file: number, anon: number, swap: number, shmem: number, tables: number): bigint {
  const at = memory.alloc(512);
  [file, anon, swap, shmem].forEach((pages, i) => {
    memory.u64(at + 64n + BigInt(i * 40) + 8n, pages);
  });
  memory.u64(at + 240n, tables * 4096);
  return at;
}

function world(): { memory: KernelMemory; tasks: TaskWriter; adjust: (task: bigint, value: number) => void } {
  const memory = new KernelMemory();
  const tasks = new TaskWriter(memory);
  memory.u64(memory.symbol('_totalram_pages', memory.alloc(8)), 90_000);
  memory.u64(memory.symbol('total_swap_pages', memory.alloc(8)), 10_500);
  const adjust = (task: bigint, value: number): void => {
    const signal = memory.kernel.memory.u64(memory.physical(task + 96n));
    memory.u16(signal + 32n, value & 0xffff);
  };
  return { memory, tasks, adjust };
}

test('points are resident, swapped and page-table pages with the part that oom_score_adj adds', () => {
  const { memory, tasks, adjust } = world();
  const init = tasks.process({ pid: 1, comm: 'init', mm: mm(memory, 900, 9000, 0, 0, 9) });
  const parent = mm(memory, 10, 200, 3000, 40, 5);
  const plain = tasks.process({ pid: 20, comm: 'plain', mm: parent });
  const raised = tasks.process({ pid: 21, comm: 'raised', mm: mm(memory, 0, 100, 0, 0, 1) });
  const kept = tasks.process({ pid: 22, comm: 'kept', mm: mm(memory, 0, 60_000, 0, 0, 1) });
  const child = tasks.process({ pid: 23, comm: 'child', mm: parent, parent: plain });
  adjust(raised, 500);
  adjust(kept, -1000);
  memory.u64(child + 224n, child);
  tasks.list(init, plain, raised, kept, child);
  tasks.index();
  const { totalPages, scores } = oomScores(memory.program());
  assert.equal(totalPages, 100_500);
  assert.deepEqual(
    scores.map((s) => [s.task.comm, s.rss, s.swap, s.pageTables, s.points, s.exempt]),
    [
      ['raised', 100, 0, 1, 101 + 500 * 100, undefined],
      ['plain', 250, 3000, 5, 3255, undefined],
      ['init', 9900, 0, 9, 9909, 'init'],
      ['child', 250, 3000, 5, 3255, 'vfork child'],
      ['kept', 60_000, 0, 1, 60_001 - 1000 * 100, 'oom_score_adj -1000'],
    ],
  );
});

test('a process whose memory is being taken is passed over; one whose memory is lost is told', () => {
  const { memory, tasks } = world();
  const reaped = mm(memory, 0, 100, 0, 0, 1);
  memory.u64(reaped + 248n, 1 << 21);
  const away = memory.allocPage();
  memory.drop(away);
  tasks.list(
    tasks.process({ pid: 30, comm: 'reaped', mm: reaped }),
    tasks.process({ pid: 31, comm: 'lost', mm: away }),
    tasks.process({ pid: 32, comm: 'kthread', flags: 0x200000 }),
  );
  tasks.index();
  const { scores, problems } = oomScores(memory.program());
  assert.deepEqual(
    scores.map((s) => [s.task.comm, s.exempt]),
    [['reaped', 'already being reaped']],
  );
  assert.ok(problems.some((p) => p.what === 'score of process 31'));
});

test('where the kernel adds up what CPUs still hold, so is it here: its code tells', () => {
  const { memory, tasks } = world();
  const at = mm(memory, 10, 200, 3000, 40, 5);
  const area = (tasks.runqueues[0] as bigint) - 0x100n;
  // the CPU's part of the anonymous and the swapped pages
  for (const [kind, pages, place] of [
    [1, 7, 0x900n],
    [2, -3, 0x908n],
  ] as const) {
    memory.u64(at + 64n + BigInt(kind * 40) + 32n, place);
    memory.u32(area + place, pages >>> 0);
  }
  tasks.list(tasks.process({ pid: 20, comm: 'plain', mm: at }));
  tasks.index();
  const sum = memory.symbol('__percpu_counter_sum', memory.alloc(64), 64);
  memory.symbol('oom_badness', memory.alloc(64), 64);
  const scoreOf = (target: bigint): (number | undefined)[] => {
    const prog = memory.program();
    Object.assign(prog.arch, { instructionSet: 'x86-64' });
    prog.disassembler = { disassemble: () => [{ target } as Instruction] };
    const [score] = oomScores(prog).scores;
    return [score?.rss, score?.swap];
  };
  assert.deepEqual(scoreOf(sum), [257, 2997]);
  assert.deepEqual(scoreOf(sum + 8n), [250, 3000]);
});
