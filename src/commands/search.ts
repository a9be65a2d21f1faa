import { NotFoundError, UsageError } from '../base/errors.ts';
import { hex, hex64 } from '../base/hex.ts';
import { asciiBytes } from '../base/text.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import { frameScope } from '../expr/index.ts';
import { needTasks } from '../kernel/need-tasks.ts';
import {
  clipped,
  type KernelParts,
  kernelSpace,
  physicalSpace,
  type SearchArea,
  type SearchSpace,
  stackArea,
  userSpace,
} from '../kernel/search-areas.ts';
import { MemorySearch } from '../kernel/search-memory.ts';
import { type Pattern, textPattern, unitPattern } from '../kernel/search-pattern.ts';
import { findTask, type TaskRecord, taskTable } from '../kernel/task.ts';
import { type Args, parseAddress } from '../report/args.ts';
import { type CommandContext, command } from '../report/command.ts';
import { placeExpression } from '../report/place-expression.ts';
import { problemBlocks, problemsOf } from '../report/problems.ts';
import {
  type HitData,
  hitLines,
  hitsData,
  type SearchData,
  type SearchTarget,
  type SearchUnit,
  type ShownSearch,
  searchSchema,
} from '../report/search-data.ts';
import type { TaskName } from '../report/task-data.ts';

/** More than anybody reads. */
const MAX_HITS = 500_000;
const MAX_CONTEXT = 1024;
const MAX_TARGETS = 256;
const SPACE_END = 1n << 64n;

export const search = command<SearchData>({
  name: 'search',
  summary: 'search memory',
  description: [
    'Searches memory for values: hexadecimal words, symbols, expressions in parentheses, or with -c texts. Without an ' +
      'option for the place, all of the kernel: the direct map, the image, vmalloc areas with modules, and the memory map.',
    'Places and values are hexadecimal, lengths decimal (hexadecimal with 0x).',
  ],
  args: {
    options: [
      { flag: 'k', help: "the kernel's addresses; the default" },
      { flag: 'K', help: 'like -k, without vmalloc areas, modules and the memory map' },
      { flag: 'V', help: 'like -k, without the direct map and the image of the kernel' },
      { flag: 'u', help: 'user space of the current task' },
      { flag: 'p', help: 'physical memory' },
      { flag: 't', help: 'the kernel stacks of all tasks' },
      { flag: 'T', help: 'the kernel stacks of the tasks that were running' },
      { flag: 's', value: 'start', help: 'from here on: an address or symbol' },
      { flag: 'e', value: 'end', help: 'up to here' },
      { flag: 'l', value: 'length', help: 'so many bytes' },
      { flag: 'm', value: 'mask', help: 'bits that do not matter' },
      { flag: 'c', help: 'texts instead of values' },
      { flag: 'w', help: 'units of 32 bits' },
      { flag: 'h', help: 'units of 16 bits' },
      { flag: 'x', value: 'count', help: 'with so many units before and after' },
    ],
    operands: [
      { name: 'value | symbol | (expression) | text', help: 'what to search for', required: true, many: true },
    ],
  },
  examples: [
    {
      line: 'search -k ffff888003df8000',
      shows: 'Who points to a task:',
      output: ['ffff888003e10db8: ffff888003df8000 ', 'ffff888003e62a40: ffff888003df8000 '].join('\n'),
    },
    { line: 'search -t (init_task)', shows: 'Which stacks hold an address:' },
    { line: 'search -p -c "Linux version"', shows: 'A text, in all memory:' },
    { line: 'search -x 2 -s init_task -l 4096 -m ffff 0', shows: 'With what stands around it, some bits ignored:' },
  ],
  schema: searchSchema,
  run(context, args) {
    const unit = unitOf(args);
    const targets = targetsOf(context, args, unit);
    const pattern = patternOf(targets, args, unit);
    const around = contextCount(args);
    const space = spaceOf(context, args);
    const search = new MemorySearch(context.prog, pattern, MAX_HITS);
    const show = { prog: context.prog, space, unit, targets, around };
    const found =
      args.has('t') || args.has('T')
        ? searchStacks(show, search, args.has('T'))
        : searchSpace(show, search, rangeOf(context, args, space, unit));
    return { space: space.kind, unit, found, ...problemsOf(space.problems, search.problems) };
  },
  *blocks(data) {
    yield { kind: 'lines', lines: hitLines(data) };
    yield* problemBlocks(data);
  },
});

