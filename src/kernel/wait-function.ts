import type { StackFrame } from '../unwind/stack.ts';

/** What a task can wait for. */
export type WaitKind =
  | 'mutex'
  | 'rwsem'
  | 'percpu-rwsem'
  | 'rt-mutex'
  | 'semaphore'
  | 'spinlock'
  | 'rwlock'
  | 'completion'
  | 'wait-queue'
  | 'journal'
  | 'page'
  | 'bit'
  | 'work'
  | 'grace-period'
  | 'request'
  | 'cpu-call'
  | 'futex'
  | 'timer'
  | 'unknown';

export type WaitMode = 'read' | 'write';

/** The function in which a task waits, by its stack. */
export interface WaitSite {
  readonly kind: WaitKind;
  readonly mode?: WaitMode;
  /** Without a compiler's suffix. */
  readonly function: string;
  /** Index of its frame. */
  readonly index: number;
  /** What the wait is part of, by the functions around it: `flush_work`, `synchronize_rcu`, `submit_bio_wait`. */
  readonly purpose?: string;
}

/** They put a task to sleep, whatever it waits for. */
const SLEEPING =
  /^(?:__switch_to(?:_asm)?|__schedule|schedule|schedule_timeout(?:_\w+)?|schedule_preempt_disabled|schedule_hrtimeout_range(?:_clock)?|schedule_hrtimeout|schedule_rtlock|preempt_schedule(?:_\w+)?|__cond_resched|_cond_resched|io_schedule(?:_timeout|_prepare)?|bit_wait(?:_io)?(?:_timeout)?|context_switch)$/;

/** Functions of kernel/locking, mm/filemap.c, kernel/sched and block in which tasks wait, of all releases since 4.19. */
const WAITING: readonly (readonly [RegExp, WaitKind, WaitMode?])[] = [
  [/^(?:__)?(?:ww_)?mutex_lock(?:_(?:slowpath|common|interruptible|killable|io|nested))*$/, 'mutex'],
  [/^(?:__mutex_lock_(?:interruptible|killable)_slowpath|mutex_optimistic_spin|mutex_spin_on_owner)$/, 'mutex'],
  [/^(?:call_|__)?rwsem_down_read_(?:slowpath|failed)(?:_\w+)?$/, 'rwsem', 'read'],
  [/^(?:call_|__)?rwsem_down_write_(?:slowpath|failed)(?:_\w+)?$/, 'rwsem', 'write'],
  [/^(?:rwsem_optimistic_spin|rwsem_spin_on_owner)$/, 'rwsem', 'write'],
  [/^(?:__)?down_read(?:_(?:killable|interruptible|nested|common|non_owner))*$/, 'rwsem', 'read'],
  [/^(?:__)?down_write(?:_(?:killable|nested|common|nest_lock))*$/, 'rwsem', 'write'],
  [/^(?:__percpu_down_read|percpu_down_read)(?:_\w+)?$/, 'percpu-rwsem', 'read'],
  [/^(?:percpu_down_write|percpu_rwsem_wait)$/, 'percpu-rwsem', 'write'],
  [/^(?:__)?rt_mutex_(?:slow|)lock(?:_\w+)?$|^rt_mutex_wait_proxy_lock$/, 'rt-mutex'],
  [/^(?:__)?rt_mutex_slowlock(?:_\w+)?$|^rtlock_slowlock(?:_\w+)?$|^rt_spin_lock(?:_\w+)?$/, 'rt-mutex'],
  [/^__rwbase_read_lock$|^rwbase_read_lock$/, 'rt-mutex', 'read'],
  [/^rwbase_write_lock$/, 'rt-mutex', 'write'],
  [
    /^(?:__down(?:_common|_interruptible|_killable|_timeout)?|___down_common|down(?:_interruptible|_killable|_timeout)?)$/,
    'semaphore',
  ],
  [/^(?:(?:native_|__pv_)?queued_spin_lock_slowpath|virt_spin_lock|hv_wait|kvm_wait|osq_lock)$/, 'spinlock'],
  [/^resilient_(?:queued|tas)_spin_lock(?:_slowpath)?$/, 'spinlock'],
  [/^(?:_|do_)raw_(?:spin_lock|spin_trylock)(?:_\w+)?$/, 'spinlock'],
  [/^queued_read_lock_slowpath$|^(?:_|do_)raw_read_lock(?:_\w+)?$/, 'rwlock', 'read'],
  [/^queued_write_lock_slowpath$|^(?:_|do_)raw_write_lock(?:_\w+)?$/, 'rwlock', 'write'],
  [/^(?:smp_call_function_(?:many_cond|many|single|any)|(?:__)?csd_lock_wait|on_each_cpu_cond_mask)$/, 'cpu-call'],
  [
    /^(?:(?:__)?wait_for_common(?:_io)?|__wait_for_common|wait_for_completion(?:_\w+)?|do_wait_for_common)$/,
    'completion',
  ],
  [/^(?:folio|page)_wait_(?:bit|writeback|stable|private_2|locked)(?:_\w+)?$/, 'page'],
  [/^(?:__)?(?:folio|page)_lock(?:_\w+)?$|^(?:__)?lock_page(?:_\w+)?$/, 'page'],
  [
    /^(?:wait_on_page_(?:bit|writeback)(?:_\w+)?|put_and_wait_on_page_locked|(?:migration|softleaf)_entry_wait_on_locked)$/,
    'page',
  ],
  [/^(?:out_of_line_wait_on_bit(?:_\w+)?|__wait_on_bit(?:_lock)?|__wait_on_buffer|__wait_on_freeing_inode)$/, 'bit'],
  [
    /^(?:__)?wait_rcu_gp$|^(?:__)?synchronize_(?:s?rcu|sched|rcu_bh|rcu_tasks)(?:_\w+)?$|^rcu_barrier(?:_\w+)?$/,
    'grace-period',
  ],
  [
    /^(?:__flush_work|flush_work|(?:__)?flush_workqueue|drain_workqueue|(?:__)?cancel_(?:delayed_)?work(?:_sync)?)$/,
    'work',
  ],
  [
    /^(?:blk_mq_get_tag|wbt_wait|rq_qos_wait|blk_execute_rq|submit_bio_wait|bio_await|blk_io_schedule|bt_get)$/,
    'request',
  ],
  [/^(?:futex_wait(?:_\w+)?|__futex_wait(?:_\w+)?|futex_do_wait)$/, 'futex'],
  [/^(?:do_nanosleep|hrtimer_nanosleep|msleep(?:_interruptible)?|usleep_range(?:_state)?|fsleep)$/, 'timer'],
];

