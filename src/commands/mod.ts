import { NotFoundError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import { type ModuleRecord, modules } from '../kernel/module.ts';
import type { Program } from '../program/program.ts';
import { command } from '../report/command.ts';
import { digits } from '../report/pad.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../report/problems.ts';
import { arrayOf, boolean, hexString, integer, nullable, object, optional, string } from '../report/schema.ts';

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
  readonly coreSize: number;
  readonly memory: readonly { readonly kind: string | null; readonly base: string; readonly size: number }[];
  /** The file with its debug information that is in use. */
  readonly debugFile?: string;
}

export interface ModData {
  readonly modules: readonly ModuleData[];
  /** Nothing was asked for. */
  readonly silent?: boolean;
  readonly problems?: readonly ProblemData[];
}

export const mod = command<ModData>({
  name: 'mod',
  aliases: ['lsmod'],
  summary: 'loaded modules',
  description: [
    'Every module with the address of its struct module, the start of its text and its size as /proc/modules counts it. ' +
      'Symbols come from the symbol tables that the kernel itself keeps; no module file is needed.',
    'Debug information of modules is looked for by build-id when it is asked for first, as that of the kernel is (`--debug` ' +
      'names a file or folder): nothing has to be loaded. `mod -S` shows which files those are.',
  ],
  args: {
    options: [
      { flag: 't', help: 'only modules that taint the kernel, with their taint letters' },
      { flag: 's', value: 'module', help: 'with the file whose debug information is in use for this module' },
      { flag: 'S', help: 'the same for every module' },
      { flag: 'd', value: 'module', help: 'accepted; debug information stays in use' },
      { flag: 'D', help: 'the same for every module' },
      { flag: 'r', help: 'the list anew; a dump does not change' },
      { flag: 'R', help: 'the same' },
      { flag: 'o', help: 'accepted: symbols are always those that the kernel keeps' },
      { flag: 'g', help: 'accepted: sections are always known from the kernel' },
    ],
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
        coreSize: integer('Bytes without what only its start needs, as crash counts them.'),
        memory: arrayOf(
          'The parts of its memory, text first.',
          object('One part.', {
            kind: nullable(string('TEXT, DATA, RODATA, ...; null where the kernel does not tell them apart.')),
            base: hexString('Where it starts.'),
            size: integer('Bytes.'),
          }),
        ),
        debugFile: optional(string('The file with its debug information that is in use (`-s`, `-S`).')),
      }),
    ),
    silent: optional(boolean('Nothing was asked for (`-d`, `-D`).')),
    problems: optional(problemsSchema),
  }),
  run({ prog }, args) {
    const found = modules(prog);
    if (args.has('d') || args.has('D')) return { modules: [], silent: true };
    const named = [...args.operands.slice(0, args.has('s') || args.has('S') ? 0 : undefined), ...args.values('s')];
    for (const name of named) {
      if (!found.modules.some((m) => m.name === name)) throw new NotFoundError('module', name);
    }
    const shown = found.modules
      .filter((m) => named.length === 0 || named.includes(m.name))
      .filter((m) => !args.has('t') || m.taints !== '')
      .sort((a, b) => (a.base < b.base ? -1 : a.base > b.base ? 1 : 0));
    const withFiles = args.has('s') || args.has('S');
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
        coreSize: m.coreSize,
        memory: m.memory.map((part) => ({ kind: part.kind ?? null, base: hex64(part.base), size: part.size })),
        ...(withFiles && debugFileOf(prog, m)),
      })),
      ...problemsOf(found.problems),
    };
  },
  *blocks(data, args) {
    if (data.silent) return;
    if (args.has('t') && data.modules.length === 0) yield { kind: 'lines', lines: ['no tainted modules'] };
    else if (args.has('t')) {
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
          {
            title: data.modules.some((m) => m.memory.some((p) => p.kind !== null)) ? 'TEXT_BASE' : 'BASE',
            align: 'left',
            titleAlign: 'center',
            width: 16,
          },
          { title: 'SIZE', align: 'right' },
          { title: 'OBJECT FILE', align: 'left' },
        ],
        rows: data.modules.map((m) => [
          digits(m.module),
          m.name,
          digits(m.base),
          m.coreSize,
          m.debugFile ?? '(not loaded)  [CONFIG_KALLSYMS]',
        ]),
      };
    }
    yield* problemBlocks(data);
  },
});

function debugFileOf(prog: Program, m: ModuleRecord): { debugFile?: string } {
  const file = prog.fileText(m.base, 1)?.file;
  return file === undefined ? {} : { debugFile: file };
}
