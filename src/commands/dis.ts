import { NotFoundError, UnsupportedError, UsageError } from '../base/errors.ts';
import { hex64, hexPad } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import { type Code, decodeCode, readCode } from '../disasm/code-range.ts';
import { instructionLine, type SymbolAt } from '../disasm/instruction-line.ts';
import { type Patched, type PatchedCode, patchedCode } from '../disasm/patched-code.ts';
import { addressOf, frameScope } from '../expr/index.ts';
import { userSpaceOf } from '../kernel/user-space.ts';
import type { Instruction, InstructionSetName } from '../program/instruction.ts';
import type { KernelSymbol, Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { type Args, synopsis } from '../report/args.ts';
import { codeEntry } from '../report/code-entry.ts';
import { type CodePlace, codePlace } from '../report/code-place.ts';
import { type CommandContext, command } from '../report/command.ts';
import { debugDoubts } from '../report/debug-doubts.ts';
import { type InstructionData, instructionLines, instructionSchema } from '../report/instruction-lines.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../report/problems.ts';
import { arrayOf, integer, object, optional } from '../report/schema.ts';
import {
  type ListedPlace,
  listingLines,
  type SourceListing,
  sourceListing,
  sourceListingSchema,
} from '../report/source-listing.ts';

export interface DisData {
  readonly instructions: readonly InstructionData[];
  /** With -s. */
  readonly listing?: SourceListing;
  /** With -b alone. */
  readonly skippedBytes?: number;
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
    'The place is a symbol, an address, a sum such as schedule+0x10, or an expression in parentheses. Offsets and counts are decimal, or ' +
      'hexadecimal with 0x.',
    'Where the file of the kernel or module is at hand (vmlinux behind the dump), an instruction whose bytes differ from ' +
      'those of the file is followed by `[file: ...]`: what stands in the file, and what rewrote it where the kernel lists ' +
      'the place (alternative, static key, static call, paravirt, retpoline, return thunk, lock prefix, ftrace) or a ' +
      'breakpoint shows it (kprobes).',
    '-s shows the source of the function with `*` before the line of the place, or of a file:line; it needs debug ' +
      'information and the source (`--source DIR`).',
  ],
  args: {
    options: [
      { flag: 'r', help: 'from the start of the function up to the address' },
      { flag: 'f', help: 'from the address to the end of the function' },
      { flag: 'l', help: 'source file and line before what they belong to; needs debug information' },
      { flag: 'u', help: 'the address is one of user space, of the current task' },
      { flag: 'x', help: 'offsets into symbols in hexadecimal' },
      { flag: 'd', help: 'offsets into symbols in decimal, as without -x' },
      { flag: 's', help: 'the source text, its line marked with *, instead of instructions' },
      {
        flag: 'b',
        value: 'bytes',
        optional: true,
        help: 'bytes to skip after each ud2 (data of a BUG in old kernels), here and from now on; alone: how many are',
      },
    ],
    operands: [
      {
        name: 'place',
        help: 'an address, a symbol, a sum of a symbol and numbers, or (an expression); with -s also file:line',
      },
      { name: 'count', help: 'instructions to show, with -r the last ones; with -s lines after the marked one' },
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
    { line: 'dis -s schedule', shows: 'The source of a function:' },
    { line: 'dis -s mm/slub.c:419 10', shows: 'A line of a file, and ten more:' },
  ],
  schema: object('Instructions.', {
    instructions: arrayOf('Ascending by address.', instructionSchema),
    listing: optional(sourceListingSchema),
    skippedBytes: optional(integer('Bytes skipped after ud2 (`-b` alone).')),
    problems: optional(problemsSchema),
  }),
  run: runDis,
  *blocks(data, args) {
    const lines = data.listing
      ? listingLines(data.listing, 'dis')
      : [...instructionLines(data.instructions, args.has('x') ? 16 : 10)];
    if (data.skippedBytes !== undefined) lines.push(`encoded bytes being skipped after ud2a: ${data.skippedBytes}`);
    if (data.instructions.some((i) => i.patched)) lines.push(PATCHED);
    yield { kind: 'lines', lines };
    yield* problemBlocks(data);
  },
});

const PATCHED =
  '([file: ...] the kernel changed these bytes at run time; the file has what stands there, ^ for the rest of the one above)';

const REPLACED: Problem = {
  what: 'text',
  why: 'this is not what the file has here: freed after boot (init code) or overwritten',
};

/** What `-b` set, by program: it stays for the session. */
const skipped = new WeakMap<Program, number>();

