import { AnalysisError, UnsupportedError, UsageError } from '../base/errors.ts';
import { hex, hex64, hexPad } from '../base/hex.ts';
import type { Addr, Bytes } from '../base/units.ts';
import { frameScope, parseObjectAddress, splitCpus } from '../expr/index.ts';
import { possibleCpus } from '../kernel/percpu.ts';
import { slabNamer } from '../kernel/slab-name.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { type Args, parseAddress, parseCpus } from '../report/args.ts';
import { type CommandContext, command } from '../report/command.ts';
import { type MemoryRange, type MemorySpace, PIECE, readRange } from '../report/memory-range.ts';
import { placeExpression } from '../report/place-expression.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../report/problems.ts';
import { arrayOf, hexString, integer, object, oneOf, optional, record, string } from '../report/schema.ts';
import { charactersOf, isPrintable, unitLines } from '../report/unit-lines.ts';

export interface RdData {
  readonly address: string;
  readonly space: MemorySpace;
  readonly unit: number;
  readonly values: readonly string[];
  readonly characters?: string;
  readonly names?: Readonly<Record<string, string>>;
  readonly text?: string;
  readonly saved?: number;
  readonly problems?: readonly ProblemData[];
}

/** More than anybody reads; a dump of memory goes to a file. */
const MAX_BYTES = 0x400_0000;
const TEXT_LINE = 60;

export const rd = command<RdData>({
  name: 'rd',
  summary: 'memory as it is',
  description: [
    'Prints memory at an address or symbol: whole words in hexadecimal with their characters, unless an option says ' +
      'otherwise. An address below those of the kernel is one of user space, of the current task.',
    'The place may also be an expression in parentheses, or a per-CPU variable with a CPU behind a colon. The count is ' +
      'decimal, or hexadecimal with 0x; it counts units, with -r bytes.',
  ],
  args: {
    options: [
      { flag: 'p', help: 'the address is physical' },
      { flag: 'u', help: 'the address is one of user space, of the current task' },
      { flag: 'f', help: 'the address is an offset in the file of the dump, whose bytes are shown as they are' },
      { flag: 'd', help: 'signed decimal' },
      { flag: 'D', help: 'unsigned decimal' },
      { flag: 's', help: 'symbols for addresses that are in one' },
      { flag: 'S', help: 'also the slab cache of addresses that are in an object, in brackets; -SS: with the address' },
      { flag: 'x', help: 'without the characters' },
      { flag: '8', help: 'units of 8 bits' },
      { flag: '16', help: 'units of 16 bits' },
      { flag: '32', help: 'units of 32 bits' },
      { flag: '64', help: 'units of 64 bits' },
      { flag: 'a', help: 'text, up to the first byte that is no printable character' },
      { flag: 'N', help: 'in network byte order; for units of 16 and 32 bits' },
      { flag: 'R', help: 'the address is that of the last unit' },
      { flag: 'o', value: 'offset', help: 'add to the address' },
      { flag: 'e', value: 'end', help: 'up to this address' },
      { flag: 'r', value: 'file', help: 'write the bytes to a file' },
    ],
    operands: [
      { name: 'address', help: 'an address in hexadecimal, a symbol, or an (expression)', required: true },
      { name: 'count', help: 'units to show; 1 when absent' },
    ],
  },
  examples: [
    {
      line: 'rd linux_banner 4',
      shows: 'Four words:',
      output: [
        'ffffffff8311ffe0:  65762078756e694c 2e36206e6f697372   Linux version 6.',
        'ffffffff8311fff0:  632d36352d302e31 646d612d64756f6c   1.0-56-cloud-amd',
      ].join('\n'),
    },
    { line: 'rd -s init_task 16', shows: 'Words, with symbols for those that are addresses:' },
    { line: 'rd -a linux_banner', shows: 'A string:' },
  ],
  schema: object('Memory.', {
    address: hexString('Of the first unit.'),
    space: oneOf('Which addresses are meant.', ['kernel', 'user', 'physical', 'file']),
    unit: integer('Bytes of a unit.'),
    values: arrayOf('The units, in hexadecimal.', string('0x and two digits a byte.')),
    characters: optional(string('A character for each byte in the order of memory; a dot for what is none.')),
    names: optional(record('With -s and -S: what a value stands for.', string('Symbol, or slab cache in brackets.'))),
    text: optional(string('With -a: the text.')),
    saved: optional(integer('With -r: bytes that were written to the file.')),
    problems: optional(problemsSchema),
  }),
  run,
  *blocks(data, args) {
    yield { kind: 'lines', lines: textLines(data, args) };
    yield* problemBlocks(data);
  },
});

