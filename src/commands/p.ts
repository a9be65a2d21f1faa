import { AnalysisError, UsageError } from '../base/errors.ts';
import { hex64, hexPad } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import {
  type ExprValue,
  evaluate,
  frameScope,
  isPerCpu,
  type PrintFormat,
  printedText,
  type Scope,
  type ValueHistory,
  type ValueNode,
  valueHistory,
  valueTree,
} from '../expr/index.ts';
import { userProgram } from '../expr/user-program.ts';
import { perCpuOffset, possibleCpus } from '../kernel/percpu.ts';
import { userTables } from '../kernel/user-space.ts';
import type { Program } from '../program/program.ts';
import { type Args, parseCpus } from '../report/args.ts';
import { command } from '../report/command.ts';
import { arrayOf, hexString, integer, nullable, object, optional, string } from '../report/schema.ts';
import type { Settings } from '../report/settings.ts';
import { valueSchema } from '../report/value-schema.ts';
import { declaration } from '../types/declaration.ts';

interface PData {
  readonly expression: string;
  /** Format letter of `p/x`; absent without one. */
  readonly format?: string;
  /** Of a per-CPU variable without a CPU: its declaration and copies, no values. */
  readonly declaration?: string;
  readonly values: readonly {
    readonly cpu: number | null;
    readonly number: number | null;
    readonly address?: string;
    readonly value?: ValueNode;
  }[];
}

export const p = command<PData>({
  name: 'p',
  summary: 'the value of a C expression',
  description: [
    'Evaluates an expression of C over the dump: variables, members, pointers, arrays, casts, sizeof, offsetof, ' +
      'container_of, constants of enumerations, $registers and the local variables of the current task. A format letter ' +
      'may follow the command: p/x, p/d, p/u, p/o, p/t, p/c, p/a, p/s.',
    'A per-CPU variable takes the CPUs behind a colon: `runqueues:0`, `runqueues:a`, `runqueues.nr_running:0,2-3`; without ' +
      'them, where its copies are.',
    'Types of variables come from debug information; without it those of per-CPU variables, functions and the best known ' +
      'others are known, and for the rest a cast says what they are: p *(struct list_head *)&modules.',
  ],
  args: {
    options: [
      { flag: 'x', help: 'integers in hexadecimal' },
      { flag: 'd', help: 'integers in decimal' },
      { flag: 'u', help: 'pointers lead to the user space of the current task' },
    ],
    operands: [
      { name: 'expression', help: 'a C expression, with :cpus behind a per-CPU one', required: true, many: true },
    ],
  },
  examples: [
    { line: 'p init_task.tasks', shows: 'A member of a variable:' },
    { line: 'p &((struct task_struct *)0)->tasks', shows: 'Where a member is:' },
    { line: 'p/x jiffies', shows: 'In hexadecimal:' },
    { line: 'p runqueues.nr_running:a', shows: 'Of every CPU:' },
  ],
  verbatim: true,
  schema: object('A value.', {
    expression: string('As it was asked for.'),
    format: optional(string('Format letter.')),
    declaration: optional(string('Of a per-CPU variable that was asked for without a CPU.')),
    values: arrayOf(
      'One; of a per-CPU expression one a CPU.',
      object('A value.', {
        cpu: nullable(integer('CPU; null when it is no per-CPU expression.')),
        number: nullable(
          integer('Number by which expressions may use it again: `$1`; null when it was not remembered.'),
        ),
        address: optional(hexString('Of a per-CPU variable that was asked for without a CPU.')),
        value: optional(valueSchema),
      }),
    ),
  }),
  run(context, args) {
    const { task } = context;
    const history = valueHistory(context.prog);
    const prog = args.has('u') ? userProgram(context.prog, userTables(context.prog, task)) : context.prog;
    const { expression, letter } = splitFormat(args.operands.join(' '));
    const format = formatOf(args, letter, context.session?.settings);
    const scope = frameScope(context.prog, task);
    const head = { expression, ...(letter !== undefined && { format: letter }) };
    const spec = cpuSpec(expression);
    if (spec) return { ...head, expression: spec.expression, values: ofCpus(prog, spec, scope, format, history) };
    const value = evaluate(prog, expression, scope);
    if (value.symbol === expression && value.address !== undefined && isPerCpu(prog, value.address)) {
      return { ...head, ...copies(prog, value) };
    }
    const tree = valueTree(value, format);
    return { ...head, values: [{ cpu: null, number: history.add(value), value: tree }] };
  },
  *blocks(data, args) {
    const format = formatOf(args, data.format);
    yield { kind: 'lines', lines: [...textOf(data, format)].flatMap((t) => t.split('\n')) };
  },
});

