import { AnalysisError, NotFoundError, UsageError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import { addressWalk, taskPageTables } from '../kernel/address-walk.ts';
import { vmaPath } from '../kernel/mm.ts';
import { pageReader } from '../kernel/page.ts';
import { pageEntry } from '../kernel/page-entry.ts';
import { flagNamesOfPage } from '../kernel/page-flags.ts';
import { findTask } from '../kernel/task.ts';
import { vmas } from '../kernel/vma.ts';
import type { Program } from '../program/program.ts';
import { type Args, parsePidOrAddress } from '../report/args.ts';
import { type CommandContext, command } from '../report/command.ts';
import { pageDataOf } from '../report/kernel-memory-lines.ts';
import { arrayOf, object } from '../report/schema.ts';
import { type TranslationData, translationLines, translationSchema } from '../report/translation-lines.ts';

interface VtopData {
  readonly translations: readonly TranslationData[];
}

export const vtop = command<VtopData>({
  name: 'vtop',
  summary: 'virtual addresses as physical ones, with the page tables that say so',
  description: [
    'The page-table entries that lead to an address, the physical address, the flags, and the descriptor of the page. An ' +
      'address of user space is one of the current task, or of the one given with -c.',
  ],
  args: {
    options: [
      { flag: 'c', value: 'pid|task', help: 'in the address space of this task' },
      { flag: 'u', help: 'the addresses are of user space' },
      { flag: 'k', help: 'the addresses are of the kernel' },
    ],
    operands: [{ name: 'address', help: 'in hexadecimal, or a symbol', required: true, many: true }],
  },
  examples: [
    {
      line: 'vtop ffff8f13c11f8000',
      shows: 'How an address is mapped:',
      output: [
        'VIRTUAL           PHYSICAL        ',
        'ffff8f13c11f8000  11f8000         ',
        '',
        'PGD DIRECTORY: ffffffff83a10000',
        'PAGE DIRECTORY: 6c01067',
        '   PUD: 6c01278 => 6c02067',
        '   PMD: 6c02040 => 1fe55063',
        '   PTE: 1fe55fc0 => 80000000011f8163',
        '  PAGE: 11f8000',
      ].join('\n'),
    },
    { line: 'vtop -c 1 400000', shows: 'An address of a process:' },
  ],
  schema: object('Translations.', { translations: arrayOf('In the order of the line.', translationSchema) }),
  run(context, args) {
    return { translations: args.operands.map((word) => translation(context, args, word)) };
  },
  *blocks(data) {
    const { translations } = data;
    yield { kind: 'lines', lines: translations.flatMap((t) => [...translationLines(t), '']) };
  },
});

function translation(context: CommandContext, args: Args, word: string): TranslationData {
  const { prog } = context;
  const address = addressOf(prog, word);
  const user = !args.has('k') && (args.has('u') || address < prog.kernelStart);
  const task = wantedTask(context, args);
  const space = user && task !== undefined ? taskPageTables(prog, task) : undefined;
  const fixed = { address: hex64(address), space: user ? ('user' as const) : ('kernel' as const) };
  if (user && (task === undefined || !space)) return { ...fixed, refused: 'not accessible', steps: [] };
  if (!user && address < prog.kernelStart) return { ...fixed, refused: 'not a kernel virtual address', steps: [] };
  const area = space && areaOf(prog, space.mm, address);
  if (user && !area) return { ...fixed, refused: 'not accessible', steps: [] };
  const walk = addressWalk(prog, address, space?.pgd);
  const last = walk.steps.at(-1);
  const entry = last === undefined ? undefined : pageEntry(prog, last.entry);
  const physical = walk.physical;
  const page = physical === undefined ? undefined : pageReader(prog)?.ofFrame(Math.floor(physical / prog.pageSize));
  const { tables } = walk;
  const root = user
    ? (space?.pgd ?? 0n)
    : (prog.findSymbol('swapper_pg_dir')?.address ?? prog.findSymbol('init_top_pgt')?.address ?? 0n);
  const virtual = tables.entryAddresses === 'virtual';
  // the kernel's own top-level table is part of its image
  const place = (at: number, level: number): string => {
    if (!virtual) return hex64(BigInt(at));
    return hex64(level === walk.steps[0]?.level && !user ? root + BigInt(at - prog.map.root) : prog.map.directMap(at));
  };
  return {
    ...fixed,
    ...(physical !== undefined && { physical }),
    root: hex64(root),
    rootApart: !virtual && !user,
    rootShown: virtual || !user,
    steps: walk.steps.map((s) => ({
      level: tables.levelNames[s.level] ?? '',
      at: place(s.at, s.level),
      entry: hex64(s.entry),
    })),
    pageBytes: walk.pageBytes,
    ordinaryPage: prog.pageSize,
    ...(physical !== undefined && { pageStart: physical - (Number(address % BigInt(walk.pageBytes)) || 0) }),
    ...(entry &&
      last &&
      last.entry !== 0n &&
      (physical !== undefined || entry.swap) && {
        entry: {
          entry: hex64(entry.entry),
          physical: physical === undefined ? null : physical - Number(address % BigInt(walk.pageBytes)),
          flags: entry.flags,
          swap: entry.swap
            ? { type: entry.swap.type, offset: hex64(entry.swap.offset), path: entry.swap.path ?? null }
            : null,
        },
      }),
    ...(area && { vma: area }),
    ...(page && { page: pageDataOf(page, flagNamesOfPage(prog, page)) }),
  };
}

function addressOf(prog: Program, word: string): Addr {
  if (/^(?:0x)?[0-9a-f]{1,16}$/i.test(word)) return BigInt(`0x${word.replace(/^0x/i, '')}`);
  const symbol = prog.findSymbol(word) ?? prog.findModuleSymbol(word);
  if (!symbol) throw new UsageError(`vtop: invalid input: "${word}"`);
  return symbol.address;
}

function wantedTask(context: CommandContext, args: Args): Addr | undefined {
  const word = args.value('c');
  if (word === undefined) return context.task;
  const key = parsePidOrAddress(word);
  const task = key === undefined ? undefined : findTask(context.prog, key);
  if (!task) throw new NotFoundError('task', word);
  return task.address;
}

/** The area of user space that holds an address, with the place in its file. */
function areaOf(prog: Program, mm: Addr, at: Addr): TranslationData['vma'] {
  const area = vmas(prog, mm).vmas.find((v) => at >= v.start && at < v.end);
  if (!area) return undefined;
  let path: string | null = null;
  try {
    if (area.file !== 0n) path = vmaPath(prog, area).path;
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e; // the area is told without it
  }
  return {
    address: hex64(area.address),
    start: hex64(area.start),
    end: hex64(area.end),
    flags: hex64(area.flags),
    path,
    fileOffset: area.file === 0n ? null : hex64(area.pageOffset * BigInt(prog.pageSize) + (at - area.start)),
  };
}
