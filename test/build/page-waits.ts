import type { WaitingTask, WaitWriter } from './wait-writer.ts';

/** The functions in which a task waits for a page. */
const PAGE = ['__schedule', 'schedule', 'io_schedule', 'folio_wait_bit_common', 'filemap_read'];

/** Tasks of a made-up kernel that wait for pages of file systems. */
export class PageWaits {
  readonly made: WaitWriter;

  constructor(made: WaitWriter) {
    this.made = made;
    const { memory } = made;
    memory.type('wait_queue_head', 24, { head: 8 });
    memory.type('wait_queue_entry', 40, { flags: 0, private: 8, func: 16, entry: 24 });
    memory.type('wait_page_queue', 56, { folio: 0, bit_nr: [8, 4], wait: 16 });
    memory.type('page', 64, { flags: 0, mapping: 24, index: 32 });
    memory.enumeration('pageflags', 'PG_locked', 'PG_writeback', '__NR_PAGEFLAGS');
    memory.type('address_space', 64, { host: 0 });
    made.add('inode', { i_mode: [0, 2], i_ino: 16, i_sb: 24, i_mapping: 32, i_size: 40 });
    memory.type('super_block', 64, { s_id: [0, 32], s_type: 32 });
    memory.type('file_system_type', 64, { name: 0 });
  }

  /** A task that waits for a page of a file on this device; of a page that is of no file where it is undefined. */
  waits(pid: number, comm: string, device: string | undefined): WaitingTask {
    const { made } = this;
    const { memory } = made;
    const task = made.waits(pid, comm, PAGE);
    const page = memory.alloc(64);
    if (device !== undefined) {
      const [mapping, inode, superblock, type] = [64, 64, 64, 64].map((size) => memory.alloc(size)) as bigint[];
      memory.u64(page + 24n, mapping as bigint);
      memory.u64(mapping as bigint, inode as bigint);
      memory.u64((inode as bigint) + 24n, superblock as bigint);
      memory.text(superblock as bigint, device);
      memory.u64((superblock as bigint) + 32n, type as bigint);
      memory.u64(type as bigint, memory.string('ext4'));
    }
    const entry = task.locals + 16n;
    memory.u64(task.locals, page);
    memory.u64(entry + 8n, task.task);
    memory.u64(entry + 16n, made.at('wake_page_function') - 16n);
    memory.circle(memory.alloc(24) + 8n, entry + 24n);
    return task;
  }
}

/** The scheduler's clocks: now it is this second, and these tasks sleep since that one. */
export function sleepClock(made: WaitWriter, now: bigint, tasks: readonly (readonly [WaitingTask, bigint])[]): void {
  made.add('rq', { clock: 64 });
  made.add('task_struct', { 'sched_info.last_arrival': 280, 'se.exec_start': 288 });
  made.memory.u64((made.tasks.runqueues[0] as bigint) + 64n, now * 1_000_000_000n);
  for (const [{ task }, since] of tasks) made.memory.u64(task + 288n, since * 1_000_000_000n);
}
