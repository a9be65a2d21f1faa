import { NotFoundError, UnsupportedError, UsageError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import { type MountRecord, mounts, superblockOf } from '../kernel/mount.ts';
import { findTask } from '../kernel/task.ts';
import type { Program } from '../program/program.ts';
import { parseAddress, parsePidOrAddress } from '../report/args.ts';
import { command } from '../report/command.ts';
import { digits } from '../report/pad.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../report/problems.ts';
import { arrayOf, hexString, object, optional, string } from '../report/schema.ts';

export interface MountData {
  readonly mounts: readonly {
    readonly mount: string;
    readonly superblock: string;
    readonly type: string;
    readonly device: string;
    readonly path: string;
  }[];
  readonly problems?: readonly ProblemData[];
}

export const mount = command<MountData>({
  name: 'mount',
  summary: 'mounted filesystems',
  description: [
    'The mounts of the namespace of init, or of another task with -n, in the order in which the kernel keeps them.',
    'Arguments select mounts: the address of a mount, vfsmount or superblock, of a dentry or inode in it, a device name, or a ' +
      'directory.',
  ],
  args: {
    options: [
      { flag: 'n', value: 'pid|task', help: 'show the mount namespace of this task' },
      { flag: 'f', help: 'open files of each filesystem: refused, kernels since 3.13 keep no list of them' },
      { flag: 'i', help: 'dirty inodes of each filesystem: refused, kernels since 2.6.32 keep no list of them' },
    ],
    operands: [
      { name: 'mount | vfsmount | superblock | device | directory | dentry | inode', help: 'only these', many: true },
    ],
  },
  examples: [
    {
      line: 'mount',
      shows: 'All mounts:',
      output: [
        '     MOUNT           SUPERBLK     TYPE   DEVNAME   DIRNAME',
        'ffff888003c1c640 ffff88800305a800 rootfs rootfs    /',
        'ffff88801ff81280 ffff88800236b000 ext4   /dev/vda  /mnt',
      ].join('\n'),
    },
    { line: 'mount /dev/vda', shows: 'Where one device is mounted:' },
  ],
  schema: object('Mounts.', {
    mounts: arrayOf(
      'In the order of the namespace.',
      object('One mount.', {
        mount: hexString('Address of `struct mount`.'),
        superblock: hexString('Address of `struct super_block`.'),
        type: string('Filesystem.'),
        device: string('Device name as given to mount(2).'),
        path: string('Directory, as seen from the root of the namespace.'),
      }),
    ),
    problems: optional(problemsSchema),
  }),
  run({ prog }, args) {
    const wanted = args.value('n');
    let task: bigint | undefined;
    if (wanted !== undefined) {
      const key = parsePidOrAddress(wanted);
      if (key === undefined) throw new UsageError(`mount: '${wanted}' is neither a pid nor a task address`);
      task = findTask(prog, key)?.address;
      if (task === undefined) throw new NotFoundError('task', wanted);
    }
    const found = mounts(prog, task);
    if (args.has('f') || args.has('i')) {
      throw new UnsupportedError('mount: superblocks have no list of open files or dirty inodes in this kernel');
    }
    const known = new Set(found.mounts.map((m) => m.superblock));
    const own = (at: Addr | undefined) => found.mounts.some((m) => at === m.address || at === m.vfsmount);
    const wants = args.operands.map((word) => ({
      word,
      address: own(parseAddress(word)) ? parseAddress(word) : placeOf(prog, word, known),
    }));
    const shown = found.mounts.filter((m) => wants.length === 0 || wants.some((want) => selects(want, m)));
    return {
      mounts: shown.map((m) => ({
        mount: hex64(m.address),
        superblock: hex64(m.superblock),
        type: m.type,
        device: m.device,
        path: m.path,
      })),
      ...problemsOf(found.problems),
    };
  },
  *blocks(data) {
    yield {
      kind: 'table',
      columns: [
        { title: 'MOUNT', align: 'left', titleAlign: 'center', width: 16 },
        { title: 'SUPERBLK', align: 'left', titleAlign: 'center', width: 16, gap: 1 },
        { title: 'TYPE', align: 'left', width: 6, fixed: true, gap: 1 },
        { title: 'DEVNAME', align: 'left', width: 9, gap: 1 },
        { title: 'DIRNAME', align: 'left', gap: 1 },
      ],
      rows: data.mounts.map((m) => [digits(m.mount), digits(m.superblock), m.type, m.device, m.path]),
    };
    yield* problemBlocks(data);
  },
});

/** The address of a word; of a dentry or inode that of its superblock. */
function placeOf(prog: Program, word: string, known: ReadonlySet<Addr>): Addr | undefined {
  const address = parseAddress(word);
  if (address === undefined || known.has(address)) return address;
  return superblockOf(prog, address, known) ?? address;
}

function selects({ word, address }: { word: string; address: Addr | undefined }, m: MountRecord): boolean {
  if (word === m.device || word === m.path) return true;
  return address !== undefined && (address === m.address || address === m.vfsmount || address === m.superblock);
}