/** Waits inside which another wait lies: what the inner one is for. */
const PURPOSES =
  /^(?:(?:__)?rwbase_(?:read|write)_lock|__flush_work|flush_work|(?:__)?flush_workqueue|drain_workqueue|(?:__)?wait_rcu_gp|(?:__)?synchronize_\w+|rcu_barrier\w*|kthread_stop|kthread_park|submit_bio_wait|bio_await|blk_execute_rq|blk_mq_freeze_queue_wait|kernel_clone|_do_fork|jbd2_log_wait_commit|wait_transaction_locked|start_this_handle|call_usermodehelper_exec|affine_move_task|__stop_cpus|stop_one_cpu|devtmpfs_submit_req|(?:__)?filemap_fdatawait_\w+|file(?:map)?_write_and_wait_range|loop_\w+|dm_\w+)$/;

/** Frames above the waiting function in which its purpose is looked for, and frames in which it must lie. */
const OUTER = 6;
const REACH = 24;
/** Frames between what put the task to sleep and the wait that it is part of. */
const NEAR = 3;

/** A symbol without what the compiler added: `__mutex_lock.constprop.0`. */
export function plainName(symbol: string): string {
  const dot = symbol.indexOf('.', 1);
  return dot < 0 ? symbol : symbol.slice(0, dot);
}

/** Whether a function only puts its caller to sleep. */
export function isSleepFunction(name: string): boolean {
  return SLEEPING.test(name);
}

/**
 * In what a stack waits. A task that sleeps in code that is none of the known waits is `unknown`, with the function that put
 * it to sleep. @param from index of the frame to begin with
 */
export function waitSite(frames: readonly StackFrame[], from = 0): WaitSite | undefined {
  let first: { name: string; index: number } | undefined;
  const end = Math.min(frames.length, from + REACH);
  for (let index = from; index < end; index++) {
    const name = frames[index]?.symbol ? plainName(frames[index]?.symbol?.name ?? '') : '';
    if (name === '' || SLEEPING.test(name)) continue;
    if (first && index - first.index >= NEAR) break; // a wait is the innermost code
    const known = WAITING.find(([pattern]) => pattern.test(name));
    if (known) return siteAt(frames, index, name, known);
    first ??= { name, index };
  }
  return first && { kind: 'unknown', function: first.name, index: first.index, ...purposeOf(frames, first.index) };
}

/** The function that waits, beyond those that do so for everybody: who took the lock. */
export function waitCaller(frames: readonly StackFrame[], site: WaitSite): StackFrame | undefined {
  return frames.slice(site.index + 1, site.index + REACH).find(({ symbol }) => {
    if (!symbol) return false;
    const name = plainName(symbol.name);
    return !SLEEPING.test(name) && !PURPOSES.test(name) && !WAITING.some(([pattern]) => pattern.test(name));
  });
}

function siteAt(
  frames: readonly StackFrame[],
  index: number,
  name: string,
  [, kind, mode]: readonly [RegExp, WaitKind, WaitMode?],
): WaitSite {
  const part = purposeOf(frames, index);
  const how = mode ?? (/^(?:__)?rwbase_(read|write)_lock$/.exec(part.purpose ?? '')?.[1] as WaitMode | undefined);
  return { kind, ...(how && { mode: how }), function: name, index, ...part };
}

function purposeOf(frames: readonly StackFrame[], index: number): { purpose?: string } {
  for (let i = index; i < Math.min(frames.length, index + OUTER); i++) {
    const name = plainName(frames[i]?.symbol?.name ?? '');
    if (PURPOSES.test(name)) return { purpose: name };
  }
  return {};
}
