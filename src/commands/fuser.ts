import { hex64 } from '../base/hex.ts';
import { fileUsers } from '../kernel/file-users.ts';
import { parseAddress } from '../report/args.ts';
import { command } from '../report/command.ts';
import { digits } from '../report/pad.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../report/problems.ts';
import { arrayOf, boolean, hexString, integer, object, oneOf, optional, string } from '../report/schema.ts';

interface FuserData {
  readonly file: string;
  readonly filesystem: boolean;
  readonly users: readonly {
    readonly pid: number;
    readonly task: string;
    readonly comm: string;
    readonly uses: readonly string[];
  }[];
  readonly problems?: readonly ProblemData[];
}

export const fuser = command<FuserData>({
  name: 'fuser',
  summary: 'who uses a file',
  description: [
    'The tasks that have a file as root or current directory, have it open, or map it. The file is given by its full path or by the address of its inode.',
    'Where a filesystem is mounted on the directory and nobody uses the directory itself, those are shown that use any file of the filesystem.',
  ],
  args: {
    operands: [{ name: 'path | inode', help: 'a full path, or the hexadecimal address of an inode', required: true }],
  },
  examples: [
    {
      line: 'fuser /mnt/file20',
      shows: 'Who uses a file, and how:',
      output: [
        ' PID         TASK        COMM             USAGE',
        '  179  ffff8c06c2460000  "files"          fd mmap',
      ].join('\n'),
    },
    { line: 'fuser /mnt', shows: 'Who keeps a filesystem busy:' },
  ],
  schema: object('Users of a file.', {
    file: string('As it was asked for.'),
    filesystem: boolean('Whether the users of the whole mounted filesystem are shown.'),
    users: arrayOf(
      'Tasks, threads included.',
      object('A task.', {
        pid: integer('Process id.'),
        task: hexString('Address of `struct task_struct`.'),
        comm: string('Command name.'),
        uses: arrayOf('How it uses the file.', oneOf('A use.', ['root', 'cwd', 'fd', 'mmap'])),
      }),
    ),
    problems: optional(problemsSchema),
  }),
  run({ prog }, args) {
    const file = args.operands[0] as string;
    const found = fileUsers(prog, parseAddress(file) ?? file);
    const users = found.users.map(({ task: { pid, address, comm }, uses }) => ({
      pid,
      task: hex64(address),
      comm,
      uses,
    }));
    return { file, filesystem: found.filesystem, users, ...problemsOf(found.problems) };
  },
  *blocks(data) {
    const lines: string[] = [];
    if (data.users.length === 0) lines.push(`No users of ${data.file} found`);
    else {
      if (data.filesystem) lines.push(`Users of the filesystem on ${data.file}:`);
      lines.push(' PID         TASK        COMM             USAGE');
    }
    for (const u of data.users) {
      lines.push(`${String(u.pid).padStart(5)}  ${digits(u.task)}  ${`"${u.comm}"`.padEnd(15)}  ${u.uses.join(' ')}`);
    }
    yield { kind: 'lines', lines };
    yield* problemBlocks(data);
  },
});
