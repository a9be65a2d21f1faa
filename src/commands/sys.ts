import { NotFoundError, UnsupportedError, UsageError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import { dmiStrings } from '../kernel/dmi.ts';
import { kernelConfig } from '../kernel/ikconfig.ts';
import { panicFacts } from '../kernel/panic.ts';
import { systemCalls } from '../kernel/syscall.ts';
import { systemFacts } from '../kernel/system.ts';
import { taintLetters } from '../kernel/taint.ts';
import { findTask } from '../kernel/task.ts';
import { infoAddress } from '../kernel/task-detail.ts';
import type { Program } from '../program/program.ts';
import type { Args } from '../report/args.ts';
import { codeEntry } from '../report/code-entry.ts';
import { command } from '../report/command.ts';
import { formatSize } from '../report/format-size.ts';
import { formatDate, formatDuration } from '../report/format-time.ts';
import { shortDigits } from '../report/pad.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../report/problems.ts';
import { arrayOf, boolean, hexString, integer, nullable, number, object, optional, string } from '../report/schema.ts';
import { stateName } from '../report/state-name.ts';
import { taskAddress } from '../report/task-data.ts';

export interface SysData {
  readonly dumpFiles: readonly string[];
  readonly release: string | null;
  readonly version: string | null;
  readonly symbols: boolean;
  readonly types: boolean;
  readonly machine: string | null;
  readonly cpuMhz: number | null;
  readonly nodename: string | null;
  readonly cpus: number | null;
  readonly cpusOnline: number | null;
  readonly dateSeconds: number | null;
  readonly uptimeSeconds: number | null;
  readonly loadAverage: readonly string[] | null;
  readonly tasks: number | null;
  readonly memoryBytes: number | null;
  readonly tainted: string | null;
  readonly commandLine: string | null;
  readonly pageSize: number;
  readonly kaslrOffset: string | null;
  readonly hardware: string | null;
  readonly dumpLevel: number | null;
  readonly panic: string | null;
  readonly panicTask: {
    readonly pid: number;
    readonly comm: string;
    readonly task: string;
    readonly threadInfo: string | null;
    readonly cpu: number;
    readonly state: string;
  } | null;
  readonly problems?: readonly ProblemData[];
  readonly systemCalls?: readonly SystemCallData[];
  readonly taint?: { readonly mask: string; readonly letters: string };
  readonly dmi?: readonly { readonly name: string; readonly value: string }[];
  readonly config?: readonly string[];
}

interface SystemCallData {
  readonly number: number;
  readonly address: string;
  readonly function: string | null;
  readonly file: string | null;
  readonly line: number | null;
}

export const sys = command<SysData>({
  name: 'sys',
  summary: 'the machine, the kernel and the crash in brief',
  description: [
    'The machine, its kernel and how it died. Every line that the dump does not tell reads (unknown).',
    '`sys config` prints the configuration of a kernel that carries it (CONFIG_IKCONFIG).',
  ],
  args: {
    options: [
      {
        flag: 'c',
        help: 'system calls: all, the one with a number (decimal, or hexadecimal with 0x), or those whose name holds a text',
      },
      { flag: 't', help: 'the taint mask and its letters' },
      { flag: 'i', help: 'what the firmware says of the machine (DMI)' },
      { flag: 'p', value: 'anic', help: 'panic a live system: refused, this is a dump' },
    ],
    operands: [{ name: 'config | call', help: 'config; with -c a number or a part of a name' }],
  },
  examples: [
    {
      line: 'sys',
      shows: 'The machine and how it died:',
      output: [
        '      KERNEL: 6.1.0-56-cloud-amd64  [TAINTED]',
        '    DUMPFILE: vmcore  [PARTIAL DUMP]',
        '        CPUS: 2',
        '        DATE: Sun Nov 22 13:52:30 UTC 2026',
        '      UPTIME: 00:00:18',
        'LOAD AVERAGE: 0.38, 0.08, 0.03',
        '       ...',
      ].join('\n'),
    },
  ],
  schema: object('The system.', {
    dumpFiles: arrayOf('Names of the files that were opened.', string('Name.')),
    release: nullable(string('Kernel release, as `uname -r`.')),
    version: nullable(string('Kernel version, as `uname -v`.')),
    symbols: boolean('Whether the dump holds the symbols of the kernel.'),
    types: boolean('Whether the dump holds the types of the kernel.'),
    machine: nullable(string('As `uname -m`.')),
    cpuMhz: nullable(number('Clock of the CPUs in MHz as the kernel measured it.')),
    nodename: nullable(string('Host name.')),
    cpus: nullable(integer('CPUs present.')),
    cpusOnline: nullable(integer('CPUs online when the dump was taken; a panic takes the others offline.')),
    dateSeconds: nullable(number('Time of the crash in seconds since the epoch.')),
    uptimeSeconds: nullable(number('Seconds since boot.')),
    loadAverage: nullable(arrayOf('Over 1, 5 and 15 minutes.', string('Two decimals.'))),
    tasks: nullable(integer('Tasks, threads and idle tasks included.')),
    memoryBytes: nullable(integer('Memory of the machine.')),
    tainted: nullable(string('Taint letters, empty when not tainted.')),
    commandLine: nullable(string('Kernel command line.')),
    pageSize: integer('Bytes of a page.'),
    kaslrOffset: nullable(hexString('Distance by which KASLR moved the kernel.')),
    hardware: nullable(string('Vendor, product and BIOS as the kernel prints them with each oops.')),
    dumpLevel: nullable(integer('Filter level of makedumpfile, 0 to 31.')),
    panic: nullable(string('The line with which the kernel died.')),
    panicTask: nullable(
      object('The task that crashed.', {
        pid: integer('Process id.'),
        comm: string('Command name.'),
        task: hexString('Address of `struct task_struct`.'),
        threadInfo: nullable(hexString('Address of its `struct thread_info`.')),
        cpu: integer('CPU it ran on.'),
        state: string('State in the letters of crash.'),
      }),
    ),
    problems: optional(problemsSchema),
    systemCalls: optional(
      arrayOf(
        'System calls (`-c`).',
        object('One.', {
          number: integer('Number.'),
          address: hexString('Address of its function.'),
          function: nullable(string('Name of its function.')),
          file: nullable(string('Source file, from the top of the source.')),
          line: nullable(integer('Line in it.')),
        }),
      ),
    ),
    taint: optional(
      object('Why the kernel calls itself tainted (`-t`).', {
        mask: hexString('Bits.'),
        letters: string('Letters of the bits that are set.'),
      }),
    ),
    dmi: optional(
      arrayOf(
        'What the firmware says of the machine (`-i`).',
        object('One string.', { name: string('Field, as the kernel names it.'), value: string('Text.') }),
      ),
    ),
    config: optional(arrayOf('The configuration of the kernel (`config`).', string('Line.'))),
  }),
  run({ prog, dumpNames }, args) {
    if (args.has('p')) throw new UnsupportedError('sys: cannot panic a dumpfile!');
    const asked = askedOf(prog, args);
    const facts = systemFacts(prog);
    const panic = panicFacts(prog);
    const task = panic.task === undefined ? undefined : findTask(prog, panic.task);
    return {
      dumpFiles: dumpNames,
      release: facts.release ?? null,
      version: facts.version ?? null,
      symbols: prog.findSymbol('panic') !== undefined, // every kernel has it
      types: prog.findType('task_struct') !== undefined,
      machine: facts.machine ?? null,
      cpuMhz: facts.cpuMhz ?? null,
      nodename: facts.nodename ?? null,
      cpus: facts.cpusPresent ?? null,
      cpusOnline: facts.cpusOnline ?? null,
      dateSeconds: facts.date ?? null,
      uptimeSeconds: facts.uptimeSeconds ?? null,
      loadAverage: facts.loadAverage ?? null,
      tasks: facts.taskCount ?? null,
      memoryBytes: facts.memoryBytes ?? null,
      tainted: facts.tainted?.letters ?? null,
      commandLine: facts.commandLine ?? null,
      pageSize: prog.pageSize,
      kaslrOffset: facts.kaslrOffset === undefined ? null : hex64(BigInt.asUintN(64, facts.kaslrOffset)),
      hardware: facts.hostHardware ?? null,
      dumpLevel: facts.dumpLevel ?? null,
      panic: panic.message ?? null,
      panicTask: task
        ? {
            pid: task.pid,
            comm: task.comm,
            task: hex64(task.address),
            threadInfo: infoAddress(prog, task.address),
            cpu: panic.cpu ?? task.cpu,
            state: task.state,
          }
        : null,
      ...problemsOf(facts.problems),
      ...asked,
    };
  },
  *blocks(data) {
    const asked = askedLines(data);
    if (asked) {
      yield { kind: 'lines', lines: asked };
      return;
    }
    yield { kind: 'facts', width: 12, facts: [...machineFacts(data), ...panicLines(data)] };
    yield* problemBlocks(data);
  },
});

/** What was asked for beside the machine. */
function askedOf(prog: Program, args: Args): Partial<SysData> {
  const [word] = args.operands;
  if (args.has('c')) return { systemCalls: systemCallData(prog, word) };
  if (args.has('t')) return { taint: taintData(prog) };
  if (args.has('i')) return { dmi: dmiStrings(prog) };
  if (word === 'config') return { config: kernelConfig(prog) };
  if (word !== undefined) throw new UsageError(`sys: '${word}' is not known; config is`);
  return {};
}

function systemCallData(prog: Program, word: string | undefined): SystemCallData[] {
  const number = word !== undefined && /^(?:0x[0-9a-f]{1,8}|\d{1,9})$/i.test(word) ? Number(word) : undefined;
  const shown = systemCalls(prog).filter((call) => {
    if (word === undefined) return true;
    return number === undefined ? call.symbol?.name.includes(word) : call.number === number;
  });
  if (shown.length === 0) throw new NotFoundError('system call', word ?? '');
  const top = sourceTop(prog);
  return shown.map((call) => {
    const place = prog.sourceAt(codeEntry(prog, call.address))?.[0];
    const known = place !== undefined && place.file !== '';
    return {
      number: call.number,
      address: hex64(call.address),
      function: call.symbol?.name ?? null,
      file: known ? fromTop(place.file, top) : null,
      line: known ? place.line : null,
    };
  });
}

/** A file that every kernel has, and the function in it that tells where the source was. */
const TOP_FILE = 'init/main.c';

function sourceTop(prog: Program): string | undefined {
  const start = prog.findSymbol('start_kernel');
  const file = start && prog.sourceAt(codeEntry(prog, start.address))?.at(-1)?.file;
  return file?.endsWith(TOP_FILE) ? file.slice(0, -TOP_FILE.length) : undefined;
}

function fromTop(file: string, top: string | undefined): string {
  return top !== undefined && file.startsWith(top) ? file.slice(top.length) : file;
}

function taintData(prog: Program): { mask: string; letters: string } {
  const mask = prog.memory.ulong(prog.symbol('tainted_mask'));
  return { mask: hex64(mask), letters: taintLetters(prog, mask) };
}

function askedLines(data: SysData): string[] | undefined {
  if (data.systemCalls) return systemCallLines(data.systemCalls);
  if (data.taint) return [`TAINTED_MASK: ${shortDigits(data.taint.mask)}  ${data.taint.letters}`];
  if (data.dmi) return data.dmi.map((d) => `${d.name.padStart(25)}: ${d.value}`);
  return data.config && [...data.config];
}

function systemCallLines(calls: readonly SystemCallData[]): string[] {
  const rows = calls.map((c) => {
    const place = c.file === null ? '' : `../${c.file}: ${c.line}`;
    return `${String(c.number).padStart(3)}  ${(c.function ?? shortDigits(c.address)).padEnd(26)} ${place}`.trimEnd();
  });
  return ['NUM  SYSTEM CALL                FILE AND LINE NUMBER', ...rows];
}

const UNKNOWN = '(unknown)';

function machineFacts(d: SysData): [string, string][] {
  const partial = d.dumpLevel ? '  [PARTIAL DUMP]' : '';
  const offline =
    d.cpus !== null && d.cpusOnline !== null && d.cpusOnline < d.cpus ? ` [OFFLINE: ${d.cpus - d.cpusOnline}]` : '';
  return [
    ['KERNEL', `${d.release ?? UNKNOWN} (${sourcesText(d)})${d.tainted ? '  [TAINTED]' : ''}`],
    ['DUMPFILE', d.dumpFiles.join(' ') + partial],
    ['CPUS', d.cpus === null ? UNKNOWN : d.cpus + offline],
    ['DATE', d.dateSeconds === null ? UNKNOWN : formatDate(d.dateSeconds)],
    ['UPTIME', d.uptimeSeconds === null ? UNKNOWN : formatDuration(d.uptimeSeconds)],
    ['LOAD AVERAGE', d.loadAverage?.join(', ') ?? UNKNOWN],
    ['TASKS', d.tasks === null ? UNKNOWN : String(d.tasks)],
    ['NODENAME', d.nodename ?? UNKNOWN],
    ['RELEASE', d.release ?? UNKNOWN],
    ['VERSION', d.version ?? UNKNOWN],
    ['MACHINE', (d.machine ?? UNKNOWN) + (d.cpuMhz === null ? '' : `  (${Math.floor(d.cpuMhz)} Mhz)`)],
    ['MEMORY', d.memoryBytes === null ? UNKNOWN : formatSize(d.memoryBytes)],
    ['PANIC', d.panic === null ? UNKNOWN : `"${d.panic}"`],
  ];
}

function sourcesText({ symbols, types }: SysData): string {
  if (symbols && types) return 'symbols and types from the dump';
  if (symbols) return 'symbols from the dump, which holds no types';
  return types ? 'types from the dump, which holds no symbols' : 'the dump holds neither symbols nor types';
}

function panicLines({ panicTask: t }: SysData): [string, string][] {
  if (!t) return [];
  return [
    ['PID', String(t.pid)],
    ['COMMAND', `"${t.comm}"`],
    ['TASK', taskAddress(t)],
    ['CPU', String(t.cpu)],
    ['STATE', `${stateName(t.state)} (PANIC)`],
  ];
}
