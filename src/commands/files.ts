import { UsageError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import { type FileDescriptor, openFiles } from '../kernel/files.ts';
import { filePaths } from '../kernel/fs-path.ts';
import { taskDirectories } from '../kernel/fs-struct.ts';
import { inodes, mappingPages } from '../kernel/inode.ts';
import { cachedPages } from '../kernel/inode-pages.ts';
import { attempt } from '../kernel/note-problem.ts';
import { flagNamesOfPage } from '../kernel/page-flags.ts';
import type { TaskRecord } from '../kernel/task.ts';
import { chosenTasks } from '../kernel/task-choice.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { type Args, parseAddress } from '../report/args.ts';
import { command } from '../report/command.ts';
import {
  CACHE_HEADER,
  cacheLine,
  FILE_HEADER,
  type FileData,
  fileLine,
  fileSchema,
  shownPath,
} from '../report/file-data.ts';
import { digits, shortDigits } from '../report/pad.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../report/problems.ts';
import { arrayOf, hexString, integer, nullable, object, optional, string } from '../report/schema.ts';
import { taskLine } from '../report/stack-lines.ts';
import { type TaskName, taskNameSchema } from '../report/task-data.ts';

interface TaskFiles {
  readonly task: TaskName;
  readonly root: string | null;
  readonly cwd: string | null;
  readonly files: readonly FileData[];
}

interface CachedPageData {
  readonly page: string;
  readonly physical: string;
  readonly mapping: string;
  readonly index: string;
  readonly count: number;
  readonly flags: string;
  readonly flagNames: readonly string[];
}

interface FilesData {
  readonly tasks?: readonly TaskFiles[];
  readonly dentry?: Record<'dentry' | 'inode' | 'superblock' | 'kind' | 'path' | 'name', string>;
  readonly inode?: { readonly inode: string; readonly count: number; readonly pages: readonly CachedPageData[] };
  readonly problems?: readonly ProblemData[];
}

export const files = command<FilesData>({
  name: 'files',
  summary: 'open files',
  description: [
    'Root and current directory of a task, and its open files: descriptor, addresses of file, dentry and inode, kind and path. Without an argument the current task. An unlinked file is marked as deleted.',
    'With -d and -p: a dentry, or the pages of an inode in the page cache; these do not ask for a task.',
  ],
  args: {
    options: [
      { flag: 'd', value: 'dentry', help: 'inode, superblock, kind and path of a dentry' },
      { flag: 'p', value: 'inode', help: 'the pages of an inode that are in the page cache' },
      { flag: 'c', help: 'for each file its inode, its address_space and how many pages are in the page cache' },
      {
        flag: 'R',
        value: 'reference',
        help: 'only files with this descriptor, address (file, dentry, inode, address_space) or part of a path',
      },
    ],
    operands: [{ name: 'pid | task', help: 'whose files', many: true }],
  },
  examples: [
    {
      line: 'files 1',
      shows: 'The files of init:',
      output: [
        'PID: 1        TASK: ffff8c06c11fc180  CPU: 1    COMMAND: "init"',
        'ROOT: /    CWD: /',
        FILE_HEADER,
        '  0 ffff8c06c1b72700 ffff8c06c16b5480 ffff8c06c1850090 CHR  /dev/console',
        ' 10 ffff8c06c1a8fa00 ffff8c06c16b5780 ffff8c06c1853190 REG  /init',
      ].join('\n'),
    },
    { line: 'files -c 1', shows: 'How much of each is in memory:' },
    { line: 'foreach files -R pts/4', shows: 'Who has a terminal open:' },
  ],
  schema: object('Open files.', {
    tasks: optional(
      arrayOf(
        'By task.',
        object('The files of a task.', {
          task: taskNameSchema,
          root: nullable(string('Root directory; null of a task that has given it back.')),
          cwd: nullable(string('Current directory.')),
          files: arrayOf('By descriptor.', fileSchema),
        }),
      ),
    ),
    dentry: optional(
      object('A dentry (`-d`).', {
        dentry: hexString('Address of `struct dentry`.'),
        inode: hexString('Address of `struct inode`; zero for a name without a file.'),
        superblock: hexString('Address of `struct super_block`.'),
        kind: string('Kind of the file.'),
        path: string('Its path below the root of its filesystem.'),
        name: string('Its own name.'),
      }),
    ),
    inode: optional(
      object('An inode (`-p`).', {
        inode: hexString('Address of `struct inode`.'),
        count: integer('Pages in the page cache, as the kernel counts them.'),
        pages: arrayOf(
          'By index.',
          object('A page, or the first of a large folio.', {
            page: hexString('Address of `struct page`.'),
            physical: hexString('Physical address.'),
            mapping: hexString('Its `struct address_space`.'),
            index: hexString('Number of the page in the file.'),
            count: integer('References.'),
            flags: hexString('`page.flags`.'),
            flagNames: arrayOf('The flags that are set.', string('Name.')),
          }),
        ),
      }),
    ),
    problems: optional(problemsSchema),
  }),
  run({ prog, task }, args) {
    const dentry = args.value('d');
    if (dentry !== undefined) return { dentry: dentryData(prog, address(dentry, 'd')) };
    const inode = args.value('p');
    if (inode !== undefined) return inodeData(prog, address(inode, 'p'));
    const problems: Problem[] = [];
    const tasks = chosenTasks(prog, args.operands, task).map((t) => taskFiles(prog, t, args, problems));
    const reference = args.value('R');
    const shown = reference === undefined ? tasks : tasks.filter((t) => t.files.length > 0 || isInside(t, reference));
    return { tasks: shown, ...problemsOf(problems) };
  },
  *blocks(data, args) {
    for (const task of data.tasks ?? []) yield { kind: 'lines', lines: taskLines(task, args) };
    if (data.dentry) yield { kind: 'lines', lines: dentryLines(data.dentry) };
    if (data.inode) yield { kind: 'lines', lines: inodeLines(data.inode) };
    yield* problemBlocks(data);
  },
});

function address(word: string, flag: string): Addr {
  const value = parseAddress(word);
  if (value === undefined) throw new UsageError(`files: '${word}' behind -${flag} is no address`);
  return value;
}

function taskFiles(prog: Program, t: TaskRecord, args: Args, problems: Problem[]): TaskFiles {
  const what = `task ${t.pid}`;
  const dirs = attempt(problems, `directories of ${what}`, () => taskDirectories(prog, t.address));
  const open = attempt(problems, `files of ${what}`, () => openFiles(prog, t.address));
  problems.push(...(open?.problems ?? []));
  const reference = args.value('R');
  const shown = (open?.files ?? [])
    .map((f) => fileData(prog, f, args.has('c'), problems))
    .filter((f) => reference === undefined || isMeant(f, reference));
  return {
    task: { pid: t.pid, task: hex64(t.address), cpu: t.cpu, comm: t.comm },
    root: dirs?.root.path ?? null,
    cwd: dirs?.cwd.path ?? null,
    files: shown,
  };
}

function fileData(prog: Program, f: FileDescriptor, counted: boolean, problems: Problem[]): FileData {
  const { inode } = f;
  const pages =
    counted && inode
      ? attempt(problems, `page cache of ${f.path}`, () => ({
          mapping: hex64(inode.mapping),
          pages: Number(mappingPages(prog, inode.mapping)),
        }))
      : undefined;
  return {
    fd: f.fd,
    file: hex64(f.file),
    dentry: hex64(f.dentry),
    inode: inode ? hex64(inode.address) : null,
    kind: f.kind,
    path: f.path,
    name: f.name,
    deleted: f.deleted,
    flags: hex64(BigInt(f.flags)),
    position: hex64(f.position),
    closeOnExec: f.closeOnExec,
    ...pages,
  };
}

function isMeant(f: FileData, reference: string): boolean {
  if (/^\d{1,9}$/.test(reference) && Number(reference) === f.fd) return true;
  const value = parseAddress(reference);
  if (value !== undefined && [f.file, f.dentry, f.inode, f.mapping].includes(hex64(value))) return true;
  return f.kind === reference || f.name === reference || hasPart(f.path, reference);
}

/** Whether the root or current directory of the task is what is meant. */
function isInside(t: TaskFiles, reference: string): boolean {
  return [t.root, t.cwd].some((path) => path !== null && (path === reference || hasPart(path, reference)));
}

/** Whether whole names of a path are those of the reference: `pts/4` is in `/dev/pts/4`. */
function hasPart(path: string, reference: string): boolean {
  const part = reference.replace(/^\/|\/$/g, '');
  return part !== '' && `${path}/`.includes(`/${part}/`);
}

function* taskLines(task: TaskFiles, args: Args): Generator<string> {
  yield taskLine(task.task);
  if (task.root !== null) yield `ROOT: ${task.root}    CWD: ${task.cwd}`;
  if (task.files.length === 0) {
    if (!args.has('R')) yield 'No open files';
    return;
  }
  const cached = args.has('c');
  yield cached ? CACHE_HEADER : FILE_HEADER;
  for (const file of task.files) yield cached ? cacheLine(file) : fileLine(file);
}

function dentryData(prog: Program, dentry: Addr): NonNullable<FilesData['dentry']> {
  const inode = prog.memory.ulong(addrAdd(dentry, prog.offset('dentry', 'd_inode')));
  const { path, name } = filePaths(prog).ofDentry(dentry);
  return {
    dentry: hex64(dentry),
    inode: hex64(inode),
    superblock: hex64(prog.memory.ulong(addrAdd(dentry, prog.offset('dentry', 'd_sb')))),
    kind: inode === 0n ? 'N/A' : inodes(prog)(inode).kind,
    path,
    name,
  };
}

function dentryLines(d: NonNullable<FilesData['dentry']>): string[] {
  const row = [digits(d.dentry), digits(d.inode), digits(d.superblock), d.kind.padEnd(4), shownPath(d)];
  return ['     DENTRY           INODE           SUPERBLK     TYPE PATH', row.join(' ')];
}

function inodeData(prog: Program, inode: Addr): FilesData {
  const cache = cachedPages(prog, inode);
  const pages = cache.pages.map((p) => ({
    page: hex64(p.address),
    physical: hex64(BigInt(p.physical)),
    mapping: hex64(p.mapping),
    index: hex64(p.index),
    count: p.count,
    flags: hex64(p.flags),
    flagNames: flagNamesOfPage(prog, p),
  }));
  return { inode: { inode: hex64(inode), count: Number(cache.count), pages }, ...problemsOf(cache.problems) };
}

function* inodeLines({ inode, count, pages }: NonNullable<FilesData['inode']>): Generator<string> {
  yield '     INODE        NRPAGES';
  yield `${digits(inode)} ${String(count).padStart(8)}`;
  if (pages.length === 0) return;
  yield '';
  yield '      PAGE       PHYSICAL      MAPPING       INDEX CNT FLAGS';
  for (const p of pages) {
    const physical = shortDigits(p.physical).padStart(8);
    const mapping = shortDigits(p.mapping).padStart(16);
    const index = String(BigInt(p.index)).padStart(8);
    const tail = `${String(p.count).padStart(2)} ${shortDigits(p.flags)} ${p.flagNames.join(',')}`;
    yield `${digits(p.page)} ${physical} ${mapping} ${index} ${tail}`;
  }
}
