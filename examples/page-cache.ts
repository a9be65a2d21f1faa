/**
 * The files that fill the page cache: `node page-cache.ts <vmcore> [how many]`.
 *
 * Walks the inodes of every mounted filesystem (`super_block.s_inodes`) and asks each how many pages of it are in memory.
 */
import { type Addr, AnalysisError } from 'inquest';
import { filePaths, hlistEntries, inodes, listEntries, mappingPages, mounts } from 'inquest/kernel';
import { type OpenedProgram, open } from 'inquest/node';

export interface CachedFile {
  readonly path: string;
  readonly pages: number;
  readonly bytes: bigint;
}

/** Every inode with pages in memory, the biggest first. */
export function cachedFiles(prog: OpenedProgram): CachedFile[] {
  const readInode = inodes(prog);
  const files: CachedFile[] = [];
  for (const superblock of new Set(mounts(prog).mounts.map((m) => m.superblock))) {
    const head = prog.at('super_block', superblock).get('s_inodes').address;
    for (const link of listEntries(prog, head, 'inodes of a filesystem')) {
      const inode = readInode(prog.container(link, 'inode', 'i_sb_list'));
      const pages = Number(mappingPages(prog, inode.mapping));
      if (pages > 0) files.push({ path: pathOf(prog, inode.address), pages, bytes: inode.size });
    }
  }
  return files.sort((a, b) => b.pages - a.pages);
}

/** A name in the tree of directories: that of the first directory entry which leads to the inode. */
function pathOf(prog: OpenedProgram, inode: Addr): string {
  // struct dentry: d_alias is in the union d_u since v3.19
  const member = prog.findMember('dentry', 'd_u.d_alias') ? 'd_u.d_alias' : 'd_alias';
  const head = prog.at('inode', inode).get('i_dentry').address;
  try {
    for (const link of hlistEntries(prog, head, 'directory entries of an inode')) {
      return filePaths(prog).ofDentry(prog.container(link, 'dentry', member)).path;
    }
  } catch (e) {
    // an inode that is on its way out, or damaged: of a crashed kernel that is no reason to stop
    if (!(e instanceof AnalysisError)) throw e;
  }
  return `(no name: inode ${prog.at('inode', inode).get('i_ino').toBigInt()})`;
}

const [dump, count = '10'] = process.argv.slice(2);
if (dump === undefined) throw new Error('usage: node page-cache.ts <vmcore> [how many]');
const prog = await open(dump);
const files = cachedFiles(prog);
const total = files.reduce((sum, f) => sum + f.pages, 0);
const kib = (pages: number): string => `${(pages * prog.pageSize) / 1024} KiB`;
console.log(`${files.length} files have ${kib(total)} in the page cache`);
for (const f of files.slice(0, Number(count))) console.log(`${kib(f.pages).padStart(12)}  ${f.path}`);
prog.close();
