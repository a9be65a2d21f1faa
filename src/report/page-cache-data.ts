import { hex64 } from '../base/hex.ts';
import { perOwner } from '../base/lazy.ts';
import type { Language } from '../base/phrase.ts';
import { type CachedFile, pageCacheFiles } from '../kernel/page-cache.ts';
import type { Program } from '../program/program.ts';
import type { Block } from './block.ts';
import { formatSize } from './format-size.ts';
import type { ProblemData } from './problems.ts';
import {
  arrayOf,
  boolean,
  hexString,
  integer,
  nullable,
  object,
  optional,
  type Schema,
  secret,
  string,
} from './schema.ts';

interface CachedFileData {
  readonly inode: string;
  readonly number: string;
  readonly pages: number;
  readonly fileBytes: number;
  readonly filesystem: string;
  readonly path: string | null;
  readonly mappedBy?: readonly { readonly pid: number; readonly comm: string }[];
}

export interface PageCacheData {
  readonly pageBytes: number;
  readonly pages: number;
  readonly fileCount: number;
  readonly inodes: number;
  readonly cut: boolean;
  readonly filesystems: readonly { readonly filesystem: string; readonly pages: number }[];
  readonly files: readonly CachedFileData[];
}

export const pageCacheSchema: Schema = object('The page cache by file.', {
  pageBytes: integer('Size of a page.'),
  pages: integer('Pages of all files that were looked at.'),
  fileCount: integer('Files that have pages in memory.'),
  inodes: integer('Inodes that were looked at.'),
  cut: boolean('There are more inodes than that.'),
  filesystems: arrayOf(
    'The type of filesystem with the most pages first; tmpfs is shared memory too, bdev the block devices themselves.',
    object('A type of filesystem.', { filesystem: string('Type.'), pages: integer('Pages of its files.') }),
  ),
  files: arrayOf(
    'The file with the most pages first.',
    object('A file.', {
      inode: hexString('Address of `struct inode`.'),
      number: string('Inode number.'),
      pages: integer('Its pages in memory.'),
      fileBytes: integer('Its size.'),
      filesystem: string('Type of its filesystem.'),
      path: nullable(secret('path', string('Its path; null when no directory entry in memory leads to it.'))),
      mappedBy: optional(
        arrayOf(
          'Processes that map it, not more than 16.',
          object('A process.', { pid: integer('Process id.'), comm: string('Command name.') }),
        ),
      ),
    }),
  ),
});

/** @param limits files to list, and inodes to look at */
export function pageCacheData(
  prog: Program,
  limits: { readonly files: number; readonly inodes: number },
  problems: ProblemData[],
): PageCacheData {
  const found = pageCacheFiles(prog, limits);
  problems.push(...found.problems);
  const { pages, fileCount, inodes, cut, byFilesystem: filesystems } = found;
  return { pageBytes: prog.pageSize, pages, fileCount, inodes, cut, filesystems, files: found.files.map(fileData) };
}

/** A report does not wait for millions of inodes; `memory -f` looks at all. */
const REPORT_LIMITS = { files: 50, inodes: 20_000 };

/** The page cache as a report shows it. */
export const reportPageCache = perOwner((prog: Program) => {
  const problems: ProblemData[] = [];
  return { data: pageCacheData(prog, REPORT_LIMITS, problems), problems };
});

function fileData(file: CachedFile): CachedFileData {
  const mappedBy = file.mappedBy.map(({ pid, comm }) => ({ pid, comm }));
  return {
    inode: hex64(file.inode),
    number: String(file.number),
    pages: file.pages,
    fileBytes: Number(file.size),
    filesystem: file.filesystem,
    path: file.path ?? null,
    ...(mappedBy.length > 0 && { mappedBy }),
  };
}

const SHOWN_PROCESSES = 4;

export function* pageCacheBlocks(data: PageCacheData, language: Language = 'en'): Iterable<Block> {
  const zh = language === 'zh';
  const share = (pages: number): string => `${data.pages === 0 ? 0 : ((pages * 100) / data.pages).toFixed(1)}%`;
  const types = data.filesystems.map((f) => `${f.filesystem} ${f.pages}`).join(', ');
  const size = formatSize(data.pages * data.pageBytes);
  yield {
    kind: 'lines',
    lines: [
      zh
        ? `${data.fileCount} 个文件的 ${data.pages} 页（${size}）：${types}`
        : `${data.pages} pages (${size}) of ${data.fileCount} files: ${types}`,
      ...(data.cut ? [cutText(data.inodes, zh)] : []),
    ],
  };
  yield {
    kind: 'table',
    columns: [
      { title: 'PAGES', align: 'right', width: 9 },
      { title: 'SIZE', align: 'right', width: 9 },
      { title: 'SHARE', align: 'right' },
      { title: 'INODE', align: 'left', width: 16 },
      { title: 'TYPE', align: 'left', width: 6 },
      { title: 'PATH', align: 'left' },
    ],
    rows: data.files.map((f) => [
      f.pages,
      formatSize(f.pages * data.pageBytes),
      share(f.pages),
      f.inode.slice(2),
      f.filesystem,
      pathText(f, zh),
    ]),
  };
}

function cutText(inodes: number, zh: boolean): string {
  return zh ? `只查看了 ${inodes} 个 inode，还有更多。` : `Only ${inodes} inodes were looked at; there are more.`;
}

function pathText({ path, number, mappedBy = [] }: CachedFileData, zh: boolean): string {
  const name = path ?? (zh ? `（内存中没有名字；inode ${number}）` : `(no name in memory; inode ${number})`);
  if (mappedBy.length === 0) return name;
  const shown = mappedBy.slice(0, SHOWN_PROCESSES).map((p) => `${p.comm} ${p.pid}`);
  const more = mappedBy.length - shown.length;
  const list = shown.join(', ');
  if (zh) return `${name}  映射者 ${list}${more > 0 ? `，另有 ${more} 个` : ''}`;
  return `${name}  mapped by ${list}${more > 0 ? ` and ${more} more` : ''}`;
}
