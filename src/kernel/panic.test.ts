import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { RingWriter } from '../../test/build/log-writer.ts';
import { TaskWriter } from '../../test/build/task-writer.ts';
import { panicFacts } from './panic.ts';

/** Two CPUs; pid 535 runs on CPU 1; the log says what it is given; panic_cpu as noted. */
function world(lines: readonly string[], noted?: number): { memory: KernelMemory; insmod: bigint; init: bigint } {
  const memory = new KernelMemory();
  const tasks = new TaskWriter(memory, 2);
  const init = tasks.process({ pid: 1, comm: 'init' });
  const insmod = tasks.process({ pid: 535, comm: 'insmod', cpu: 1, state: 0 });
  tasks.list(init, insmod);
  tasks.index();
  tasks.run(1, insmod);
  const ring = new RingWriter(memory, 6, 13);
  for (const line of lines) ring.add(line);
  if (noted !== undefined) memory.u32(memory.symbol('panic_cpu', memory.alloc(4)), noted);
  return { memory, insmod, init };
}

const OOPS = [
  'BUG: kernel NULL pointer dereference, address: 00000000000000d0',
  '#PF: supervisor read access in kernel mode',
  'Oops: 0000 [#1] PREEMPT SMP NOPTI',
  'CPU: 1 PID: 535 Comm: insmod Tainted: G           OE      6.1.0 #1  Debian',
  'RIP: 0010:poke+0x5/0x18 [crashme]',
  '---[ end trace 0000000000000000 ]---',
];
const PANIC = 'Kernel panic - not syncing: Fatal exception';

test('panic_cpu, run queue and log agree', () => {
  const { memory, insmod } = world([...OOPS, PANIC], 1);
  assert.deepEqual(panicFacts(memory.program()), {
    message: PANIC,
    cause: OOPS[0],
    cpu: 1,
    task: insmod,
    how: 'CPU by panic_cpu, task by its run queue, and the log agrees',
  });
});

test('what contradicts is said', () => {
  const other = panicFacts(world([...OOPS, PANIC], 0).memory.program());
  assert.equal(other.cpu, 0);
  assert.match(other.how, /; but the log's last report is from CPU 1$/);
  const { memory } = world([...OOPS.slice(0, 3), 'CPU: 1 UID: 0 PID: 9 Comm: gone Not tainted 6.12', PANIC], 1);
  assert.match(panicFacts(memory.program()).how, /; but the log's last report names pid 9 \(gone\)$/);
});

test('without panic_cpu the log tells', () => {
  const { memory, insmod } = world([...OOPS, PANIC]);
  const facts = panicFacts(memory.program());
  assert.equal(facts.task, insmod);
  assert.match(facts.how, /^CPU by the log/);
});

test('an oops that the system survived is no panic', () => {
  const { memory } = world([...OOPS, 'later message'], -1);
  assert.deepEqual(panicFacts(memory.program()), {
    message: OOPS[0],
    cause: OOPS[0],
    how: 'no panic: the dump was taken of a running system',
  });
});

test('the cause is the report before the panic, not an older one', () => {
  const older = ['WARNING: something', 'BUG: sleeping function called', 'CPU: 0 PID: 1 Comm: init Not tainted 6.1'];
  const cases: [string[], string | undefined][] = [
    [
      [...older, 'fine again', 'kernel BUG at mm/slub.c:419!', 'invalid opcode: 0000 [#1]', PANIC],
      'kernel BUG at mm/slub.c:419!',
    ],
    [
      ['INFO: task abba1:555 blocked for more than 4 seconds.', 'sysrq: Trigger a crash', PANIC],
      'sysrq: Trigger a crash',
    ],
    [
      [
        'Unable to handle kernel NULL pointer dereference at virtual address d0',
        'Mem abort info:',
        'Internal error: Oops',
        PANIC,
      ],
      'Unable to handle kernel NULL pointer dereference at virtual address d0',
    ],
    [
      ['NMI watchdog: Perf NMI watchdog permanently disabled', 'eater invoked oom-killer: gfp_mask=0x1', PANIC],
      'eater invoked oom-killer: gfp_mask=0x1',
    ],
    [['NMI watchdog: Perf NMI watchdog permanently disabled', PANIC], undefined],
  ];
  for (const [lines, cause] of cases) assert.equal(panicFacts(world(lines, 0).memory.program()).cause, cause);
});
