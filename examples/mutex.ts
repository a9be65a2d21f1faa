/**
 * Who holds a mutex and who waits for it: `node mutex.ts <vmcore> [symbol or address]...`.
 *
 * Without a name it finds every mutex that a task waits for. Newer kernels note it in the task; in others, a waiter's `struct mutex_waiter` lies on its own stack and is
 * linked into the list of the mutex, so the stacks of sleeping tasks tell, even where no debug information says which
 * variable is a mutex.
 */
import { type Addr, AnalysisError } from 'inquest';
import { findTask, isKernelPointer, listEntries, taskTable } from 'inquest/kernel';
import { type OpenedProgram, open } from 'inquest/node';

/** The low bits of `mutex.owner` are flags (kernel/locking/mutex.c). */
const FLAGS = 7n;

export interface HeldMutex {
  readonly address: Addr;
  readonly owner: Addr;
  readonly waiters: readonly Addr[];
}

/** A `struct mutex`. */
export function mutexAt(prog: OpenedProgram, address: Addr): HeldMutex {
  const mutex = prog.at('mutex', address);
  const taskOf = (waiter: Addr): Addr => prog.at('mutex_waiter', waiter).get('task').toBigInt();
  const waiters: Addr[] = [];
  // kernels since v7.1 keep no list head in the mutex, only the first of a circle of waiters
  const first = mutex.find('first_waiter')?.toBigInt();
  if (first !== undefined && first !== 0n) waiters.push(taskOf(first));
  const head = first === undefined ? mutex.get('wait_list') : prog.at('mutex_waiter', first).get('list');
  if (first !== 0n) {
    for (const link of listEntries(prog, head.address, 'waiters of a mutex', 10_000)) {
      waiters.push(taskOf(prog.container(link, 'mutex_waiter', 'list')));
    }
  }
  return { address, owner: mutex.get('owner').toBigInt() & ~FLAGS, waiters };
}

/** Every mutex that a task waits for. */
export function contendedMutexes(prog: OpenedProgram): HeldMutex[] {
  const found = new Set<Addr>();
  const { tasks } = taskTable(prog);
  const known = new Set(tasks.map((t) => t.address));
  // newer kernels say it: `struct mutex *blocked_on`; with CONFIG_DEBUG_MUTEXES older ones name the waiter instead
  const says = prog.findMember('task_struct', 'blocked_on')?.type.resolve().target?.name === 'mutex';
  for (const task of tasks) {
    if (task.state !== 'UN' && task.state !== 'IN') continue; // who waits for a mutex sleeps
    if (says) {
      const mutex = prog.at('task_struct', task.address).get('blocked_on').toBigInt();
      if (mutex !== 0n) found.add(mutex);
    } else for (const mutex of mutexesOnStack(prog, task.address, known)) found.add(mutex);
  }
  return [...found].map((address) => mutexAt(prog, address));
}

/** A waiter names its task; each word of the stack that does may be part of one. */
function* mutexesOnStack(prog: OpenedProgram, task: Addr, known: ReadonlySet<Addr>): Generator<Addr> {
  const taskMember = BigInt(prog.offset('mutex_waiter', 'task'));
  const stack = prog.at('task_struct', task).get('stack').toBigInt();
  const bytes = prog.memory.bytes(stack, 16384);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (let at = 0; at < bytes.length; at += 8) {
    if (view.getBigUint64(at, prog.arch.littleEndian) !== task) continue;
    const mutex = mutexOf(prog, stack + BigInt(at) - taskMember, known);
    if (mutex !== undefined) yield mutex;
  }
}

/** The mutex in whose list something on a stack is, if it is a waiter at all: its list leads to an owned mutex. */
function mutexOf(prog: OpenedProgram, waiter: Addr, tasks: ReadonlySet<Addr>): Addr | undefined {
  const list = BigInt(prog.offset('mutex', 'wait_list'));
  try {
    const own = prog.at('mutex_waiter', waiter).get('list').address;
    for (const link of listEntries(prog, own, 'a list that may be of waiters', 10_000)) {
      const mutex = link - list;
      if (!isKernelPointer(prog, mutex)) return undefined;
      const owner = prog.at('mutex', mutex).get('owner').toBigInt();
      if (tasks.has(owner & ~FLAGS) && (owner & 1n) === 1n) return mutex; // MUTEX_FLAG_WAITERS
    }
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e; // what looked like a list was none
  }
  return undefined;
}

function describe(prog: OpenedProgram, task: Addr): string {
  const record = findTask(prog, task);
  return record ? `${record.pid} ${record.comm}` : `0x${task.toString(16)}`;
}

const [dump, ...names] = process.argv.slice(2);
if (dump === undefined) throw new Error('usage: node mutex.ts <vmcore> [symbol or address]...');
const prog = await open(dump);
const address = (name: string): Addr => (/^0x/.test(name) ? BigInt(name) : prog.symbol(name));
const mutexes = names.length > 0 ? names.map((n) => mutexAt(prog, address(n))) : contendedMutexes(prog);
if (mutexes.length === 0) console.log('no task waits for a mutex');
for (const m of mutexes) {
  console.log(
    `mutex ${prog.describeAddress(m.address)}: ${m.owner === 0n ? 'free' : `held by ${describe(prog, m.owner)}`}`,
  );
  for (const waiter of m.waiters) console.log(`  waits: ${describe(prog, waiter)}`);
}
prog.close();
