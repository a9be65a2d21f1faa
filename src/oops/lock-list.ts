/** One held lock of a lock list. */
export interface HeldLock {
  /** Whose list it is in: `syz-executor/31761`. */
  readonly holder: string;
  /** Lock class with its state: `(rtnl_mutex){+.+.}-{4:4}`. */
  readonly lock: string;
  /** Function that took it. */
  readonly at?: string;
}

const HOLDER = /^(?:\d+ locks?|no locks) held by (.{1,80}?)[:.]$/;
const LOCK =
  /^\s*#\d+: ?(?:[0-9a-f]{8,16} )?(\(.{1,200}?\)(?:\{\S{1,12}\})?(?:-\{\S{1,8}\})?),? at: (?:\[<[0-9a-f]+>\]\s+)?([^\s+]{1,200})/;
const MAX_LOCKS = 200;

/** Locks that lockdep lists in a report (debug_show_held_locks, kernel/locking/lockdep.c). */
export function readLocks(lines: readonly string[]): HeldLock[] {
  const found: HeldLock[] = [];
  let holder = '';
  for (const line of lines) {
    if (line.endsWith(':')) {
      const m = HOLDER.exec(line);
      if (m) holder = m[1] as string;
    }
    const lock = line.includes('#') ? LOCK.exec(line) : null;
    if (!lock) continue;
    found.push({ holder, lock: lock[1] as string, at: lock[2] as string });
    if (found.length >= MAX_LOCKS) break;
  }
  return found;
}