function runDis(context: CommandContext, args: Args): DisData {
  const { prog, task } = context;
  const [place, countWord] = args.operands as [string | undefined, string | undefined];
  const skip = skippedBytes(prog, args.value('b'));
  if (place === undefined) {
    if (!args.has('b')) throw new UsageError(`dis: needs a place; usage: ${synopsis(dis)}`);
    return { instructions: [], ...(args.value('b') === '' && { skippedBytes: skip }) };
  }
  const count = countWord === undefined ? undefined : parseCount(countWord, 'count');
  if (args.has('s')) return showSource(context, args, place, count);
  const { disassembler } = prog;
  const set = prog.arch.instructionSet;
  if (!disassembler || !set) throw new UnsupportedError(`dis: no disassembler for ${prog.arch.name}`);
  const user = args.has('u');
  if (args.has('l') && (user || !prog.has('lines'))) {
    throw new NotFoundError('line', 'table', 'dis -l needs debug information of the kernel');
  }
  const from = placeOf(context, place, user);
  const range = chooseRange(from, count, args);
  const code = readCode(user ? userSpaceOf(prog, task) : prog.memory, range.start, range.bytes);
  let shown = decodeCode(disassembler, set, code, skip, range.limit);
  if (args.has('r')) shown = shown.filter((i) => i.address <= from.address);
  else shown = shown.filter((i) => i.address >= from.address);
  if (count !== undefined) shown = args.has('r') ? shown.slice(-count) : shown.slice(0, count);
  const symbolAt: SymbolAt = user ? () => undefined : symbolFinder(prog, from.symbol);
  const base = args.has('x') ? 16 : 10;
  const patched = user ? undefined : patchedOf(prog, shown, { disassembler, set, symbolAt, base });
  const lines: LineContext = { prog, set, base, lines: args.has('l'), symbolAt };
  const instructions = shown.map((i, n) => lineOf(i, lines, patched?.patched.get(n)));
  const gaps = lines.lines ? [...lineGap(instructions), ...debugDoubts(prog)] : [];
  return { instructions, ...problemsOf(range.gap, gapOf(code, shown), patched?.replaced ? [REPLACED] : [], gaps) };
}

function skippedBytes(prog: Program, word: string | undefined): number {
  if (word !== undefined && word !== '') {
    if (!/^\d{1,4}$/.test(word)) throw new UsageError(`dis: '${word}' is no number of bytes from 0 to 9999`);
    skipped.set(prog, Number(word));
  }
  return skipped.get(prog) ?? 0;
}

/** Only where a file with the code is at hand, and of this build. */
function patchedOf(
  prog: Program,
  shown: readonly Instruction[],
  reader: Parameters<typeof patchedCode>[2],
): PatchedCode | undefined {
  const first = shown[0];
  const last = shown.at(-1);
  const file = first && last && prog.fileText(first.address, Number(last.address - first.address) + last.size);
  return file && file.doubt === undefined ? patchedCode(shown, file, reader) : undefined;
}

// ---- source

function showSource(context: CommandContext, args: Args, place: string, count: number | undefined): DisData {
  const { prog, source } = context;
  if (args.has('u')) throw new UsageError('dis: -s shows the source of the kernel, not of user space');
  const listed = fileLine(place) ?? codeLine(context, place);
  return { instructions: [], listing: sourceListing(prog, source, listed, count), ...problemsOf(debugDoubts(prog)) };
}

function fileLine(word: string): ListedPlace | undefined {
  const m = /^(.+):(\d{1,9})$/.exec(word);
  return m ? { place: word, file: m[1] as string, line: Math.max(1, Number(m[2])) } : undefined;
}

function codeLine(context: CommandContext, word: string): ListedPlace {
  const { prog } = context;
  const at = placeOf(context, word, false);
  const frame = prog.sourceAt(codeEntry(prog, at.address))?.find((f) => f.file !== '' && f.line > 0);
  if (!frame) {
    const none = prog.has('lines') ? undefined : 'name the vmlinux behind the dump';
    throw new NotFoundError('source line', `of ${word}`, debugDoubts(prog)[0]?.why ?? none);
  }
  const start = at.symbol?.address === at.address;
  const { file, line, name, doubt } = frame;
  return { place: word, file, line, function: name, start, ...(doubt !== undefined && { doubt }) };
}

// ---- instructions

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

function lineOf(
  insn: Instruction,
  { prog, set, base, lines, symbolAt }: LineContext,
  patched: Patched | undefined,
): InstructionData {
  const symbol = symbolAt(insn.address);
  const source = lines ? prog.sourceAt(insn.address)?.[0] : undefined;
  return {
    address: hex64(insn.address),
    symbol: symbol?.name ?? null,
    offset: symbol ? Number(insn.address - symbol.address) : 0,
    module: symbol?.module ?? null,
    bytes: hexBytes(insn.bytes),
    mnemonic: insn.mnemonic,
    operands: insn.operandText,
    text: instructionLine(insn, set, symbolAt, base),
    target: insn.target === undefined ? null : hex64(insn.target),
    reference: insn.reference === undefined ? null : hex64(insn.reference),
    file: source && source.file !== '' ? source.file : null,
    line: source && source.file !== '' ? source.line : null,
    ...(source?.doubt !== undefined && { doubt: source.doubt }),
    ...(patched && {
      patched: { bytes: hexBytes(patched.bytes), text: patched.text, kind: patched.kind ?? null },
    }),
  };
}

function hexBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => hexPad(byte, 2)).join(' ');
}

// ---- what is meant

function placeOf({ prog, task }: CommandContext, word: string, user: boolean): CodePlace {
  const expression = (text: string): Addr => addressOf(prog, text, frameScope(prog, task));
  return codePlace(prog, word, { command: 'dis', user, expression });
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

function chooseRange({ address, symbol, whole }: CodePlace, count: number | undefined, args: Args): Range {
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

function lineGap(instructions: readonly InstructionData[]): readonly Problem[] {
  if (instructions.some((i) => i.file !== null)) return [];
  return [{ what: 'lines', why: 'there is no debug information of this text' }];
}

function gapOf(code: Code, shown: readonly Instruction[]): readonly Problem[] {
  const last = shown.at(-1);
  const cut = code.missing !== undefined && (!last || last.address + BigInt(last.size) >= code.missing.address);
  return cut && code.missing ? [{ what: 'text', why: code.missing.message }] : [];
}