function run(context: CommandContext, args: Args): RdData {
  const { prog } = context;
  const unit = unitOf(prog, args);
  const range = rangeOf(context, args, unit);
  const { bytes, fault } = readRange(context, range, unit);
  const problems: Problem[] = fault ? [{ what: 'memory', why: fault.message }] : [];
  const data: Pick<RdData, 'address' | 'space' | 'unit' | 'problems'> = {
    address: hex64(range.at),
    space: range.space,
    unit,
    ...problemsOf(problems),
  };
  const file = args.value('r');
  if (file !== undefined) {
    if (!context.writeFile) throw new UnsupportedError('rd -r: there are no files here');
    context.writeFile(file, bytes);
    return { ...data, values: [], saved: bytes.length };
  }
  if (args.has('a')) return { ...data, unit: 1, values: [], text: leadingText(bytes) };
  const values = [...unitsOf(bytes, unit, prog.arch.littleEndian && !(args.has('N') && unit < 8))];
  const names = args.has('s') || args.has('S') ? namesOf(prog, values, args.count('S'), problems) : undefined;
  return {
    ...data,
    ...problemsOf(problems),
    values: values.map((v) => spelled(v, unit)),
    characters: charactersOf(bytes),
    ...(names && { names }),
  };
}

function spelled(value: bigint, unit: Bytes): string {
  return `0x${hexPad(value, 2 * unit)}`;
}

function* unitsOf(bytes: Uint8Array, unit: Bytes, little: boolean): Iterable<bigint> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i + unit <= bytes.length; i += unit) {
    if (unit === 8) yield view.getBigUint64(i, little);
    else if (unit === 4) yield BigInt(view.getUint32(i, little));
    else yield BigInt(unit === 2 ? view.getUint16(i, little) : view.getUint8(i));
  }
}

function leadingText(bytes: Uint8Array): string {
  const end = bytes.findIndex((byte) => !isPrintable(byte));
  return charactersOf(end < 0 ? bytes : bytes.subarray(0, end));
}

function* textLines(data: RdData, args: Args): Iterable<string> {
  const at = BigInt(data.address);
  if (data.saved !== undefined) {
    yield `${data.saved} bytes copied from ${hex(at)} to ${args.value('r')}`;
  } else if (data.text !== undefined) {
    for (let i = 0; i < data.text.length; i += TEXT_LINE) {
      yield `${(at + BigInt(i)).toString(16).padStart(16)}:  ${data.text.slice(i, i + TEXT_LINE)}`;
    }
  } else {
    const style = args.has('d') ? 'signed' : args.has('D') ? 'unsigned' : 'hex';
    const ascii = style === 'hex' && !args.has('x') && data.names === undefined;
    yield* unitLines(at, data.values, {
      unit: data.unit,
      style,
      ...(ascii && data.characters !== undefined && { characters: data.characters }),
      ...(data.names && { names: data.names }),
    });
  }
}

// ---- what is asked for

const UNITS: readonly (readonly [flag: string, bytes: Bytes])[] = [
  ['8', 1],
  ['16', 2],
  ['32', 4],
  ['64', 8],
];

/** @throws UsageError when the options contradict each other */
function unitOf(prog: Program, args: Args): Bytes {
  const unit = UNITS.find(([flag]) => args.has(flag))?.[1] ?? prog.pointerSize;
  if ((args.has('s') || args.has('S')) && unit !== prog.pointerSize) {
    throw new UsageError(`rd: -s and -S go with units of ${prog.pointerSize * 8} bits`);
  }
  return unit;
}

