import { NotFoundError, UnsupportedError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import { objectTree, treeText } from '../expr/index.ts';
import { type MemoryRange, memoryMap } from '../kernel/memory-map.ts';
import { perCpu, presentCpus } from '../kernel/percpu.ts';
import { systemFacts } from '../kernel/system.ts';
import type { AddressLayout } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import type { Args } from '../report/args.ts';
import { type Block, lines } from '../report/block.ts';
import { type CommandContext, command } from '../report/command.ts';
import { formatSize } from '../report/format-size.ts';
import { arrayOf, boolean, hexString, integer, nullable, number, object, optional, string } from '../report/schema.ts';

interface MachData {
  readonly machine?: MachineData;
  readonly memoryMap?: readonly { readonly start: string; readonly end: string; readonly type: string }[];
  readonly cpuInfo?: readonly { readonly cpu: number; readonly type: string; readonly text: string }[];
}

interface MachineData {
  readonly machine: string | null;
  readonly memoryBytes: number | null;
  readonly cpus: number | null;
  readonly cpusOnline: number | null;
  readonly cpuMhz: number | null;
  readonly hz: number | null;
  readonly pageSize: number;
  readonly directMap: string | null;
  readonly vmalloc: string | null;
  readonly vmemmap: string | null;
  readonly kernelText: string | null;
  readonly modules: string | null;
  readonly stackSize: number | null;
  readonly stacks: readonly StackKind[];
}

/** The stacks of one kind. */
interface StackKind {
  readonly name: string;
  readonly size: number;
  readonly cpus: readonly { readonly cpu: number; readonly low: string; readonly mapped: boolean }[];
}

/** crash's names of stacks. */
const STACK_NAMES: Readonly<Record<string, string>> = {
  irq: 'IRQ',
  overflow: 'OVERFLOW',
  DF: 'DOUBLEFAULT',
  DB: 'DEBUG',
};

const address = (what: string) => nullable(hexString(`First address of ${what}.`));

export const mach = command<MachData>({
  name: 'mach',
  summary: 'facts about the machine: address space, CPU stacks, memory map, CPUs',
  description: ['What depends on the CPU and the machine. What the dump does not tell is left out.'],
  args: {
    options: [
      { flag: 'm', help: 'the physical memory map: the table of the firmware, or the resources of the kernel' },
      { flag: 'c', help: 'what the kernel knows of each CPU' },
      { flag: 'x', help: 'with -c, numbers in hexadecimal' },
      { flag: 'd', help: 'with -c, numbers in decimal' },
      { flag: 'o', help: "refused: the firmware's console log exists on POWER only" },
    ],
  },
  examples: [
    { line: 'mach', shows: 'Bases and stacks:' },
    {
      line: 'mach -m',
      shows: 'Where memory is:',
      output: [
        '      PHYSICAL ADDRESS RANGE         TYPE',
        '0000000000001000 - 000000000009fc00  E820_RAM',
        '000000000009fc00 - 00000000000a0000  E820_RESERVED',
      ].join('\n'),
    },
  ],
  schema: object('The machine, or what an option asked for.', {
    machine: optional(
      object('The machine.', {
        machine: nullable(string('As `uname -m`.')),
        memoryBytes: nullable(integer('Memory.')),
        cpus: nullable(integer('CPUs present.')),
        cpusOnline: nullable(integer('CPUs online when the dump was taken.')),
        cpuMhz: nullable(number('Clock of the CPUs in MHz.')),
        hz: nullable(integer('Ticks of a second.')),
        pageSize: integer('Bytes of a page.'),
        directMap: address('the direct map of physical memory'),
        vmalloc: address('the vmalloc area'),
        vmemmap: address('the array of `struct page`'),
        kernelText: address('the area that the kernel is linked to'),
        modules: address('the area of modules'),
        stackSize: nullable(integer('Bytes of the stack of a task.')),
        stacks: arrayOf(
          'The further stacks of CPUs.',
          object('A kind of stack.', {
            name: string('Name.'),
            size: integer('Bytes.'),
            cpus: arrayOf(
              'One entry a CPU.',
              object('A stack.', {
                cpu: integer('CPU.'),
                low: hexString('Lowest address.'),
                mapped: boolean('Whether there is memory behind it.'),
              }),
            ),
          }),
        ),
      }),
    ),
    memoryMap: optional(
      arrayOf(
        'Ranges of physical addresses (`-m`).',
        object('A range.', {
          start: hexString('First address.'),
          end: hexString('Behind the last.'),
          type: string('What it is.'),
        }),
      ),
    ),
    cpuInfo: optional(
      arrayOf(
        'What the kernel knows of each CPU (`-c`).',
        object('A CPU.', { cpu: integer('CPU.'), type: string('Its structure.'), text: string('The values.') }),
      ),
    ),
  }),
  run(context, args) {
    const { prog } = context;
    if (args.has('o')) throw new UnsupportedError(`mach -o: ${prog.arch.name} has no OPAL firmware`);
    if (args.has('m')) return { memoryMap: memoryMap(prog).map(rangeData) };
    if (args.has('c')) return { cpuInfo: cpuInfo(context, args) };
    return { machine: machineData(prog) };
  },
  *blocks({ machine, memoryMap: map, cpuInfo: cpus }) {
    if (machine) yield* machineBlocks(machine);
    if (map) {
      yield lines('      PHYSICAL ADDRESS RANGE         TYPE');
      yield lines(...map.map((r) => `${r.start.slice(2)} - ${r.end.slice(2)}  ${r.type}`));
    }
    for (const c of cpus ?? []) yield lines(`CPU ${c.cpu}:`, ...`${c.type} ${c.text}`.split('\n'), '');
  },
});

function rangeData(r: MemoryRange): { start: string; end: string; type: string } {
  return { start: hex64(r.start), end: hex64(r.end), type: r.type };
}

function cpuInfo({ prog, session }: CommandContext, args: Args): NonNullable<MachData['cpuInfo']> {
  const place = prog.arch.cpuInfo;
  if (!place) throw new UnsupportedError(`mach -c: not known for ${prog.arch.name}`);
  if (!prog.findSymbol(place.symbol)) throw new NotFoundError('symbol', place.symbol);
  const type = prog.type(place.type);
  const hexadecimal = args.has('x') || (!args.has('d') && session?.settings.radix === 16);
  return presentCpus(prog).map((cpu) => {
    const at = perCpu(prog, place.symbol, cpu);
    const bytes = prog.memory.bytes(at, type.size);
    return {
      cpu,
      type: place.type,
      text: treeText(objectTree(prog, type, bytes, at, hexadecimal ? { radix: 16 } : {})),
    };
  });
}

function machineData(prog: Program): MachineData {
  const facts = systemFacts(prog);
  const layout: AddressLayout = prog.arch.addressLayout?.(prog) ?? {};
  const base = (at: bigint | undefined): string | null => (at === undefined ? null : hex64(at));
  const { stackSize, stacks } = stacksOf(prog);
  return {
    machine: facts.machine ?? null,
    memoryBytes: facts.memoryBytes ?? null,
    cpus: facts.cpusPresent ?? null,
    cpusOnline: facts.cpusOnline ?? null,
    cpuMhz: facts.cpuMhz ?? null,
    hz: facts.hz ?? null,
    pageSize: prog.pageSize,
    directMap: base(layout.directMap),
    vmalloc: base(layout.vmalloc),
    vmemmap: base(layout.vmemmap),
    kernelText: base(layout.kernelText),
    modules: base(layout.modules),
    stackSize,
    stacks,
  };
}

function stacksOf(prog: Program): { stackSize: number | null; stacks: StackKind[] } {
  const { unwind } = prog.arch;
  if (!unwind) return { stackSize: null, stacks: [] };
  const kinds = new Map<string, { name: string; size: number; cpus: StackKind['cpus'][number][] }>();
  for (const cpu of presentCpus(prog)) {
    for (const { name, low, high } of unwind.cpuStacks(prog, cpu)) {
      const kind = kinds.get(name) ?? { name, size: Number(high - low), cpus: [] };
      kinds.set(name, kind);
      kind.cpus.push({ cpu, low: hex64(low), mapped: typeof prog.memory.translate(low) !== 'string' });
    }
  }
  const init = prog.findSymbol('init_task');
  const task = init && unwind.taskStack(prog, init.address);
  return { stackSize: task ? Number(task.high - task.low) : null, stacks: [...kinds.values()] };
}

function* machineBlocks(d: MachineData): Iterable<Block> {
  const digits = (text: string | null): string | null => text?.slice(2) ?? null;
  const offline =
    d.cpus !== null && d.cpusOnline !== null && d.cpusOnline < d.cpus ? ` [OFFLINE: ${d.cpus - d.cpusOnline}]` : '';
  const bases: [string, string | null][] = [
    ['KERNEL VIRTUAL BASE', digits(d.directMap)],
    ['KERNEL VMALLOC BASE', digits(d.vmalloc)],
    ['KERNEL VMEMMAP BASE', digits(d.vmemmap)],
    ['KERNEL START MAP', digits(d.kernelText)],
    ['KERNEL MODULES BASE', digits(d.modules)],
  ];
  bases.sort(([, a], [, b]) => (a === b ? 0 : (a ?? '') < (b ?? '') ? -1 : 1)); // ascending on every CPU
  const facts: [string, string | null][] = [
    ['MACHINE TYPE', d.machine],
    ['MEMORY SIZE', d.memoryBytes === null ? null : formatSize(d.memoryBytes)],
    ['CPUS', d.cpus === null ? null : d.cpus + offline],
    ['PROCESSOR SPEED', d.cpuMhz === null ? null : `${Math.floor(d.cpuMhz)} Mhz`],
    ['HZ', d.hz === null ? null : String(d.hz)],
    ['PAGE SIZE', String(d.pageSize)],
    ...bases,
    ['KERNEL STACK SIZE', d.stackSize === null ? null : String(d.stackSize)],
  ];
  for (const { name, size, cpus } of d.stacks) {
    const title = STACK_NAMES[name] ?? name;
    facts.push([`${title} STACK SIZE`, String(size)], [`${title} STACKS`, '']);
    for (const c of cpus) facts.push([`CPU ${c.cpu}`, `${c.low.slice(2)}${c.mapped ? '' : ' [unavailable]'}`]);
  }
  yield {
    kind: 'facts',
    width: 22,
    facts: facts.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])),
  };
}
