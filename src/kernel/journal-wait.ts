import { attempt } from '../base/attempt.ts';
import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { filesystemStates } from './filesystem-state.ts';
import type { Journal } from './jbd2.ts';
import { findStruct } from './module-struct.ts';
import { taskTable } from './task.ts';
import type { QueuedWait } from './wait-queue-entry.ts';
import type { Holder, WaitResource } from './wait-resource.ts';

/** Functions of fs/jbd2 in which tasks sleep. */
const WAITS = /^(?:jbd2_|start_this_handle|wait_transaction_|add_transaction_credits|kjournald2)/;
/** Tasks with an open handle that are named. */
const MOST = 16;

/** Whether a task that waits in a function may wait for a journal. */
export function waitsForJournal(name: string | undefined): boolean {
  return name !== undefined && WAITS.test(name);
}

/**
 * A wait in one of the queues of a `struct journal_s`, with who must do something first: the journal's thread, which commits,
 * or, where that one waits itself, the tasks with an open handle of the transaction. @throws NotFoundError MemoryFault
 */
export function journalWait(prog: Program, { head, waiters, damage }: QueuedWait): WaitResource | undefined {
  const type = findStruct(prog, 'journal_s');
  const journal = type && journals(prog).find((j) => head >= j.address && head < addrAdd(j.address, type.size));
  if (!type || !journal) return undefined;
  const offset = Number(head - journal.address);
  const member = type.members.find((m) => m.bitOffset === offset * 8)?.name ?? '';
  const holders = member === 'j_wait_updates' ? openHandles(prog, journal) : threadOf(journal, member);
  return {
    kind: 'journal',
    address: head,
    type: 'journal_s',
    holders,
    state: `${member} ${journal.device}`,
    waiters,
    ...(damage !== undefined && { damage }),
  };
}

const journals = perOwner((prog: Program): readonly Journal[] =>
  filesystemStates(prog).filesystems.flatMap((f) => f.ext4?.journal ?? []),
);

/** The thread sleeps in `j_wait_commit` itself until there is something to do. */
function threadOf({ thread }: Journal, member: string): Holder[] {
  return member === 'j_wait_commit' || thread === 0n ? [] : [{ task: thread, how: 'waker', sure: true }];
}

/** Tasks whose handle (`task_struct.journal_info`) is of a transaction that is to be committed. */
function openHandles(prog: Program, { running, committing }: Journal): Holder[] {
  const wanted = [running?.address, committing?.address].filter((at) => at !== undefined);
  const info = prog.offset('task_struct', 'journal_info');
  const inside = findStruct(prog, 'jbd2_journal_handle')?.findMember('h_transaction')?.offset;
  if (inside === undefined) return [];
  const found: Holder[] = [];
  for (const task of taskTable(prog).tasks) {
    const handle = attempt(() => prog.memory.ulong(addrAdd(task.address, info))) ?? 0n;
    const transaction = handle === 0n ? undefined : attempt(() => prog.memory.ulong(addrAdd(handle, inside)));
    if (transaction === undefined || !wanted.includes(transaction as Addr)) continue;
    found.push({ task: task.address, how: 'handle', sure: true });
    if (found.length === MOST) break;
  }
  return found;
}
