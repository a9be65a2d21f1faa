import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { pageCacheFiles } from './page-cache.ts';

const LIST = 16n;
const DATA = 64n;
const LIMITS = { files: 3, inodes: 100 };

interface World {
  readonly memory: KernelMemory;
  /** A superblock with a file for each number of pages; returns the inodes. */
  filesystem(type: string, ...pages: number[]): { head: bigint; inodes: bigint[] };
}

function world(): World {
  const memory = new KernelMemory();
  memory.type('super_block', 128, { s_list: 0, s_type: 16, s_inodes: 24, s_root: 40 });
  memory.type('file_system_type', 16, { name: 0 });
  memory.type('inode', 128, {
    i_ino: 0,
    i_size: 8,
    i_sb_list: Number(LIST),
    i_mapping: 32,
    i_dentry: 40,
    i_data: Number(DATA),
  });
  memory.type('address_space', 32, { nrpages: 8, i_mmap: 16 });
  memory.type('dentry', 64, { d_sb: 0 });
  memory.type('pglist_data', 64, { node_present_pages: 0 });
  memory.u64(memory.symbol('contig_page_data', memory.alloc(64)), 1000);
  const superblocks = [memory.symbol('super_blocks', memory.alloc(16))];
  memory.circle(...superblocks);
  let number = 10;
  const filesystem: World['filesystem'] = (type, ...pages) => {
    const superblock = memory.alloc(128);
    superblocks.push(superblock);
    memory.circle(...superblocks);
    const kind = memory.alloc(16);
    memory.u64(superblock + 16n, kind);
    memory.u64(kind, memory.string(type));
    const inodes = pages.map((count) => {
      const inode = memory.alloc(128);
      memory.u64(inode, number++);
      memory.u64(inode + 8n, count * 4096);
      memory.u64(inode + 32n, inode + DATA);
      memory.u64(inode + DATA + 8n, count);
      return inode;
    });
    const head = superblock + 24n;
    memory.circle(head, ...inodes.map((inode) => inode + LIST));
    return { head, inodes };
  };
  return { memory, filesystem };
}

const brief = (found: ReturnType<typeof pageCacheFiles>) => found.files.map((f) => `${f.filesystem} ${f.pages}`);

test('the files with the most pages of all filesystems, and the sums', () => {
  const { memory, filesystem } = world();
  filesystem('ext4', 5, 0, 70);
  filesystem('proc', 900);
  filesystem('tmpfs', 20, 8);
  const found = pageCacheFiles(memory.program(), LIMITS);
  assert.deepEqual(brief(found), ['ext4 70', 'tmpfs 20', 'tmpfs 8']);
  assert.deepEqual([found.pages, found.fileCount, found.inodes, found.cut], [103, 4, 5, false]);
  assert.deepEqual(found.byFilesystem, [
    { filesystem: 'ext4', pages: 75 },
    { filesystem: 'tmpfs', pages: 28 },
  ]);
});

test('pages of a special file belong to the device, and a count that cannot be is damage', () => {
  const { memory, filesystem } = world();
  const { inodes } = filesystem('ext4', 5, 6, 7000);
  memory.u64((inodes[1] as bigint) + 32n, memory.alloc(32));
  const found = pageCacheFiles(memory.program(), LIMITS);
  assert.deepEqual(brief(found), ['ext4 5']);
  assert.ok(found.problems.some((p) => /7000 pages/.test(p.why)));
});

test('a list that runs into itself ends, and its other end is counted too', () => {
  const { memory, filesystem } = world();
  const { inodes } = filesystem('ext4', 1, 2, 4, 8, 16);
  // the third leads back to the second
  memory.u64((inodes[2] as bigint) + LIST, (inodes[1] as bigint) + LIST);
  const found = pageCacheFiles(memory.program(), LIMITS);
  assert.equal(found.pages, 31);
  assert.equal(found.inodes, 5);
  assert.ok(found.problems.some((p) => /broken/.test(p.why)));
});

test('a freed inode in the list cuts it on both sides', () => {
  const { memory, filesystem } = world();
  const { inodes } = filesystem('ext4', 1, 2, 4, 8, 16);
  memory.u64((inodes[2] as bigint) + LIST, 0x4141414141414141n);
  memory.u64((inodes[2] as bigint) + LIST + 8n, 0x4141414141414141n);
  const found = pageCacheFiles(memory.program(), LIMITS);
  assert.equal(found.pages, 1 + 2 + 8 + 16);
});

test('the limit of inodes is told', () => {
  const { memory, filesystem } = world();
  filesystem('ext4', 1, 2, 4, 8, 16);
  const found = pageCacheFiles(memory.program(), { files: 3, inodes: 2 });
  assert.deepEqual([found.cut, found.inodes, found.pages], [true, 2, 3]);
});
