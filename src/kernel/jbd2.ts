import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import type { Value } from '../program/value.ts';
import { secondsSinceTick } from './ticks.ts';
import { tickRate } from './timekeeping.ts';

/** A transaction of a journal, `struct transaction_s`. */
export interface JournalTransaction {
  readonly address: Addr;
  readonly id: number;
  /** Without `T_`: `RUNNING`, `LOCKED`, `FLUSH`, `COMMIT` ...; undefined for a number that has no name. */
  readonly state: string | undefined;
  /** Since it was started; undefined where the kernel's rate of ticks is unknown. */
  readonly ageSeconds: number | undefined;
  /** Handles that are open in it; while there are any it cannot be committed. */
  readonly openHandles: number;
}

/** A journal, `struct journal_s`. */
export interface Journal {
  readonly address: Addr;
  /** `vda-8` */
  readonly device: string;
  /** JBD2_ABORT: nothing is written any more, every operation that needs the journal fails. */
  readonly aborted: boolean;
  /** The error that made it abort, as a negative errno; 0 for none. */
  readonly error: number;
  /** `struct task_struct *` of its thread. */
  readonly thread: Addr;
  readonly commitIntervalSeconds: number | undefined;
  readonly running: JournalTransaction | undefined;
  readonly committing: JournalTransaction | undefined;
}

const JBD2_ABORT = 2n; // include/linux/jbd2.h

/** @param journal a `journal_t`, or a pointer to one that is not null @throws NotFoundError MemoryFault */
export function readJournal(prog: Program, journal: Value): Journal {
  const object = journal.type.resolve().kind === 'pointer' ? journal.deref() : journal;
  const transaction = (member: string): JournalTransaction | undefined => {
    const at = object.get(member);
    return at.toBigInt() === 0n ? undefined : readTransaction(prog, at.deref());
  };
  const rate = tickRate(prog);
  const interval = object.find('j_commit_interval');
  return {
    address: object.address,
    device: object.get('j_devname').toText(64),
    aborted: (object.get('j_flags').toBigInt() & JBD2_ABORT) !== 0n,
    error: prog.memory.i32(object.get('j_errno').address),
    thread: object.get('j_task').toBigInt(),
    commitIntervalSeconds: interval && rate ? Number(interval.toBigInt()) / rate : undefined,
    running: transaction('j_running_transaction'),
    committing: transaction('j_committing_transaction'),
  };
}

function readTransaction(prog: Program, transaction: Value): JournalTransaction {
  const state = transaction.get('t_state');
  const value = state.toBigInt();
  const name = state.type.resolve().enumerators.find((e) => e.value === value)?.name;
  return {
    address: transaction.address,
    id: Number(BigInt.asUintN(32, transaction.get('t_tid').toBigInt())),
    state: name?.replace(/^T_/, ''),
    ageSeconds: secondsSinceTick(prog, transaction.get('t_start').toBigInt()),
    openHandles: prog.memory.i32(transaction.get('t_updates').address),
  };
}
