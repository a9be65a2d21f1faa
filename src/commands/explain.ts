import { NotFoundError, UnsupportedError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import { explainCase } from '../diagnosis/explain-case.ts';
import { openCase } from '../diagnosis/open-case.ts';
import type { FaultChain } from '../fault/chain.ts';
import { faultData } from '../fault/chain-data.ts';
import { explainFault } from '../fault/explain-fault.ts';
import { needTasks } from '../kernel/need-tasks.ts';
import { findTask } from '../kernel/task.ts';
import { taskStack } from '../kernel/task-stack.ts';
import type { Program } from '../program/program.ts';
import { parsePidOrAddress } from '../report/args.ts';
import { command } from '../report/command.ts';
import { type FaultData, faultSchema } from '../report/fault-data.ts';
import { faultBlocks } from '../report/fault-lines.ts';
import { hexString, integer, object, string } from '../report/schema.ts';
import { taskLine } from '../report/stack-lines.ts';

interface ExplainData {
  readonly pid: number;
  readonly comm: string;
  readonly task: string;
  readonly cpu: number;
  readonly fault: FaultData;
}

export const explain = command<ExplainData>({
  name: 'explain',
  summary: 'why it faulted: where the bad value came from',
  description: [
    'Follows the value that made the CPU trap backwards: from the instruction and the registers through loads, ' +
      'arithmetic, the stack and the callers to a variable or object that has a name. Each step says whether memory still ' +
      'holds what was loaded. Of an assertion the condition is told and both of its values are followed.',
    'Without debug information names come from the types of functions and structures that the kernel carries; with it, ' +
      'also source lines, inlined functions and local variables.',
    'Without a task it is the one that crashed; of another task the last exception in the kernel on its stack.',
  ],
  args: { operands: [{ name: 'pid | task', help: 'a task, by its number or address' }] },
  examples: [
    { line: 'explain', shows: 'The crash:' },
    { line: 'explain | json', shows: 'The same as data, with a command for each value:' },
  ],
  schema: object('Why a task faulted.', {
    pid: integer('Process id.'),
    comm: string('Command name.'),
    task: hexString('Address of `struct task_struct`.'),
    cpu: integer('CPU.'),
    fault: faultSchema,
  }),
  run({ prog }, args) {
    if (!prog.disassembler) throw new UnsupportedError('explain: there is no disassembler here');
    needTasks(prog);
    const [word] = args.operands;
    const crashed = openCase(prog).crashed;
    const task = word === undefined ? crashed : findTask(prog, parsePidOrAddress(word) ?? -1);
    if (!task) throw new NotFoundError('task', word ?? 'that crashed');
    const chain =
      task.address === crashed?.address
        ? explainCase(openCase(prog), openCase(prog).fault)
        : chainOf(prog, task.address);
    if (!chain) throw new NotFoundError('fault', `of task ${task.pid}`, 'no exception on its stack can be explained');
    const { pid, comm, cpu, address } = task;
    return { pid, comm, task: hex64(address), cpu, fault: faultData(chain) };
  },
  *blocks(data) {
    yield { kind: 'lines', lines: [taskLine(data)] };
    yield* faultBlocks(data.fault);
  },
});

/** Of the innermost exception that can be explained. */
function chainOf(prog: Program, address: bigint): FaultChain | undefined {
  const task = findTask(prog, address);
  const stack = task && taskStack(prog, task, { recover: true });
  for (const [index, frame] of (stack?.frames ?? []).entries()) {
    if (!stack || !frame.registers || frame.user || index === 0) continue;
    const chain = explainFault(prog, { stack, index, task: address, ...(task && { cpu: task.cpu }) });
    if (chain) return chain;
  }
  return undefined;
}
