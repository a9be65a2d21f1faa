import { AnalysisError, UnsupportedError, UsageError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import { type IrqDescriptor, irqCount, irqs } from '../kernel/irq.ts';
import { noteProblem } from '../kernel/note-problem.ts';
import { presentCpus } from '../kernel/percpu.ts';
import { softirqActions } from '../kernel/softirq.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { type Args, parseCpus } from '../report/args.ts';
import { command } from '../report/command.ts';
import { center, digits } from '../report/pad.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../report/problems.ts';
import { arrayOf, hexString, integer, nullable, object, optional, string } from '../report/schema.ts';

interface ActionData {
  readonly address: string;
  readonly name: string | null;
  readonly handler: string;
  readonly thread: string | null;
}

interface IrqData {
  readonly irq: number;
  /** Of struct irq_desc; null when there is none. */
  readonly address: string | null;
  readonly hardwareIrq: string | null;
  readonly chip: string | null;
  readonly flow: string | null;
  readonly affinity: readonly number[];
  readonly actions: readonly ActionData[];
  readonly counts?: readonly (number | null)[];
}

interface EntryData {
  readonly index: number;
  readonly address: string;
  readonly symbol: string | null;
}

export interface IrqsData {
  readonly cpus?: readonly number[];
  readonly irqs?: readonly IrqData[];
  readonly vectors?: readonly EntryData[];
  readonly softirqs?: readonly EntryData[];
  readonly problems?: readonly ProblemData[];
}

const entrySchema = object('What is called.', {
  index: integer('Number of the vector or softirq.'),
  address: hexString('Its code; zero for none.'),
  symbol: nullable(string('Symbol and distance from it.')),
});

export const irq = command<IrqsData>({
  name: 'irq',
  summary: 'interrupts, their handlers and counts',
  description: [
    'Every number an interrupt may have, with its descriptor and the actions that drivers registered. -a shows where ' +
      'those with an action may go, -s how often they came; -d the table by which the CPU finds its handlers, -b softirqs.',
  ],
  args: {
    options: [
      { flag: 'u', help: 'interrupts with a descriptor only' },
      { flag: 'd', help: 'the interrupt descriptor table of the CPU' },
      { flag: 'b', help: 'softirqs: the bottom halves' },
      { flag: 'a', help: 'CPUs to which interrupts in use may go' },
      { flag: 's', help: 'how often each interrupt in use came' },
      { flag: 'c', value: 'cpus', help: 'with -s: of these CPUs only: 0,2-4' },
    ],
    operands: [{ name: 'index', help: 'number of an interrupt', many: true }],
  },
  examples: [
    {
      line: 'irq 4',
      shows: 'The interrupt of the serial port:',
      output: [
        ' IRQ   IRQ_DESC/_DATA      IRQACTION      NAME',
        '  4   ffff8f13c1158800  ffff8f13c1a72900  "ttyS0"',
      ].join('\n'),
    },
    {
      line: 'irq -s -c 0',
      shows: 'How often CPU 0 was interrupted:',
      output: '           CPU0 \n  0:        114  IO-APIC-edge     timer\n  8:          1  IO-APIC-edge     rtc0',
    },
  ],
  schema: object('Interrupts.', {
    cpus: optional(arrayOf('With -s: whose counts these are.', integer('CPU.'))),
    irqs: optional(
      arrayOf(
        'By number.',
        object('An interrupt.', {
          irq: integer('Its number.'),
          address: nullable(hexString('`struct irq_desc`; null when the kernel has none for the number.')),
          hardwareIrq: nullable(string('Number in its controller, decimal.')),
          chip: nullable(string('Its controller: the name of `struct irq_chip`.')),
          flow: nullable(string('How it is handled: `edge`, `fasteoi`.')),
          affinity: arrayOf('CPUs that it may go to.', integer('CPU.')),
          actions: arrayOf(
            'Who asked for it.',
            object('`struct irqaction`.', {
              address: hexString('Where it is.'),
              name: nullable(string('Of the device or driver.')),
              handler: hexString('What is called.'),
              thread: nullable(hexString('`struct task_struct` of the thread that handles it.')),
            }),
          ),
          counts: optional(arrayOf('With -s: how often it came, by CPU as `cpus`.', nullable(integer('Times.')))),
        }),
      ),
    ),
    vectors: optional(arrayOf('With -d: by vector.', entrySchema)),
    softirqs: optional(arrayOf('With -b: by number.', entrySchema)),
    problems: optional(problemsSchema),
  }),
  run({ prog }, args) {
    if (args.has('d')) return { vectors: vectorData(prog) };
    if (args.has('b')) {
      return { softirqs: softirqActions(prog).map((address, index) => entryData(prog, index, address)) };
    }
    const { limit, irqs: known, problems } = irqs(prog);
    if (args.has('a')) return { irqs: known.filter(inUse).map(irqData), ...problemsOf(problems) };
    if (args.has('s')) return countData(prog, known, problems, args.value('c'));
    const byNumber = new Map(known.map((one) => [one.irq, one]));
    const numbers = wantedNumbers(args, limit, byNumber);
    return {
      irqs: numbers.map((n) => {
        const one = byNumber.get(n);
        return one ? irqData(one) : noIrq(n);
      }),
      ...problemsOf(problems),
    };
  },
  *blocks(data, args) {
    if (data.vectors) yield { kind: 'lines', lines: data.vectors.map(vectorLine) };
    else if (data.softirqs) yield { kind: 'lines', lines: softirqLines(data.softirqs) };
    else if (args.has('a')) yield { kind: 'lines', lines: affinityLines(data.irqs ?? []) };
    else if (args.has('s')) yield { kind: 'lines', lines: countLines(data) };
    else yield { kind: 'lines', lines: irqLines(data.irqs ?? []) };
    yield* problemBlocks(data);
  },
});

const inUse = (one: IrqDescriptor): boolean => one.actions.length > 0;

function irqData(one: IrqDescriptor): IrqData {
  return {
    irq: one.irq,
    address: hex64(one.address),
    hardwareIrq: `${one.hardwareIrq}`,
    chip: one.chip ?? null,
    flow: one.flow ?? null,
    affinity: one.affinity,
    actions: one.actions.map(({ address, name, handler, thread }) => ({
      address: hex64(address),
      name: name ?? null,
      handler: hex64(handler),
      thread: thread === 0n ? null : hex64(thread),
    })),
  };
}

function noIrq(number: number): IrqData {
  return { irq: number, address: null, hardwareIrq: null, chip: null, flow: null, affinity: [], actions: [] };
}

/** @throws UsageError for a number that no interrupt can have */
function wantedNumbers(args: Args, limit: number, known: ReadonlyMap<number, unknown>): number[] {
  if (args.operands.length === 0) {
    return args.has('u') ? [...known.keys()] : Array.from({ length: limit }, (_, i) => i);
  }
  return args.operands.map((word) => {
    const number = /^(?:0x[0-9a-f]{1,8}|\d{1,9})$/i.test(word) ? Number(word) : -1;
    if (number < 0 || number >= limit) throw new UsageError(`irq: invalid IRQ value: ${word} (${limit - 1} max)`);
    return number;
  });
}

function countData(
  prog: Program,
  known: readonly IrqDescriptor[],
  found: readonly Problem[],
  wanted: string | undefined,
): IrqsData {
  const problems = [...found];
  const present = presentCpus(prog);
  const cpus = wanted === undefined ? present : parseCpus(wanted, present, 'irq').sort((a, b) => a - b);
  const count = (one: IrqDescriptor, cpu: number): number | null => {
    try {
      return irqCount(prog, one, cpu);
    } catch (e) {
      noteProblem(problems, `count of IRQ ${one.irq} on CPU ${cpu}`, e);
      return null;
    }
  };
  const list = known.filter(inUse).map((one) => ({ ...irqData(one), counts: cpus.map((cpu) => count(one, cpu)) }));
  return { cpus, irqs: list, ...problemsOf(problems) };
}

/** @throws UnsupportedError on a CPU without such a table */
function vectorData(prog: Program): EntryData[] {
  const vectors = prog.arch.interruptVectors;
  if (!vectors) throw new UnsupportedError(`irq: ${prog.arch.name} has no interrupt descriptor table`);
  return vectors(prog).map(({ vector, handler }) => entryData(prog, vector, handler));
}

function entryData(prog: Program, index: number, address: Addr): EntryData {
  return { index, address: hex64(address), symbol: symbolName(prog, address) };
}

function symbolName(prog: Program, address: Addr): string | null {
  if (address === 0n) return null;
  try {
    const symbol = prog.symbolAt(address);
    if (!symbol) return null;
    return address === symbol.address ? symbol.name : `${symbol.name}+${address - symbol.address}`;
  } catch (e) {
    if (e instanceof AnalysisError) return null;
    throw e;
  }
}

// ---- text, in crash's layout

const UNUSED = '(unused)';

function* irqLines(list: readonly IrqData[]): Iterable<string> {
  yield ` IRQ  ${center('IRQ_DESC/_DATA', 16)}  ${center('IRQACTION', 16)}  NAME`;
  for (const one of list) {
    const address = one.address === null ? center(UNUSED, 16) : digits(one.address);
    const start = `${center(String(one.irq), 5)} ${address}  `;
    if (one.actions.length === 0) yield start + center(UNUSED, 16);
    for (const [i, action] of one.actions.entries()) {
      const name = action.name === null ? '' : `  "${action.name}"`;
      yield (i === 0 ? start : ' '.repeat(start.length)) + digits(action.address) + name;
    }
  }
}

function vectorLine({ index, address, symbol }: EntryData): string {
  return `${`[${index}]`.padStart(5)} ${symbol ?? digits(address)}`;
}

function* softirqLines(entries: readonly EntryData[]): Iterable<string> {
  yield `SOFTIRQ_VEC ${center('ACTION', 16)}`;
  for (const { index, address, symbol } of entries) {
    if (/^0x0+$/.test(address)) continue;
    yield `${`[${index}]`.padStart(7)}     ${digits(address)}  <${symbol ?? 'unknown'}>`;
  }
}

function actionNames({ actions }: IrqData): string {
  return actions.map(({ name }) => name ?? '').join(',');
}

function* affinityLines(list: readonly IrqData[]): Iterable<string> {
  yield 'IRQ NAME                 AFFINITY';
  for (const one of list) {
    yield `${String(one.irq).padStart(3)} ${actionNames(one).padEnd(20)} ${cpuRanges(one.affinity)}`;
  }
}

/** `0-5,12` */
function cpuRanges(cpus: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < cpus.length; ) {
    let end = i;
    while (cpus[end + 1] === (cpus[end] as number) + 1) end++;
    parts.push(end === i ? `${cpus[i]}` : `${cpus[i]}-${cpus[end]}`);
    i = end + 1;
  }
  return parts.join(',');
}

function* countLines({ cpus = [], irqs: list = [] }: IrqsData): Iterable<string> {
  yield `     ${cpus.map((cpu) => `${`CPU${cpu}`.padStart(10)} `).join('')}`;
  for (const one of list) {
    const counts = (one.counts ?? []).map((n) => `${String(n ?? '?').padStart(10)} `).join('');
    const chip = one.chip ? one.chip.padStart(8) : '';
    const flow = one.flow === null ? '' : `-${one.flow}`.padEnd(9);
    yield `${String(one.irq).padStart(3)}: ${counts}${chip}${flow} ${actionNames(one)}`;
  }
}
