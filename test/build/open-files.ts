import { u32Type } from './c-types.ts';
import type { WaitWriter } from './wait-writer.ts';

/** S_IFIFO and so on. */
export const KINDS = { fifo: 0o010000, character: 0o020000, socket: 0o140000 } as const;

/** An open file of a made-up process. */
export interface MadeFile {
  readonly kind: keyof typeof KINDS;
  /** `struct inode *`; made when it is not given. */
  readonly inode?: bigint;
  readonly privateData?: bigint;
}

/** Open files of the tasks of a made-up kernel, without their names. */
export class OpenFilesWriter {
  readonly made: WaitWriter;

  constructor(made: WaitWriter) {
    this.made = made;
    const { memory } = made;
    made.add('task_struct', { files: 264 });
    memory.type('files_struct', 64, { fdt: 8 });
    memory.type('fdtable', 64, { max_fds: [0, u32Type], fd: 8, close_on_exec: 16, open_fds: 24 });
    memory.type('file', 64, { f_inode: 8, private_data: 16, f_op: 24 });
    memory.type('inode', 64, { i_mode: [0, 2], i_pipe: 8 });
  }

  /** An inode of a kind. */
  inode(kind: keyof typeof KINDS, at = this.made.memory.alloc(64)): bigint {
    this.made.memory.u16(at, KINDS[kind]);
    return at;
  }

  /** Gives a task these open files, from descriptor 0 on. */
  open(task: bigint, files: readonly MadeFile[]): void {
    const { memory } = this.made;
    const [table, fdt] = [memory.alloc(64), memory.alloc(64)];
    const [array, open, closing] = [memory.alloc(64 * 8), memory.alloc(8), memory.alloc(8)];
    memory.u64(task + 264n, table);
    memory.u64(table + 8n, fdt);
    memory.u32(fdt, 64);
    memory.u64(fdt + 8n, array);
    memory.u64(fdt + 16n, closing);
    memory.u64(fdt + 24n, open);
    memory.u64(open, (1n << BigInt(files.length)) - 1n);
    for (const [i, { kind, inode = this.inode(kind), privateData = 0n }] of files.entries()) {
      const file = memory.alloc(64);
      memory.u64(array + BigInt(i * 8), file);
      memory.u64(file + 8n, inode);
      memory.u64(file + 16n, privateData);
    }
  }
}
