import { NotFoundError, UnsupportedError, UsageError } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import { decodeCode, readCode } from '../disasm/code-range.ts';
import { instructionLine } from '../disasm/instruction-line.ts';
import { evaluate, valueOrType } from '../expr/evaluate.ts';
import { type ExamineFormat, examinedText, examineMemory, parseExamine } from '../expr/examine-memory.ts';
import { ExprValue } from '../expr/expr-value.ts';
import { frameScope, stackOf } from '../expr/frame-scope.ts';
import type { PrintFormat } from '../expr/print-format.ts';
import { printfText, unescaped } from '../expr/printf-text.ts';
import { addressText, symbolText } from '../expr/symbol-text.ts';
import { printedText, treeText } from '../expr/tree-text.ts';
import { isUnknown } from '../expr/unknown-type.ts';
import { valueHistory } from '../expr/value-history.ts';
import { objectTree, valueTree } from '../expr/value-tree.ts';
import type { Program } from '../program/program.ts';
import { codeEntry } from '../report/code-entry.ts';
import { type CommandContext, command } from '../report/command.ts';
import { renderText } from '../report/render-text.ts';
import { arrayOf, object, string } from '../report/schema.ts';
import type { CType } from '../types/c-type.ts';
import { declaration, enumText } from '../types/declaration.ts';
import { layoutLines } from '../types/layout-lines.ts';
import { typeDefinition } from '../types/type-definition.ts';
import type { StackFrame } from '../unwind/stack.ts';

interface GdbData {
  readonly request: string;
  readonly lines: readonly string[];
}

/** @param rest what follows the request's name @param format what follows a slash behind it */
type Request = (context: CommandContext, rest: string, format: string) => readonly string[];

export const gdb = command<GdbData>({
  name: 'gdb',
  summary: 'everyday requests of gdb',
  description: [
    'Requests as gdb has them, answered by this program: p (print), output, printf, echo, ptype (with /o), whatis, x with a ' +
      'format (x/4gx, x/8i, x/s), info line, info symbol, info address, info scope, info registers, info locals, ' +
      'info args, list and bt.',
  ],
  args: { operands: [{ name: 'request', help: 'a request and its arguments', required: true, many: true }] },
  verbatim: true,
  examples: [
    { line: 'gdb ptype/o struct list_head', shows: 'The layout of a structure:' },
    { line: 'gdb x/4gx &init_task', shows: 'Memory:' },
    { line: 'gdb printf "%d %s\\n", init_task.pid, init_task.comm', shows: 'Values in a text:' },
    { line: 'gdb info symbol ffffffff82a10e3d', shows: 'What is at an address:' },
  ],
  schema: object('What gdb would print.', {
    request: string('The request.'),
    lines: arrayOf('The answer.', string('A line.')),
  }),
  run(context, args) {
    const text = args.operands.join(' ');
    return { request: text, lines: answer(context, text) };
  },
  *blocks(data) {
    yield { kind: 'lines', lines: data.lines };
  },
});

function answer(context: CommandContext, text: string): readonly string[] {
  const m = /^([a-z]+)(?:\/(\S*))?\s*([\s\S]*)$/.exec(text.trim());
  const name = m?.[1] ?? '';
  const request = Object.hasOwn(requests, name) ? requests[name] : undefined;
  if (!m || !request) throw new UsageError(`gdb: no request '${text}'; there are ${Object.keys(requests).join(', ')}`);
  return request(context, m[3] as string, m[2] ?? '');
}

const requests: Readonly<Record<string, Request>> = {
  p: print,
  print,
  inspect: print,
  output: (context, rest, format) =>
    treeText(valueTree(evaluate(context.prog, rest, scopeOf(context)), formatOf(format))).split('\n'),
  printf: (context, rest) => printfText(context.prog, rest, scopeOf(context)).replace(/\n$/, '').split('\n'),
  echo: (_, rest) => unescaped(rest).replace(/\n$/, '').split('\n'),
  ptype,
  whatis: (context, rest) => {
    const of = valueOrType(context.prog, rest, scopeOf(context));
    // One typedef is looked through, as gdb does for the name of one.
    const type = of instanceof ExprValue ? of.type : of.kind === 'typedef' ? (of.target ?? of) : of;
    return [`type = ${declaration(type)}`];
  },
  x: examine,
  info,
  list: (context, rest) => other(context, ['list', ...words(rest)]),
  bt: (context, rest) => other(context, ['bt', ...words(rest)]),
};

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

function scopeOf({ prog, task }: CommandContext): ReturnType<typeof frameScope> {
  return frameScope(prog, task);
}

function formatOf(text: string): PrintFormat {
  if (text === '') return {};
  if (!/^[xduotczafs]$/.test(text)) throw new UsageError(`gdb: no format /${text}; there are x d u o t c z a f s`);
  return { letter: text };
}

