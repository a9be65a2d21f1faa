import { NotFoundError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import { modules } from '../kernel/module.ts';
import { command } from '../report/command.ts';
import { digits } from '../report/pad.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../report/problems.ts';
import { arrayOf, hexString, integer, nullable, object, optional, string } from '../report/schema.ts';

interface ModuleData {
  readonly name: string;
  readonly module: string;
  readonly base: string;
  readonly size: number;
  readonly state: string;
  readonly refcount: number | null;
  readonly usedBy: readonly string[];
  readonly taints: string;
  readonly version: string | null;
  readonly srcversion: string | null;
  readonly buildId: string | null;
}

export interface ModData {
  readonly modules: readonly ModuleData[];
  readonly problems?: readonly ProblemData[];
}

export const mod = command<ModData>({
  name: 'mod',
  aliases: ['lsmod'],
  summary: 'loaded modules',
  description: [
    'Every module with the address of its struct module, the start of its text and its size as /proc/modules counts it. ' +
      'Symbols come from the symbol tables that the kernel itself keeps; no module file is needed.',
  ],
  args: {
    options: [{ flag: 't', help: 'only modules that taint the kernel, with their taint letters' }],
    operands: [{ name: 'module', help: 'only these', many: true }],
  },
  examples: [
    {
      line: 'mod',
      shows: 'All modules:',
      output: [
        '     MODULE       NAME           TEXT_BASE       SIZE  OBJECT FILE',
        'ffffffffc03a9080  ext4        ffffffffc03a7000  983040  (not loaded)  [CONFIG_KALLSYMS]',
      ].join('\n'),
    },
    {
      line: 'mod -t',
      shows: 'What is out of tree, unsigned, proprietary ...:',
      output: 'NAME     TAINTS\nlabcrash  OE',
    },
  ],
  schema: object('Modules.', {
    modules: arrayOf(
      'In the order of their addresses.',
      object('A module.', {
        name: string('Name.'),
        module: hexString('Address of `struct module`.'),
        base: hexString('Start of its text.'),
        size: integer('Bytes, as /proc/modules shows them.'),
        state: string('Live, Loading, Unloading or Unformed.'),
        refcount: nullable(integer('How many users it has.')),
        usedBy: arrayOf('Modules that use it.', string('Name.')),
        taints: string('Taint letters, empty for none: O out of tree, E unsigned, P proprietary, F forced, ...'),
        version: nullable(string('MODULE_VERSION.')),
        srcversion: nullable(string('srcversion.')),
        buildId: nullable(string('GNU build id in hexadecimal.')),
      }),
    ),
    problems: optional(problemsSchema),
  }),
  run({ prog }, args) {
    const found = modules(prog);
    for (const name of args.operands) {
      if (!found.modules.some((m) => m.name === name)) throw new NotFoundError('module', name);
    }
    const shown = found.modules
      .filter((m) => args.operands.length === 0 || args.operands.includes(m.name))
      .filter((m) => !args.has('t') || m.taints !== '')
      .sort((a, b) => (a.base < b.base ? -1 : a.base > b.base ? 1 : 0));
    return {
      modules: shown.map((m) => ({
        name: m.name,
        module: hex64(m.address),
        base: hex64(m.base),
        size: m.size,
        state: m.state,
        refcount: m.refcount ?? null,
        usedBy: m.usedBy,
        taints: m.taints,
        version: m.version ?? null,
        srcversion: m.srcversion ?? null,
        buildId: m.buildId ?? null,
      })),
      ...problemsOf(found.problems),
    };
  },
  *blocks(data, args) {
    if (args.has('t')) {
      yield {
        kind: 'table',
        columns: [
          { title: 'NAME', align: 'left' },
          { title: 'TAINTS', align: 'left' },
        ],
        rows: data.modules.map((m) => [m.name, m.taints]),
      };
    } else {
      yield {
        kind: 'table',
        columns: [
          { title: 'MODULE', align: 'left', titleAlign: 'center', width: 16 },
          { title: 'NAME', align: 'left' },
          { title: 'TEXT_BASE', align: 'left', titleAlign: 'center', width: 16 },
          { title: 'SIZE', align: 'right' },
          { title: 'OBJECT FILE', align: 'left' },
        ],
        rows: data.modules.map((m) => [
          digits(m.module),
          m.name,
          digits(m.base),
          m.size,
          '(not loaded)  [CONFIG_KALLSYMS]',
        ]),
      };
    }
    yield* problemBlocks(data);
  },
});
