/**
 * A command of your own: how many tasks sleep in which function. Load it with `extend sleepers.ts`, then type `sleepers`;
 * `help sleepers` and `sleepers --json` work as those of any command.
 */
import { AnalysisError, type Program, unwindTask } from 'inquest';
import { command, lines } from 'inquest/commands';
import { taskTable } from 'inquest/kernel';

interface Sleepers {
  readonly places: readonly { readonly function: string; readonly tasks: readonly { pid: number; comm: string }[] }[];
}

/** Functions of the scheduler and of timers, through which everybody sleeps. */
const COMMON = /^(__switch_to|__schedule|schedule|preempt_schedule|schedule_(hr)?timeout\w*|io_schedule\w*)$/;

export const sleepers = command<Sleepers>({
  name: 'sleepers',
  summary: 'how many tasks sleep in which function',
  description: ['Groups the sleeping tasks by the function that called the scheduler. The fullest group comes first.'],
  args: { options: [{ flag: 'u', help: 'user tasks only' }] },
  examples: [{ line: 'sleepers -u', shows: 'Where user tasks wait:' }],
  schema: { type: 'object' },
  run({ prog }, args) {
    const places = new Map<string, { pid: number; comm: string }[]>();
    for (const { address, pid, comm, state, kernelThread } of taskTable(prog).tasks) {
      if (!/^(IN|UN|ID)$/.test(state) || (kernelThread && args.has('u'))) continue;
      const place = sleepsIn(prog, address);
      const group = places.get(place);
      if (group) group.push({ pid, comm });
      else places.set(place, [{ pid, comm }]);
    }
    const groups = [...places].map(([name, tasks]) => ({ function: name, tasks }));
    return { places: groups.sort((a, b) => b.tasks.length - a.tasks.length) };
  },
  *blocks({ places }) {
    for (const { function: name, tasks } of places) {
      yield lines(`${String(tasks.length).padStart(5)} ${name}: ${tasks.map((t) => t.comm).join(' ')}`);
    }
  },
});

function sleepsIn(prog: Program, task: bigint): string {
  try {
    for (const frame of unwindTask(prog, task).frames) {
      const name = frame.symbol?.name;
      if (name !== undefined && !COMMON.test(name)) return name;
    }
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
  }
  return '(not known)';
}