function print(context: CommandContext, rest: string, format: string): readonly string[] {
  const value = evaluate(context.prog, rest, scopeOf(context));
  const style = formatOf(format);
  const text = printedText(valueTree(value, style), style);
  return `$${valueHistory(context.prog).add(value)} = ${text}`.split('\n');
}

/** The definition of a type, typedefs looked through; with `/o` its layout. */
function ptype(context: CommandContext, rest: string, format: string): readonly string[] {
  const of = valueOrType(context.prog, rest, scopeOf(context));
  const type = (of instanceof ExprValue ? of.type : of).resolve();
  if (type.kind === 'enum') return [`type = ${enumText(type)}`];
  if (type.kind !== 'struct' && type.kind !== 'union') return [`type = ${declaration(type)}`];
  if (format.includes('o')) return layoutLines(type);
  const [first, ...lines] = typeDefinition(type);
  return [`type = ${first}`, ...lines];
}

/** gdb begins with hexadecimal words. */
const FIRST: ExamineFormat = { count: 1, letter: 'x', size: 4 };

function examine(context: CommandContext, rest: string, format: string): readonly string[] {
  const { prog } = context;
  const wanted = parseExamine(format, FIRST);
  const at = placeOf(evaluate(prog, rest, scopeOf(context)));
  if (wanted.letter === 'i') return instructions(context, at, wanted.count);
  return examineMemory(prog, at, wanted).map(examinedText);
}

/** Where a value is, when it is no number or pointer. */
function placeOf(value: ExprValue): Addr {
  const { kind } = value.type.resolve();
  const isNumber = !isUnknown(value.type) && (kind === 'int' || kind === 'pointer' || kind === 'enum');
  if (isNumber || value.address === undefined) return BigInt.asUintN(64, value.toBigInt());
  return value.address;
}

const LONGEST = 16;

function instructions(context: CommandContext, at: Addr, count: number): readonly string[] {
  const { prog } = context;
  const { disassembler, arch } = prog;
  const set = arch.instructionSet;
  if (!disassembler || !set) throw new UnsupportedError('no disassembler for this CPU');
  const code = readCode(prog.memory, at, Math.min(count, 10_000) * LONGEST);
  const pc = scopeOf(context).register?.('pc');
  return decodeCode(disassembler, set, code, 0, count).map((insn) => {
    const mark = insn.address === pc ? '=> ' : '   ';
    const line = instructionLine(insn, set, (a) => prog.symbolAt(a), 10);
    return `${mark}${addressText(insn.address)}${symbolText(prog, insn.address)}:\t${line}`;
  });
}

const infos: Readonly<Record<string, (context: CommandContext, rest: string) => readonly string[]>> = {
  line: infoLine,
  symbol: infoSymbol,
  address: infoAddress,
  registers: infoRegisters,
  locals: (context) => variables(context, false),
  args: (context) => variables(context, true),
  scope: infoScope,
};

function info(context: CommandContext, rest: string): readonly string[] {
  const [name = '', ...others] = words(rest);
  const matching = Object.keys(infos).filter((key) => name !== '' && key.startsWith(name));
  const found = matching[0] === undefined ? undefined : infos[matching[0]];
  if (!found) throw new UsageError(`gdb: no 'info ${name}'; there are ${Object.keys(infos).join(', ')}`);
  return found(context, others.join(' '));
}

/** An address from `*address`, a symbol or an expression. */
function addressOf(context: CommandContext, text: string): Addr {
  const bare = text.replace(/^\*\s*/, '');
  if (/^[0-9a-f]{16}$/i.test(bare)) return BigInt(`0x${bare}`);
  return placeOf(evaluate(context.prog, bare, scopeOf(context)));
}

function infoLine(context: CommandContext, rest: string): readonly string[] {
  const at = codeEntry(context.prog, addressOf(context, rest));
  const where = `${addressText(at)}${symbolText(context.prog, at)}`;
  const [frame] = context.prog.sourceAt(at) ?? [];
  if (!frame || frame.line === 0) return [`No line number information available for address ${where}`];
  const [from, to] = extentOfLine(context.prog, at);
  const place = (address: Addr): string => `${addressText(address)}${symbolText(context.prog, address)}`;
  return [`Line ${frame.line} of "${frame.file}" starts at address ${place(from)} and ends at ${place(to)}.`];
}

/** Bytes of code of one line at most. */
const MAX_LINE = 4096;

/** The code around an address that belongs to the same line of the same function: its first byte and the one behind it. */
function extentOfLine(prog: Program, at: Addr): [Addr, Addr] {
  const line = (address: Addr): string | undefined => {
    const [innermost] = prog.sourceAt(address) ?? [];
    return innermost && `${innermost.file}:${innermost.line}`;
  };
  const own = line(at);
  let [from, to] = [at, at + 1n];
  while (at - from < MAX_LINE && line(from - 1n) === own) from--;
  while (to - at < MAX_LINE && line(to) === own) to++;
  return [from, to];
}

