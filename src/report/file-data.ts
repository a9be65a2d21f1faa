import { digits } from './pad.ts';
import { boolean, hexString, integer, nullable, object, optional, type Schema, string } from './schema.ts';

/** An open file as JSON. */
export interface FileData {
  readonly fd: number;
  readonly file: string;
  readonly dentry: string;
  readonly inode: string | null;
  readonly kind: string;
  readonly path: string;
  readonly name: string;
  readonly deleted: boolean;
  readonly flags: string;
  readonly position: string;
  readonly closeOnExec: boolean;
  readonly mapping?: string;
  readonly pages?: number;
}

export const fileSchema: Schema = object('An open file.', {
  fd: integer('Descriptor.'),
  file: hexString('Address of `struct file`.'),
  dentry: hexString('Address of `struct dentry`.'),
  inode: nullable(hexString('Address of `struct inode`.')),
  kind: string('REG DIR CHR BLK FIFO SOCK LNK, or UNKN for an anonymous inode.'),
  path: string('As /proc/PID/fd shows it.'),
  name: string('The name in its directory entry; of a socket its protocol.'),
  deleted: boolean('Whether it has been unlinked.'),
  flags: hexString('`f_flags`.'),
  position: hexString('`f_pos` in bytes.'),
  closeOnExec: boolean('Whether it is closed when the task starts another program.'),
  mapping: optional(hexString('Address of its `struct address_space` (`-c`).')),
  pages: optional(integer('Pages of it in memory (`-c`).')),
});

export const FILE_HEADER = ' FD       FILE            DENTRY           INODE       TYPE PATH';
export const CACHE_HEADER = ' FD      INODE          I_MAPPING     NRPAGES TYPE PATH';

/** What stands in the PATH column: of files in no directory their name, where they have one. */
export function shownPath(file: Pick<FileData, 'kind' | 'path' | 'name'>): string {
  return (file.kind === 'SOCK' || file.kind === 'UNKN') && file.name !== '' ? file.name : file.path;
}

export function fileLine(file: FileData): string {
  const fd = String(file.fd).padStart(3);
  const inode = file.inode === null ? '0'.padStart(16) : digits(file.inode);
  return `${fd} ${digits(file.file)} ${digits(file.dentry)} ${inode} ${file.kind.padEnd(4)} ${shownPath(file)}`;
}

export function cacheLine(file: FileData): string {
  const fd = String(file.fd).padStart(3);
  const inode = file.inode === null ? '0'.padStart(16) : digits(file.inode);
  const pages = String(file.pages ?? 0).padStart(7);
  const mapping = file.mapping === undefined ? '0'.padStart(16) : digits(file.mapping);
  return `${fd} ${inode} ${mapping} ${pages} ${file.kind.padEnd(4)} ${shownPath(file)}`;
}
