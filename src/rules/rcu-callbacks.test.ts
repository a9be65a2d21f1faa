import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KernelMemory } from '../../test/build/kernel-memory.ts';
import { RingWriter } from '../../test/build/log-writer.ts';
import { memoryMachine } from '../../test/build/memory-machine.ts';
import type { Case } from '../diagnosis/case.ts';
import { perCpuOffset } from '../kernel/percpu.ts';
import { rcuCallbacks } from '../kernel/rcu-callbacks.ts';
import { rcuCallbackFlood } from './rcu-callbacks.ts';

const DATA = 0x800n;
const OOM = [
  'eater invoked oom-killer: gfp_mask=0x40cc0(GFP_KERNEL|__GFP_COMP), order=0, oom_score_adj=0',
  'Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled',
];

interface Made {
  readonly memory: KernelMemory;
  /** Per-CPU area of each CPU. */
  readonly areas: readonly bigint[];
}

function machine(...log: readonly string[]): Made {
  const memory = memoryMachine({ zones: [{ name: 'Normal', managed: 100_000, free: 500, marks: [600, 750, 900] }] });
  const prog = memory.program();
  const areas = [0, 1].map((cpu) => perCpuOffset(prog, cpu));
  memory.type('rcu_data', 128, { mynode: 0, grpmask: 8, cblist: 16 });
  memory.type('rcu_segcblist', 64, { head: 0, len: 32 });
  memory.type('callback_head', 16, { next: 0, func: 8 });
  memory.symbol('rcu_data', DATA);
  const ring = new RingWriter(memory, 6, 13);
  for (const line of log) ring.add(line);
  return { memory, areas };
}

/** Callbacks of a CPU: the functions of the first ones, and how many the kernel counts. */
function queue({ memory, areas }: Made, cpu: number, functions: readonly bigint[], length: number): bigint[] {
  const list = (areas[cpu] as bigint) + DATA + 16n;
  const heads = functions.map(() => memory.alloc(16, 16));
  heads.forEach((head, i) => {
    memory.u64(head, heads[i + 1] ?? 0n);
    memory.u64(head + 8n, functions[i] as bigint);
  });
  memory.u64(list, heads[0] ?? 0n);
  memory.u64(list + 32n, length);
  return heads;
}

function findings({ memory }: Made) {
  const of = { prog: memory.program(), panic: { how: '' }, log: [] } as unknown as Case;
  return [...rcuCallbackFlood.check(of)];
}

function functionAt(memory: KernelMemory, name: string, module?: string): bigint {
  const at = memory.alloc(64);
  memory.kernel.symbol(name, at, 64, 't', module);
  return at;
}

test('what waits on each CPU, and a list that runs into itself or off the dump', () => {
  const made = machine();
  const f = functionAt(made.memory, 'frees_it');
  const heads = queue(made, 0, [f, f, f], 3);
  queue(made, 1, [f], -5);
  const [first, ...more] = rcuCallbacks(made.memory.program());
  assert.deepEqual(more, []);
  assert.deepEqual([first?.cpu, first?.length, first?.sample.map((s) => s.head)], [0, 3, heads]);
  made.memory.u64(heads[2] as bigint, heads[0] as bigint);
  assert.equal(rcuCallbacks(made.memory.program())[0]?.sample.length, 3);
  made.memory.u64(heads[0] as bigint, 0xffffc90000000000n);
  assert.equal(rcuCallbacks(made.memory.program())[0]?.sample.length, 1);
});

test('memory ran out while callbacks wait: how many, and which function most are to call', () => {
  const made = machine(...OOM);
  const frees = functionAt(made.memory, 'frees_it', 'things');
  const other = functionAt(made.memory, 'closes_it');
  queue(made, 0, [other, frees, frees, frees], 300_000);
  queue(made, 1, [other], 100);
  const [finding] = findings(made);
  assert.equal(finding?.title.en, 'Memory waits for callbacks of RCU: frees_it [things]');
  assert.match(
    finding?.sentence.en ?? '',
    /^300100 callbacks of RCU have not been called, of those looked at 75% to frees_it/,
  );
  assert.deepEqual(finding?.subject, { function: 'frees_it', module: 'things' });
  // what the objects take is not known: it cannot be said that the memory went there
  assert.equal(finding?.severity, 'suspect');
  assert.ok(finding?.evidence.some((e) => e.value === '00000000000493e0'));
});

test('few callbacks, or many on a machine that has not run out of memory, are nothing', () => {
  const few = machine(...OOM);
  const f = functionAt(few.memory, 'frees_it');
  queue(few, 0, [f], 9000);
  assert.deepEqual(findings(few), []);
  const calm = machine();
  queue(calm, 0, [functionAt(calm.memory, 'frees_it')], 300_000);
  assert.deepEqual(findings(calm), []);
});

test('a kernel without such lists has no finding', () => {
  const memory = memoryMachine({ zones: [{ name: 'Normal', managed: 1000, free: 500, marks: [6, 7, 9] }] });
  assert.deepEqual(findings({ memory, areas: [] }), []);
});