function infoSymbol(context: CommandContext, rest: string): readonly string[] {
  const at = addressOf(context, rest);
  const symbol = context.prog.symbolAt(at);
  if (!symbol) return [`No symbol matches ${rest}.`];
  const offset = at - symbol.address;
  const section = /[tw]/i.test(symbol.letter)
    ? '.text'
    : /b/i.test(symbol.letter)
      ? '.bss'
      : /r/i.test(symbol.letter)
        ? '.rodata'
        : '.data';
  const inModule = symbol.module === undefined ? '' : ` of ${symbol.module}`;
  return [`${symbol.name}${offset === 0n ? '' : ` + ${offset}`} in section ${section}${inModule}`];
}

function infoAddress({ prog }: CommandContext, rest: string): readonly string[] {
  const symbol = prog.findSymbol(rest) ?? prog.findModuleSymbol(rest);
  if (!symbol) throw new NotFoundError('symbol', rest);
  const what = /[tw]/i.test(symbol.letter) ? 'a function at address' : 'static storage at address';
  return [`Symbol "${rest}" is ${what} ${hex(symbol.address)}.`];
}

function innermost({ prog, task }: CommandContext): { frame: StackFrame; callers: readonly StackFrame[] } {
  const [frame, ...callers] = task === undefined ? [] : stackOf(prog, task).frames;
  if (!frame) throw new NotFoundError('frame', 'of the current task');
  return { frame, callers };
}

function infoRegisters(context: CommandContext, rest: string): readonly string[] {
  const { prog } = context;
  const { frame } = innermost(context);
  const wanted = words(rest).map((word) => word.replace(/^\$/, ''));
  const { registers, unwind } = prog.arch;
  const lines: string[] = [];
  registers.forEach((name, i) => {
    const value = frame.known[i];
    const asked =
      wanted.includes(name) ||
      (wanted.includes('pc') && i === unwind?.pc) ||
      (wanted.includes('sp') && i === unwind?.sp);
    if (value === undefined || (wanted.length > 0 && !asked)) return;
    const isPlace = i === unwind?.pc || i === unwind?.sp || /^r?bp$|^fp$/.test(name);
    const text = isPlace
      ? `${addressText(value)}${i === unwind?.pc ? symbolText(prog, value) : ''}`
      : String(BigInt.asIntN(64, value));
    lines.push(`${name.padEnd(15)}${addressText(value).padEnd(18)} ${text}`);
  });
  if (lines.length === 0) throw new NotFoundError('register', rest, 'its value is not known in this frame');
  return lines;
}

function localsOf(context: CommandContext): ReturnType<Program['localsAt']> {
  const { frame, callers } = innermost(context);
  const others = callers.map((f) => ({ pc: f.pc, lookupPc: f.lookupPc, registers: f.known }));
  return context.prog.localsAt(frame.lookupPc, { registers: frame.known, callers: others });
}

function variables(context: CommandContext, parameters: boolean): readonly string[] {
  const found = localsOf(context);
  if (!found) throw new NotFoundError('variables', 'of this frame', 'they come from debug information');
  const own = found.filter((l) => l.parameter === parameters && l.function === found[0]?.function);
  if (own.length === 0) return [parameters ? 'No arguments.' : 'No locals.'];
  return own.flatMap((l) => {
    if (!l.type || !l.bytes) return [`${l.name} = <${l.why ?? 'not known'}>`];
    return `${l.name} = ${treeText(objectTree(context.prog, l.type, l.bytes, l.address))}`.split('\n');
  });
}

/** Names and types of the variables at a place; where they are is told by `info locals` in a frame. */
function infoScope(context: CommandContext, rest: string): readonly string[] {
  const at = addressOf(context, rest);
  const found = context.prog.localsAt(at, { registers: [], callers: [] }) ?? [];
  if (found.length === 0) return [`Symbol table has no variables in the scope of ${rest}.`];
  const sizeOf = (type: CType | undefined) => (type ? `, length ${type.size}` : '');
  return [
    `Scope for ${rest}:`,
    ...found.map(
      (l) => `Symbol ${l.name} is a ${l.parameter ? 'parameter' : 'variable'} of ${l.function}${sizeOf(l.type)}.`,
    ),
  ];
}

/** The answer of another command. */
function other(context: CommandContext, line: readonly string[]): readonly string[] {
  const result = context.session?.run(line);
  if (!result) throw new UnsupportedError(`${line[0]} needs a session`);
  return [...renderText(result.blocks)].join('').replace(/\n$/, '').split('\n');
}
