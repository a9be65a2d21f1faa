import { NotFoundError } from '../base/errors.ts';
import { needTasks } from '../kernel/need-tasks.ts';
import { findTask } from '../kernel/task.ts';
import { waitGraph } from '../kernel/wait-graph.ts';
import { parsePidOrAddress } from '../report/args.ts';
import { command } from '../report/command.ts';
import { waitGraphBlocks } from '../report/wait-graph-blocks.ts';
import { type WaitGraphData, waitGraphData } from '../report/wait-graph-data.ts';
import { waitGraphSchema } from '../report/wait-graph-schema.ts';

export const waits = command<WaitGraphData>({
  name: 'waits',
  summary: 'who waits for whom: deadlocks, holders of locks, chains of waits',
  description: [
    'What every task waits for that sleeps uninterruptibly, waits for a lock or spins, and who has it: mutexes, rwsems, percpu ' +
      'rwsems, rt-mutexes, semaphores, spinlocks, completions, wait queues, page and buffer bits, works, RCU grace periods and ' +
      'calls on other CPUs. Circles of waits (deadlocks) come first, then the tasks where chains of waits end.',
    'A lock is believed only when the memory confirms it: the waiter on the stack is on its list, or a field leads to it. Who has ' +
      'a lock that does not name its holder lockdep tells, where the kernel has it; else it is inferred from stacks, and marked with a question mark.',
  ],
  args: {
    options: [
      { flag: 't', value: 'pid | task', help: 'only what this task waits for, through others, and who waits for it' },
    ],
  },
  examples: [
    {
      line: 'waits',
      shows: 'Two tasks that took two mutexes in different order:',
      output: [
        'DEADLOCK',
        '  PID 226 "a" waits for mutex lock_b [mod] (ffffffffc0584220), held by PID 227 "b" (its owner field)',
        '  PID 227 "b" waits for mutex lock_a [mod] (ffffffffc0584240), held by PID 226 "a" (its owner field)',
      ].join('\n'),
    },
    { line: 'waits -t 226', shows: 'The chain of one task:' },
  ],
  schema: waitGraphSchema,
  run({ prog }, args) {
    needTasks(prog);
    const graph = waitGraph(prog);
    const word = args.value('t');
    if (word === undefined) return waitGraphData(prog, graph);
    const which = parsePidOrAddress(word);
    const task = which === undefined ? undefined : findTask(prog, which);
    if (!task) throw new NotFoundError('task', word);
    return waitGraphData(prog, graph, { only: aroundTask(graph, task.address) });
  },
  *blocks(data) {
    yield* waitGraphBlocks(data, 'en');
  },
});

/** A task, whom it waits for through others, and who waits for it. */
function aroundTask(graph: ReturnType<typeof waitGraph>, task: bigint): Set<bigint> {
  const waits = new Map(graph.waits.map((w) => [w.task.address, w]));
  const around = new Set<bigint>([task]);
  for (const address of around) for (const h of waits.get(address)?.resource?.holders ?? []) around.add(h.task);
  const behind = new Set<bigint>([task]);
  for (let grown = -1; grown !== behind.size; ) {
    grown = behind.size;
    for (const { task: one, resource } of graph.waits) {
      if (resource?.holders.some((h) => behind.has(h.task))) behind.add(one.address);
    }
  }
  return new Set([...around, ...behind]);
}
