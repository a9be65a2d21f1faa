import { UsageError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import { objectLines, objectMembers, parseObjectMembers } from '../expr/index.ts';
import { memoryUsage } from '../kernel/memory-usage.ts';
import { type MmLayout, mmLayout, vmaName } from '../kernel/mm.ts';
import { attempt } from '../kernel/note-problem.ts';
import type { TaskRecord } from '../kernel/task.ts';
import { chosenTasks } from '../kernel/task-choice.ts';
import { type Vma, vmaReader, vmas } from '../kernel/vma.ts';
import { vmaFlagNames } from '../kernel/vma-flags.ts';
import { vmaPage, vmaPages } from '../kernel/vma-pages.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { type Args, parseAddress } from '../report/args.ts';
import { command } from '../report/command.ts';
import { shortDigits } from '../report/pad.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../report/problems.ts';
import { arrayOf, hexString, object, optional, string } from '../report/schema.ts';
import { taskLine } from '../report/stack-lines.ts';
import { type TaskName, taskNameSchema } from '../report/task-data.ts';
import {
  type MmData,
  mmLines,
  mmMembers,
  VMA_HEADER,
  type VmaData,
  type VmaPageData,
  vmaLine,
  vmaPageLines,
  vmaSchema,
} from '../report/vma-data.ts';

interface VmTask extends MmData {
  readonly task: TaskName;
  readonly areas: readonly VmaData[];
  readonly structures?: readonly (readonly string[])[];
}

interface VmData {
  readonly tasks?: readonly VmTask[];
  readonly flags?: { readonly value: string; readonly names: readonly string[] };
  readonly problems?: readonly ProblemData[];
}

const ONE_OF = ['p', 'P', 'v', 'm', 'R', 'f'];

export const vm = command<VmData>({
  name: 'vm',
  summary: 'the address space of a task',
  description: [
    'The memory descriptor of a task, its size, and the areas that are mapped: address of each vm_area_struct, start, end, flags and the file behind it. Without an argument the current task.',
    'The areas come from the maple tree of the process, on kernels before 6.1 from its list, and from its red-black tree where the list is broken.',
  ],
  args: {
    options: [
      { flag: 'p', help: 'where each page is: its physical address, or where in the file it would come from' },
      { flag: 'P', value: 'vma', help: 'the same for one area only' },
      { flag: 'M', value: 'mm', help: 'the mm_struct to look at, for a task that has given up its own' },
      { flag: 'R', value: 'reference', help: 'only areas with this flags value, address, or part of a file name' },
      { flag: 'm', help: 'the mm_struct itself' },
      { flag: 'v', help: 'each vm_area_struct itself' },
      { flag: 'x', help: 'with -m and -v: numbers in hexadecimal' },
      { flag: 'd', help: 'with -m and -v: numbers in decimal' },
      { flag: 'f', value: 'flags', help: 'what the bits of a flags value mean' },
    ],
    operands: [{ name: 'pid | task', help: 'whose address space', many: true }],
  },
  examples: [
    {
      line: 'vm 1',
      shows: 'The address space of init:',
      output: [
        'PID: 1        TASK: ffff8c06c11fc180  CPU: 1    COMMAND: "init"',
        '       MM               PGD          RSS    TOTAL_VM',
        'ffff8c06c1057a80  ffff8c06c24a0000  1824k    2260k  ',
        '      VMA           START       END     FLAGS FILE',
        'ffff8c06c2451e40     400000     401000 8000071 /bin/busybox',
        'ffff8c06c2451a18    ec9b000    ecbd000 8100073 ',
      ].join('\n'),
    },
    { line: 'vm -f 8000071', shows: 'What flags mean:', output: '8000071: (READ|MAYREAD|MAYWRITE|MAYEXEC|SOFTDIRTY)' },
    { line: 'vm -R busybox 1', shows: 'The areas of one file:' },
  ],
  schema: object('Address spaces.', {
    tasks: optional(
      arrayOf(
        'By task.',
        object('The address space of a task.', {
          task: taskNameSchema,
          ...mmMembers,
          areas: arrayOf('Ascending.', vmaSchema),
          structures: optional(
            arrayOf('The structures themselves (`-m`, `-v`).', arrayOf('Lines of one.', string('A line.'))),
          ),
        }),
      ),
    ),
    flags: optional(
      object('Flags (`-f`).', {
        value: hexString('The value.'),
        names: arrayOf('The bits that are set.', string('Name.')),
      }),
    ),
    problems: optional(problemsSchema),
  }),
  run({ prog, task }, args) {
    const given = ONE_OF.filter((flag) => args.has(flag));
    if (given.length > 1) throw new UsageError(`vm: -${given.join(' and -')} do not go together`);
    const flags = args.value('f');
    if (flags !== undefined) {
      const value = addressIn(flags, 'f');
      return { flags: { value: hex64(value), names: vmaFlagNames(prog, value) } };
    }
    const problems: Problem[] = [];
    const tasks = chosenTasks(prog, args.operands, task)
      .map((t) => vmTask(prog, t, args, problems))
      .filter((t) => t !== undefined);
    return { tasks, ...problemsOf(problems) };
  },
  *blocks(data, args) {
    if (data.flags) {
      const { value, names } = data.flags;
      yield { kind: 'lines', lines: [`${shortDigits(value)}: (${names.join('|')})`] };
    }
    for (const task of data.tasks ?? []) yield { kind: 'lines', lines: taskLines(task, args) };
    yield* problemBlocks(data);
  },
});

function addressIn(word: string, flag: string): Addr {
  const value = parseAddress(word);
  if (value === undefined) throw new UsageError(`vm: '${word}' behind -${flag} is no hexadecimal number`);
  return value;
}

/** Undefined when nothing of the task matches the reference. */
function vmTask(prog: Program, t: TaskRecord, args: Args, problems: Problem[]): VmTask | undefined {
  const named = args.value('M');
  const mm = t.mm !== 0n && !t.kernelThread ? t.mm : named === undefined ? 0n : addressIn(named, 'M');
  const task = { pid: t.pid, task: hex64(t.address), cpu: t.cpu, comm: t.comm };
  const reference = args.value('R');
  if (mm === 0n) {
    if (reference !== undefined || args.has('P')) return undefined;
    return { task, mm: null, pgd: null, rssKiB: 0, totalVmKiB: 0, areas: [] };
  }
  const layout = mmLayout(prog, mm);
  const found = vmas(prog, mm);
  problems.push(...found.problems);
  const whole = { task, mm: hex64(mm), pgd: hex64(layout.pgd), ...sizes(prog, t, mm) };
  if (args.has('m')) return { ...whole, areas: [], structures: [structureLines(prog, 'mm_struct', mm, args)] };
  if (args.has('v')) {
    const structures = found.vmas.map((v) => structureLines(prog, 'vm_area_struct', v.address, args));
    return { ...whole, areas: [], structures };
  }
  const reader = new AreaReader(prog, layout, problems);
  if (args.has('P')) return { ...whole, areas: [reader.pages(oneArea(prog, args.value('P') as string))] };
  if (reference !== undefined) {
    const areas = matching(reader, found.vmas, whole, reference);
    return areas && { ...whole, areas };
  }
  return { ...whole, areas: found.vmas.map((v) => (args.has('p') ? reader.pages(v) : reader.area(v))) };
}

function sizes(prog: Program, t: TaskRecord, mm: Addr): Pick<MmData, 'rssKiB' | 'totalVmKiB'> {
  if (mm === t.mm) return { rssKiB: t.rssKiB, totalVmKiB: t.vszKiB };
  const usage = memoryUsage(prog, [{ mm, rssParts: [0, 0, 0] }]).get(mm);
  const pageKiB = prog.pageSize / 1024;
  return { rssKiB: (usage?.residentPages ?? 0) * pageKiB, totalVmKiB: (usage?.virtualPages ?? 0) * pageKiB };
}

function oneArea(prog: Program, word: string): Vma {
  return vmaReader(prog)(addressIn(word, 'P'));
}

/** Reads the areas of one address space. */
class AreaReader {
  readonly #prog: Program;
  readonly #mm: MmLayout;
  readonly #problems: Problem[];

  constructor(prog: Program, mm: MmLayout, problems: Problem[]) {
    this.#prog = prog;
    this.#mm = mm;
    this.#problems = problems;
  }

  area(vma: Vma): VmaData {
    const name = attempt(this.#problems, `name of the area at ${hex64(vma.start)}`, () =>
      vmaName(this.#prog, this.#mm, vma),
    );
    return {
      vma: hex64(vma.address),
      start: hex64(vma.start),
      end: hex64(vma.end),
      flags: hex64(vma.flags),
      flagNames: vmaFlagNames(this.#prog, vma.flags),
      file: vma.file === 0n ? null : hex64(vma.file),
      offset: vma.file === 0n ? null : hex64(vma.pageOffset * BigInt(this.#prog.pageSize)),
      name: name ?? '?',
    };
  }

  pages(vma: Vma): VmaData {
    return { ...this.area(vma), pages: Array.from(vmaPages(this.#prog, this.#mm.pgd, vma), pageData) };
  }

  page(vma: Vma, at: Addr): VmaPageData {
    return pageData(vmaPage(this.#prog, this.#mm.pgd, vma, at));
  }
}

function pageData(page: ReturnType<typeof vmaPage>): VmaPageData {
  return {
    address: hex64(page.address),
    physical: page.physical === undefined ? null : hex64(BigInt(page.physical)),
    offset: page.fileOffset === undefined ? null : hex64(page.fileOffset),
    ...(page.swap && { swap: { path: page.swap.path, offset: hex64(page.swap.offset) } }),
    ...(page.unknown !== undefined && { unknown: page.unknown }),
  };
}

/** The areas that a reference means; undefined when neither they nor the address space do. */
function matching(reader: AreaReader, all: readonly Vma[], mm: MmData, reference: string): VmaData[] | undefined {
  const value = parseAddress(reference);
  const areas: VmaData[] = [];
  for (const vma of all) {
    if (value !== undefined && value >= vma.start && value < vma.end) {
      areas.push({ ...reader.area(vma), pages: [reader.page(vma, value)] });
      continue;
    }
    const same = value !== undefined && [vma.address, vma.flags].includes(value);
    const area = reader.area(vma);
    if (same || (vma.file !== 0n && area.name.includes(reference))) areas.push(area);
  }
  if (areas.length > 0) return areas;
  const space = value !== undefined && [mm.mm, mm.pgd].includes(hex64(value));
  return space ? [] : undefined;
}

function* taskLines(task: VmTask, args: Args): Generator<string> {
  yield taskLine(task.task);
  if (task.structures) {
    for (const structure of task.structures) yield* structure;
    return;
  }
  if (args.has('m') || args.has('v')) return;
  if (!args.has('P')) yield* mmLines(task);
  const whole = args.has('p') || args.has('P');
  if (!whole && task.areas.length > 0) yield VMA_HEADER;
  for (const area of task.areas) {
    if (whole) yield VMA_HEADER;
    yield vmaLine(area);
    if (area.pages) yield* vmaPageLines(area);
  }
}

/** A structure in braces. */
function structureLines(prog: Program, type: string, at: Addr, args: Args): string[] {
  const wanted = parseObjectMembers(prog, type);
  const format = { radix: args.has('x') ? 16 : 10 } as const;
  return objectLines(prog, wanted, objectMembers(prog, wanted, at, format));
}
