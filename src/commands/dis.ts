import { NotFoundError, UnsupportedError, UsageError } from '../base/errors.ts';
import { hex64, hexPad } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import { type Code, decodeCode, readCode } from '../disasm/code-range.ts';
import { instructionLine, type SymbolAt } from '../disasm/instruction-line.ts';
import { userSpaceOf } from '../kernel/user-space.ts';
import type { Instruction, InstructionSetName } from '../program/instruction.ts';
import type { KernelSymbol, Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { type Args, parseAddress } from '../report/args.ts';
import { type CommandContext, command } from '../report/command.ts';
import { shortDigits } from '../report/pad.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../report/problems.ts';
import { arrayOf, hexString, integer, nullable, object, optional, string } from '../report/schema.ts';

interface LineData {
  readonly address: string;
  readonly symbol: string | null;
  readonly offset: number;
  readonly module: string | null;
  readonly bytes: string;
  readonly mnemonic: string;
  readonly operands: string;
  /** With symbols. */
  readonly text: string;
  readonly target: string | null;
  readonly reference: string | null;
  readonly file: string | null;
  readonly line: number | null;
}

export interface DisData {
  readonly instructions: readonly LineData[];
  readonly problems?: readonly ProblemData[];
}

const MAX_COUNT = 100_000;
/** Longer ranges are no functions. */
const MAX_BYTES = 0x40000;

export const dis = command<DisData>({
  name: 'dis',
  summary: 'disassembly',
  description: [
    'Disassembles kernel text as it lies in the memory of the dump, with everything that was patched at run time ' +
      '(alternatives, static keys, tracing). A function is shown in whole, another address as one instruction.',
    'The place is a symbol, an address, or a sum such as (schedule+0x10). Offsets and counts are decimal, or ' +
      'hexadecimal with 0x.',
  ],
  args: {
    options: [
      { flag: 'r', help: 'from the start of the function up to the address' },
      { flag: 'f', help: 'from the address to the end of the function' },
      { flag: 'l', help: 'source file and line before what they belong to; needs debug information' },
      { flag: 'u', help: 'the address is one of user space, of the current task' },
      { flag: 'x', help: 'offsets into symbols in hexadecimal' },
      { flag: 'd', help: 'offsets into symbols in decimal, as without -x' },
      { flag: 'b', value: 'bytes', help: 'skip this many bytes after each ud2 (data of a BUG in old kernels)' },
    ],
    operands: [
      { name: 'place', help: 'an address, a symbol, or a sum of a symbol and numbers', required: true },
      { name: 'count', help: 'instructions to show; with -r the last ones' },
    ],
  },
  examples: [
    {
      line: 'dis schedule 3',
      shows: 'The first instructions of a function:',
      output: [
        '0xffffffff82a114f0 <schedule>:\tnopl   0x0(%rax,%rax,1)',
        '0xffffffff82a114f5 <schedule+5>:\tpush   %rbp',
        '0xffffffff82a114f6 <schedule+6>:\tpush   %rbx',
      ].join('\n'),
    },
    { line: 'dis -r schedule+0x20', shows: 'How execution came to an address:' },
  ],
  schema: object('Instructions.', {
    instructions: arrayOf(
      'Ascending by address.',
      object('One instruction.', {
        address: hexString('Where it is.'),
        symbol: nullable(string('Function; null when no symbol covers it.')),
        offset: integer('Bytes into the function.'),
        module: nullable(string('Module of the function; null for the kernel itself.')),
        bytes: string('Machine code, two digits a byte.'),
        mnemonic: string('Name; `(bad)` for bytes that are no instruction.'),
        operands: string('Operands without symbols.'),
        text: string('Name and operands with symbols.'),
        target: nullable(hexString('Where a direct call or jump goes.')),
        reference: nullable(hexString('Data address that is formed relative to the instruction.')),
        file: nullable(string('Source file, with -l.')),
        line: nullable(integer('Line in it, with -l.')),
      }),
    ),
    problems: optional(problemsSchema),
  }),
  run: runDis,
  *blocks(data, args) {
    yield { kind: 'lines', lines: textLines(data, args) };
    yield* problemBlocks(data);
  },
});

function runDis({ prog, task }: CommandContext, args: Args): DisData {
  const [place, countWord] = args.operands as [string, string | undefined];
  const { disassembler } = prog;
  const set = prog.arch.instructionSet;
  if (!disassembler || !set) throw new UnsupportedError(`dis: no disassembler for ${prog.arch.name}`);
  const count = countWord === undefined ? undefined : parseCount(countWord, 'count');
  const skip = args.value('b') === undefined ? 0 : parseCount(args.value('b') as string, 'number of bytes');
  const user = args.has('u');
  if (args.has('l') && (user || !prog.has('lines'))) {
    throw new NotFoundError('line', 'table', 'dis -l needs debug information of the kernel');
  }
  const from = resolvePlace(prog, place, user);
  const range = chooseRange(from, count, args);
  const code = readCode(user ? userSpaceOf(prog, task) : prog.memory, range.start, range.bytes);
  let shown = decodeCode(disassembler, set, code, skip, range.limit);
  if (args.has('r')) shown = shown.filter((i) => i.address <= from.address);
  else shown = shown.filter((i) => i.address >= from.address);
  if (count !== undefined) shown = args.has('r') ? shown.slice(-count) : shown.slice(0, count);
  const symbolAt: SymbolAt = user ? () => undefined : symbolFinder(prog, from.symbol);
  const context: LineContext = { prog, set, base: args.has('x') ? 16 : 10, lines: args.has('l'), symbolAt };
  const instructions = shown.map((i) => lineOf(i, context));
  return { instructions, ...problemsOf(range.gap, gapOf(code, shown), context.lines ? lineGap(instructions) : []) };
}

interface LineContext {
  readonly prog: Program;
  readonly set: InstructionSetName;
  readonly base: 10 | 16;
  readonly lines: boolean;
  readonly symbolAt: SymbolAt;
}

/** Most addresses that a function names are its own. */
function symbolFinder(prog: Program, own: KernelSymbol | undefined): SymbolAt {
  const end = own && own.address + BigInt(own.size);
  return (at) => (own && end !== undefined && at >= own.address && at < end ? own : prog.symbolAt(at));
}

function lineOf(insn: Instruction, { prog, set, base, lines, symbolAt }: LineContext): LineData {
  const symbol = symbolAt(insn.address);
  const source = lines ? prog.sourceAt(insn.address)?.[0] : undefined;
  return {
    address: hex64(insn.address),
    symbol: symbol?.name ?? null,
    offset: symbol ? Number(insn.address - symbol.address) : 0,
    module: symbol?.module ?? null,
    bytes: Array.from(insn.bytes, (byte) => hexPad(byte, 2)).join(' '),
    mnemonic: insn.mnemonic,
    operands: insn.operandText,
    text: instructionLine(insn, set, symbolAt, base),
    target: insn.target === undefined ? null : hex64(insn.target),
    reference: insn.reference === undefined ? null : hex64(insn.reference),
    file: source && source.file !== '' ? source.file : null,
    line: source && source.file !== '' ? source.line : null,
  };
}

function* textLines(data: DisData, args: Args): Iterable<string> {
  let place = '';
  for (const i of data.instructions) {
    const now = i.file === null ? '' : `${i.file}: ${i.line}`;
    if (now !== place && now !== '') yield now;
    place = now;
    const offset = args.has('x') ? `0x${i.offset.toString(16)}` : `${i.offset}`;
    const label = i.symbol === null ? '' : ` <${i.symbol}${i.offset === 0 ? '' : `+${offset}`}>`;
    yield `0x${shortDigits(i.address)}${label}:\t${i.text}`;
  }
}

// ---- what is meant

interface Place {
  readonly address: Addr;
  /** The function that covers it. */
  readonly symbol: KernelSymbol | undefined;
  /** It was named by itself. */
  readonly whole: boolean;
}

/** `symbol`, `address`, `symbol+0x10`, `(symbol + 16)`. @throws NotFoundError @throws UsageError */
function resolvePlace(prog: Program, word: string, user: boolean): Place {
  const inner = /^\((.*)\)$/.exec(word)?.[1] ?? word;
  const [first = '', ...terms] = inner.replace(/\s+/g, '').split(/(?=[+-])/);
  const named = user
    ? undefined
    : (prog.findSymbol(first) ?? (parseAddress(first) === undefined ? prog.findModuleSymbol(first) : undefined));
  let address = named?.address ?? parseAddress(first);
  if (address === undefined) throw new NotFoundError('symbol', first);
  for (const term of terms) {
    const value = /^[+-](0x[0-9a-f]{1,16}|\d{1,19})$/i.exec(term)?.[1];
    if (value === undefined) throw new UsageError(`dis: '${term}' in '${word}' is no number to add`);
    address = BigInt.asUintN(64, term.startsWith('-') ? address - BigInt(value) : address + BigInt(value));
  }
  const symbol = user ? undefined : prog.symbolAt(address);
  return { address, symbol, whole: named !== undefined && terms.length === 0 };
}

interface Range {
  readonly start: Addr;
  readonly bytes: number;
  /** Instructions that are wanted of it. */
  readonly limit: number;
  /** Why it is shorter than the function. */
  readonly gap?: readonly Problem[];
}

/** No instruction of any CPU is longer. */
const LONGEST = 16;

function chooseRange({ address, symbol, whole }: Place, count: number | undefined, args: Args): Range {
  const bounded = args.has('r') || args.has('f') || (whole && count === undefined && (symbol?.size ?? 0) > 0);
  if (!bounded) return { start: address, bytes: LONGEST * (count ?? 1), limit: count ?? 1 };
  if (!symbol) throw new NotFoundError('function', `at ${hex64(address)}`, 'dis -r and -f need one');
  const bytes = Math.min(Math.max(symbol.size, LONGEST), MAX_BYTES);
  const why = `${symbol.name} has ${symbol.size} bytes; ${MAX_BYTES} are shown`;
  const gap = symbol.size > MAX_BYTES ? [{ what: 'text', why }] : [];
  return { start: symbol.address, bytes, limit: Number.POSITIVE_INFINITY, gap };
}

function parseCount(word: string, what: string): number {
  const value = /^(?:0x[0-9a-f]{1,8}|\d{1,8})$/i.test(word) ? Number(word) : 0;
  if (value < 1 || value > MAX_COUNT) throw new UsageError(`dis: '${word}' is no ${what} from 1 to ${MAX_COUNT}`);
  return value;
}

function lineGap(instructions: readonly LineData[]): readonly Problem[] {
  if (instructions.some((i) => i.file !== null)) return [];
  return [{ what: 'lines', why: 'there is no debug information of this text' }];
}

function gapOf(code: Code, shown: readonly Instruction[]): readonly Problem[] {
  const last = shown.at(-1);
  const cut = code.missing !== undefined && (!last || last.address + BigInt(last.size) >= code.missing.address);
  return cut && code.missing ? [{ what: 'text', why: code.missing.message }] : [];
}