function rangeOf(context: CommandContext, args: Args, unit: Bytes): MemoryRange {
  const { prog } = context;
  const [word, countWord] = args.operands as [string, string | undefined];
  const offset = args.value('o') === undefined ? 0n : numberOf(args.value('o') as string, 'offset');
  const start = BigInt.asUintN(64, placeOf(context, word, args) + offset);
  const space = spaceOf(prog, args, start);
  const count = countWord === undefined ? undefined : Number(numberOf(countWord, 'count'));
  if (count === 0) throw new UsageError('rd: a count of 0 shows nothing');
  const open = count === undefined && args.value('e') === undefined && args.has('a');
  const bytes = open ? PIECE : sizeOf(context, start, count, args, unit);
  if (bytes > MAX_BYTES)
    throw new UsageError(`rd: ${bytes} bytes are more than ${MAX_BYTES}, the most for one command`);
  const at = args.has('R') ? BigInt.asUintN(64, start - BigInt(bytes - unit)) : start;
  return { at, size: bytes, space, open };
}

function sizeOf(context: CommandContext, at: Addr, count: number | undefined, args: Args, unit: Bytes): Bytes {
  const scale = args.has('r') || args.has('a') ? 1 : unit;
  if (count !== undefined) return count * scale;
  const end = args.value('e');
  if (end === undefined) {
    if (args.has('r')) throw new UsageError('rd: -r needs a count of bytes or an end (-e)');
    return scale;
  }
  const size = Number(placeOf(context, end, args) - at);
  if (size <= 0) throw new UsageError(`rd: the end ${end} is not behind ${hex(at)}`);
  return Math.ceil(size / scale) * scale;
}

/** A number in decimal, or in hexadecimal with `0x`. */
function numberOf(word: string, what: string): bigint {
  if (!/^-?(?:0x[0-9a-f]{1,16}|\d{1,19})$/i.test(word)) throw new UsageError(`rd: '${word}' is no ${what}`);
  return word.startsWith('-') ? -BigInt(word.slice(1)) : BigInt(word);
}

/** @throws NotFoundError UsageError MemoryFault */
function placeOf({ prog, task }: CommandContext, word: string, args: Args): Addr {
  const plain = args.has('p') || args.has('u') || args.has('f') ? parseAddress(word) : undefined;
  if (plain !== undefined) return plain;
  const { word: name, cpus } = splitCpus(word);
  const scope = frameScope(prog, task);
  if (cpus === undefined) return placeExpression(prog, word, scope);
  const [cpu, ...more] = parseCpus(cpus, possibleCpus(prog), 'rd');
  if (cpu === undefined || more.length > 0) throw new UsageError(`rd: '${word}' is not the variable of one CPU`);
  return parseObjectAddress(prog, name, { ...scope, cpu });
}

function spaceOf(prog: Program, args: Args, at: Addr): MemorySpace {
  if (args.has('f')) return 'file';
  if (args.has('p')) return 'physical';
  return args.has('u') || at < prog.kernelStart ? 'user' : 'kernel';
}

/**
 * What the values stand for that are addresses in symbols or, where slabs are asked for, in slab objects.
 * @param slabs 0 without slabs, 1 with the name of their cache, 2 with the address too
 */
function namesOf(prog: Program, values: readonly bigint[], slabs: number, problems: Problem[]): Record<string, string> {
  const names: Record<string, string> = {};
  const cacheOf = slabs > 0 ? slabsOf(prog, problems) : undefined;
  for (const value of values) {
    if (value < prog.kernelStart) continue;
    const symbol = prog.symbolAt(value);
    const key = spelled(value, prog.pointerSize);
    if (symbol) {
      const offset = value - symbol.address;
      names[key] = `${symbol.name}${offset === 0n ? '' : `+${offset}`}`;
      continue;
    }
    const cache = cacheOf?.(value)?.name;
    if (cache !== undefined) names[key] = slabs > 1 ? `[${hexPad(value)}:${cache}]` : `[${cache}]`;
  }
  return names;
}

function slabsOf(prog: Program, problems: Problem[]): ReturnType<typeof slabNamer> | undefined {
  try {
    return slabNamer(prog);
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    problems.push({ what: 'slab caches', why: e.message });
    return undefined;
  }
}