function formatOf(args: Args, letter: string | undefined, settings?: Settings): PrintFormat {
  const hex = args.has('x') || (!args.has('d') && settings?.radix === 16);
  return {
    ...(letter !== undefined && { letter }),
    ...(hex && { radix: 16 as const }),
    ...(settings && { elements: settings.printMax }),
  };
}

/** `/x expression` */
function splitFormat(text: string): { expression: string; letter?: string } {
  const m = /^\/(\S*)\s*([\s\S]*)$/.exec(text.trim());
  if (!m) return { expression: text.trim() };
  const letter = m[1] as string;
  if (!/^[xduotczafs]$/.test(letter)) throw new UsageError(`p: no format /${letter}; there are /x d u o t c z a f s`);
  return { expression: m[2] as string, letter };
}

interface CpuSpec {
  readonly expression: string;
  readonly cpus: string;
}

/** `symbol:cpus`; not the colon of a conditional. */
function cpuSpec(text: string): CpuSpec | undefined {
  const m = /^([^?]+):\s*(a|all|\d[\d,-]*)$/.exec(text);
  return m ? { expression: (m[1] as string).trim(), cpus: m[2] as string } : undefined;
}

function ofCpus(
  prog: Program,
  spec: CpuSpec,
  scope: Scope,
  format: PrintFormat,
  history: ValueHistory,
): PData['values'] {
  return parseCpus(spec.cpus, possibleCpus(prog), 'p').map((cpu) => {
    const value = evaluate(prog, spec.expression, { ...scope, cpu });
    const tree = valueTree(value, format);
    return { cpu, number: history.add(value), value: tree };
  });
}

/** Where the copies of a per-CPU variable are. */
function copies(prog: Program, value: ExprValue): Pick<PData, 'declaration' | 'values'> {
  const { address } = value;
  if (address === undefined) throw new AnalysisError('type', 'a per-CPU variable without an address');
  return {
    declaration: `${declaration(value.type, value.symbol)};`,
    values: possibleCpus(prog).map((cpu) => ({
      cpu,
      number: null,
      address: hex64(addrAdd(address, perCpuOffset(prog, cpu))),
    })),
  };
}

function* textOf(data: PData, format: PrintFormat): Iterable<string> {
  if (data.declaration !== undefined) {
    yield `PER-CPU DATA TYPE:\n  ${data.declaration}\nPER-CPU ADDRESSES:`;
    for (const v of data.values) yield `  [${v.cpu}]: ${hexPad(BigInt(v.address ?? 0))}`;
    return;
  }
  for (const v of data.values) {
    if (!v.value) continue;
    const text = printedText(v.value, format);
    const bare = /^[A-Za-z_]\w*$/.test(data.expression) && data.format === undefined;
    const name = v.cpu === null ? (isVariable(v.value, bare) ? `${data.expression} = ` : '') : perCpuName(data, v.cpu);
    // crash begins a new line where a value that begins with a brace follows the name of a variable.
    const line = name !== '' && /^\{[^\n]/.test(text) ? `\n ${text}` : text;
    yield `${name}$${v.number} = ${line}`;
  }
}

/** A bare name is written before its value, unless it is a constant. */
function isVariable(value: ValueNode, bare: boolean): boolean {
  return bare && (value.address !== undefined || value.type.resolve().kind !== 'enum');
}

function perCpuName(data: PData, cpu: number): string {
  return `per_cpu(${data.expression}, ${cpu}) = `;
}
