/** A file of an initramfs: its bytes, or a directory when there are none. */
export interface CpioEntry {
  readonly path: string;
  readonly mode: number;
  readonly data?: Uint8Array;
}

export const DIRECTORY = 0o040755;
export const PROGRAM = 0o100755;
export const PLAIN = 0o100644;

/** One record of the "newc" format (kernel: Documentation/driver-api/early-userspace/buffer-format.rst). */
function record(path: string, mode: number, data: Uint8Array, inode: number): Uint8Array[] {
  const name = Buffer.from(`${path}\0`);
  const fields = [inode, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length, 0];
  const head = Buffer.from(`070701${fields.map((f) => f.toString(16).padStart(8, '0')).join('')}`);
  const pad = (n: number): Uint8Array => new Uint8Array((4 - (n % 4)) % 4);
  return [head, name, pad(head.length + name.length), data, pad(data.length)];
}

/** An archive the kernel unpacks as its initramfs; directories must come before what is in them. */
export function cpioArchive(entries: readonly CpioEntry[]): Buffer {
  const empty = new Uint8Array(0);
  const parts = entries.flatMap((e, i) => record(e.path, e.mode, e.data ?? empty, i + 1));
  return Buffer.concat([...parts, ...record('TRAILER!!!', 0, empty, 0)]);
}