// ---- what is asked for

function unitOf(args: Args): SearchUnit {
  const units = (['c', 'w', 'h'] as const).filter((flag) => args.has(flag));
  if (units.length > 1) throw new UsageError(`search: -${units[0]} and -${units[1]} exclude each other`);
  if (args.has('c')) {
    for (const flag of ['m', 'x']) if (args.has(flag)) throw new UsageError(`search: -${flag} does not go with -c`);
    return 1;
  }
  return args.has('w') ? 4 : args.has('h') ? 2 : 8;
}

function targetsOf(context: CommandContext, args: Args, unit: SearchUnit): SearchTarget[] {
  const { operands } = args;
  if (operands.length > MAX_TARGETS) throw new UsageError(`search: more than ${MAX_TARGETS} values at once`);
  return operands.map((word) => (args.has('c') ? textTarget(word) : valueTarget(context, word, unit)));
}

function textTarget(word: string): SearchTarget {
  if (word === '' || word.length > 1024) throw new UsageError('search: a text has 1 to 1024 characters');
  return { value: 0n, text: asciiBytes(word) };
}

function valueTarget(context: CommandContext, word: string, unit: SearchUnit): SearchTarget {
  const target = namedTarget(context, word);
  if (target.value >> BigInt(unit * 8) !== 0n) {
    throw new UsageError(`search: ${word} is ${hex(target.value)}, more than ${unit * 8} bits hold`);
  }
  return target;
}

function namedTarget({ prog, task }: CommandContext, word: string): SearchTarget {
  const inner = /^\((.*)\)$/s.exec(word)?.[1];
  if (inner !== undefined) return { value: placeExpression(prog, word, frameScope(prog, task)), name: inner };
  const value = parseAddress(word);
  if (value !== undefined) return { value };
  const symbol = prog.findSymbol(word) ?? prog.findModuleSymbol(word);
  if (!symbol) throw new NotFoundError('symbol', word);
  return { value: symbol.address, name: word };
}

function patternOf(targets: readonly SearchTarget[], args: Args, unit: SearchUnit): Pattern {
  if (unit === 1) return textPattern(targets.flatMap((t) => t.text ?? []));
  const word = args.value('m');
  const mask = word === undefined ? 0n : parseAddress(word);
  if (mask === undefined) throw new UsageError(`search: '${word}' is no mask in hexadecimal`);
  return unitPattern(
    targets.map((t) => t.value),
    unit,
    mask,
  );
}

function contextCount(args: Args): number {
  const word = args.value('x');
  if (word === undefined) return 0;
  const count = numberOf(word, 'count');
  if (count === 0n || count > BigInt(MAX_CONTEXT)) {
    throw new UsageError(`search: -x takes 1 to ${MAX_CONTEXT}, not ${word}`);
  }
  return Number(count);
}

/** A number in decimal, or in hexadecimal with `0x` or letters. */
function numberOf(word: string, what: string): bigint {
  if (/^\d{1,19}$/.test(word)) return BigInt(word);
  const value = parseAddress(word);
  if (value === undefined) throw new UsageError(`search: '${word}' is no ${what}`);
  return value;
}

// ---- where

const PLACES: readonly (readonly [flag: string, parts: KernelParts])[] = [
  ['K', 'linear'],
  ['V', 'mapped'],
  ['k', 'all'],
];

