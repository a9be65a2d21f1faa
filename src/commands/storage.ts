import { command } from '../report/command.ts';
import { problemBlocks } from '../report/problems.ts';
import { storageBlocks } from '../report/storage-blocks.ts';
import { storageData } from '../report/storage-data.ts';
import { type StorageData, storageSchema } from '../report/storage-schema.ts';

export const storage = command<StorageData>({
  name: 'storage',
  summary: 'filesystems on block devices: state, journal, what the devices hang on; requests in flight',
  description: [
    'Each filesystem that is on a block device: its state and options, for ext4 the mode of its journal, noted errors and ' +
      'transactions; the device with all that it stands on, up to the bus, through partitions, device mapper, RAID and loop ' +
      'devices. Then the requests that disks are working on, the oldest first.',
    'ext4, XFS and btrfs are mostly modules; their state needs type information of the module (BTF), which kernels since 5.11 keep.',
  ],
  args: {},
  examples: [
    {
      line: 'storage',
      shows: 'The mounted filesystems and their disks:',
      output: [
        '/mnt (and /bound): ext4, rw,relatime, superblock ffff8e30428c9000',
        '  vda, virtio: virtio1 [virtio_blk] < 0000:00:03.0 [virtio-pci]',
        '  ext4: data=ordered,errors=continue,journal_checksum,delalloc; no error noted, its superblock is not in the dump',
        '  journal vda-8 ffff8e30428cb000: running',
      ].join('\n'),
    },
  ],
  schema: storageSchema,
  run({ prog }) {
    return storageData(prog);
  },
  *blocks(data) {
    yield* storageBlocks(data, 'en');
    yield* problemBlocks(data);
  },
});
