import { type ProblemData, problemsSchema } from './problems.ts';
import {
  arrayOf,
  boolean,
  hexString,
  integer,
  nullable,
  number,
  object,
  oneOf,
  optional,
  type Schema,
  secret,
  string,
} from './schema.ts';

/** A block device, and what it is attached to. */
export interface BlockDeviceData {
  readonly name: string;
  /** `struct device`. */
  readonly device: string;
  /** `struct gendisk`. */
  readonly disk: string;
  readonly partitionOf: string | null;
  readonly transport: string;
  readonly path: readonly {
    readonly name: string;
    readonly bus: string | null;
    readonly driver: string | null;
  }[];
  readonly mapped?: string;
  readonly targets?: readonly { readonly type: string; readonly begin: string; readonly sectors: string }[];
  readonly file?: string;
  readonly below?: readonly BlockDeviceData[];
}

export interface TransactionData {
  readonly address: string;
  readonly id: number;
  readonly state: string | null;
  readonly ageSeconds: number | null;
  readonly openHandles: number;
}

export interface JournalData {
  readonly address: string;
  readonly device: string;
  readonly aborted: boolean;
  readonly error: number;
  readonly running: TransactionData | null;
  readonly committing: TransactionData | null;
}

export interface Ext4ErrorData {
  readonly function: string;
  readonly line: number;
  readonly timeSeconds: number;
  readonly inode: number;
}

export interface Ext4Data {
  readonly info: string;
  readonly data: string;
  readonly onError: string | null;
  readonly options: readonly string[];
  readonly hasErrors: boolean;
  readonly stopped: boolean;
  readonly errorCount: number | null;
  readonly firstError?: Ext4ErrorData;
  readonly lastError?: Ext4ErrorData;
  readonly journal: JournalData | null;
}

export interface FilesystemData {
  readonly superblock: string;
  readonly type: string;
  readonly paths: readonly string[];
  readonly options: string;
  readonly readOnly: boolean;
  readonly frozen: number;
  readonly writeError: number;
  readonly devices: readonly BlockDeviceData[];
  readonly ext4?: Ext4Data;
  readonly xfs?: { readonly mount: string; readonly shutdown: boolean; readonly logError: boolean };
  readonly btrfs?: { readonly info: string; readonly hasErrors: boolean; readonly aborted: boolean };
}

export interface DiskRequestData {
  readonly request: string;
  readonly disk: string;
  readonly operation: string;
  readonly sector: string;
  readonly bytes: number;
  readonly ageSeconds: number | null;
  readonly timeoutSeconds: number | null;
}

/** Filesystems on block devices, what these hang on, and the requests that are being worked on. */
export interface StorageData {
  readonly filesystems: readonly FilesystemData[];
  /** The oldest first. */
  readonly requests: readonly DiskRequestData[];
  readonly problems?: readonly ProblemData[];
}

const leaf = {
  name: string('Name: vda1.'),
  device: hexString('Address of its `struct device`.'),
  disk: hexString('Address of `struct gendisk`.'),
  partitionOf: nullable(string('The disk of a partition.')),
  transport: string('How it is attached: virtio, SCSI over ..., NVMe, device mapper, loop ...'),
  path: arrayOf(
    'The devices above the disk, up to the root.',
    object('A device.', {
      name: string('Name.'),
      bus: nullable(string('Bus.')),
      driver: nullable(string('Driver.')),
    }),
  ),
  mapped: optional(string('Name of a device-mapper device, as /dev/mapper has it.')),
  targets: optional(
    arrayOf(
      'What a device-mapper device is made of.',
      object('A target.', {
        type: string('linear, crypt, multipath ...'),
        begin: string('First sector of 512 bytes.'),
        sectors: string('How many.'),
      }),
    ),
  ),
  file: optional(secret('path', string('The file behind a loop device.'))),
} as const;

const any: Schema = { type: 'object', description: 'As this device.' };
const blockDevice = object('A block device.', {
  ...leaf,
  below: optional(arrayOf('The devices that it uses, in the same shape.', any)),
});

const transaction = object('A transaction.', {
  address: hexString('Address of `struct transaction_s`.'),
  id: integer('Its number.'),
  state: nullable(string('RUNNING, LOCKED, FLUSH, COMMIT ...')),
  ageSeconds: nullable(number('Since it was started.')),
  openHandles: integer('Operations that are open in it; it cannot be committed before they end.'),
});

const orNull = (schema: Schema): Schema => ({ ...schema, type: ['object', 'null'] });

const ext4Error = object('An error that ext4 noted.', {
  function: string('Function of ext4.'),
  line: integer('Line in its source.'),
  timeSeconds: number('Seconds since the epoch.'),
  inode: integer('Inode; 0 for none.'),
});

const ext4 = object('State of ext4.', {
  info: hexString('Address of `struct ext4_sb_info`.'),
  data: oneOf('What is journalled.', ['journal', 'ordered', 'writeback', 'no journal']),
  onError: nullable(string('What it does on an error: continue, remount-ro, panic.')),
  options: arrayOf('Further options.', string('As mount(8) spells it.')),
  hasErrors: boolean('Its superblock says that it has errors.'),
  stopped: boolean('It has given up.'),
  errorCount: nullable(integer('Errors since the last fsck; null when the superblock is not in the dump.')),
  firstError: optional(ext4Error),
  lastError: optional(ext4Error),
  journal: orNull(
    object('Its journal; null for none.', {
      address: hexString('Address of `struct journal_s`.'),
      device: string('Its name.'),
      aborted: boolean('Nothing is written to it any more.'),
      error: integer('Why, as a negative errno; 0 for none.'),
      running: orNull(transaction),
      committing: orNull(transaction),
    }),
  ),
});

export const storageSchema: Schema = object('Filesystems on block devices, and requests in flight.', {
  filesystems: arrayOf(
    'In the order of the mounts.',
    object('A filesystem.', {
      superblock: hexString('Address of `struct super_block`.'),
      type: string('Type.'),
      paths: arrayOf('Where it is mounted.', secret('path', string('Directory.'))),
      options: string('Options of the mount.'),
      readOnly: boolean('Nothing can be written.'),
      frozen: integer('0 for no; writers wait from 1 on.'),
      writeError: integer('A write failed, as a negative errno; 0 for none.'),
      devices: arrayOf('Its devices.', blockDevice),
      ext4: optional(ext4),
      xfs: optional(
        object('State of XFS.', {
          mount: hexString('Address of `struct xfs_mount`.'),
          shutdown: boolean('It was shut down after an error.'),
          logError: boolean('Its log met an error.'),
        }),
      ),
      btrfs: optional(
        object('State of btrfs.', {
          info: hexString('Address of `struct btrfs_fs_info`.'),
          hasErrors: boolean('It met an error and is read-only.'),
          aborted: boolean('A transaction was aborted.'),
        }),
      ),
    }),
  ),
  requests: arrayOf(
    'Requests that disks are working on, the oldest first.',
    object('A request.', {
      request: hexString('Address of `struct request`.'),
      disk: string('Disk.'),
      operation: string('read, write, flush ...'),
      sector: string('First sector of 512 bytes.'),
      bytes: integer('Bytes.'),
      ageSeconds: nullable(number('Since the disk got it.')),
      timeoutSeconds: nullable(number('How long the driver lets it take.')),
    }),
  ),
  problems: optional(problemsSchema),
});