/** @throws UsageError when the options contradict each other */
function spaceOf(context: CommandContext, args: Args): SearchSpace {
  const given = ['k', 'K', 'V', 'u', 'p', 't', 'T'].filter((flag) => args.has(flag));
  const both = given.filter((flag) => !(flag === 'k' && given.some((f) => f === 'K' || f === 'V')));
  if (both.length > 1) throw new UsageError(`search: -${both[0]} and -${both[1]} exclude each other`);
  const { prog } = context;
  if (args.has('p')) return physicalSpace(prog);
  if (args.has('t') || args.has('T')) {
    for (const flag of ['s', 'e', 'l']) {
      if (args.has(flag)) throw new UsageError(`search: -${flag} does not go with -${both[0]}`);
    }
    return { kind: 'kernel', areas: [], translate: prog.map.translate, problems: [] };
  }
  if (args.has('u') || (both.length === 0 && startsInUserSpace(context, args))) return userSpace(prog, mmOf(context));
  return kernelSpace(prog, PLACES.find(([flag]) => args.has(flag))?.[1] ?? 'all');
}

function startsInUserSpace(context: CommandContext, args: Args): boolean {
  const start = args.value('s');
  return start !== undefined && placeOf(context, start) < context.prog.kernelStart;
}

function mmOf({ prog, task }: CommandContext): Addr {
  if (task === undefined) throw new NotFoundError('task', 'whose user space is meant');
  const mm = prog.memory.ulong(addrAdd(task, prog.offset('task_struct', 'mm')));
  if (mm !== 0n) return mm;
  throw new NotFoundError('user space', `of ${findTask(prog, task)?.comm ?? hex(task)}`, 'it has none');
}

function placeOf({ prog, task }: CommandContext, word: string): Addr {
  return placeExpression(prog, word, frameScope(prog, task));
}

/** The areas between start and end. @throws UsageError when they are in the wrong order or half of the address space */
function rangeOf(context: CommandContext, args: Args, space: SearchSpace, unit: SearchUnit): SearchArea[] {
  const startWord = args.value('s');
  const endWord = args.value('e');
  const length = args.value('l');
  if (endWord !== undefined && length !== undefined) throw new UsageError('search: -e and -l exclude each other');
  const stated = startWord === undefined ? lowest(space) : placeOf(context, startWord);
  const start = stated - (stated % BigInt(unit));
  let end = SPACE_END;
  if (endWord !== undefined) end = placeOf(context, endWord);
  if (length !== undefined) end = stated + numberOf(length, 'length');
  if (end <= stated) throw new UsageError(`search: the end ${hex(end)} is not behind the start ${hex(stated)}`);
  // a CPU that states where kernel addresses begin has two address spaces: an address alone tells nothing
  const apart = space.kind !== 'physical' && context.prog.arch.kernelStart === undefined;
  if (apart && start < context.prog.kernelStart !== (space.kind === 'user')) {
    throw new UsageError(`search: ${hex(start)} is no address of the ${space.kind}'s half`);
  }
  return clipped(space.areas, start, end);
}

function lowest({ areas }: SearchSpace): Addr {
  return areas.reduce((least, { start }) => (start < least ? start : least), areas[0]?.start ?? 0n);
}

// ---- the answer

function searchSpace(show: ShownSearch, search: MemorySearch, areas: readonly SearchArea[]): SearchData['found'] {
  search.run(show.space, areas);
  return [{ hits: hitsData(show, search.hits) }];
}

function searchStacks(show: ShownSearch, search: MemorySearch, active: boolean): SearchData['found'] {
  const { prog, space } = show;
  needTasks(prog);
  const found: { task: TaskName; hits: HitData[] }[] = [];
  for (const task of taskTable(prog).tasks) {
    if (active && !task.active) continue;
    const before = search.hits.length;
    const stack = stackArea(prog, task.address);
    if (stack) search.run(space, [stack]);
    const hits = search.hits.slice(before);
    if (hits.length > 0) found.push({ task: nameOf(task), hits: hitsData(show, hits) });
  }
  return found;
}

function nameOf(t: TaskRecord): TaskName {
  return { pid: t.pid, task: hex64(t.address), cpu: t.cpu, comm: t.comm };
}
