import { NotFoundError, UsageError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import { modules } from '../kernel/module.ts';
import type { KernelSymbol } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { type Args, parseAddress } from '../report/args.ts';
import { codeEntry } from '../report/code-entry.ts';
import { command } from '../report/command.ts';
import { shortDigits } from '../report/pad.ts';
import { arrayOf, hexString, integer, nullable, object, optional, string } from '../report/schema.ts';

interface SymbolData {
  readonly name: string;
  readonly address: string;
  readonly size: number;
  readonly letter: string;
  readonly module: string | null;
  /** Bytes into the symbol, when an address was asked for. */
  readonly offset: number;
  readonly file?: string;
  readonly line?: number;
}

/** A part of a module's memory with the symbols in it. */
interface ModulePartData {
  readonly module: string;
  readonly kind: string | null;
  readonly start: string;
  /** As crash tells it: the last byte where the kernel tells parts apart, the one behind it where it does not. */
  readonly end: string;
  readonly size: number;
  readonly symbols: readonly SymbolData[];
}

export interface SymData {
  readonly symbols: readonly SymbolData[];
  readonly modules?: readonly ModulePartData[];
  /** Names that there is no symbol of. */
  readonly missing?: readonly { readonly name: string; readonly alternatives: readonly SymbolData[] }[];
}

const symbolSchema = object('A symbol.', {
  name: string('Name.'),
  address: hexString('Where it starts.'),
  size: integer('Bytes up to the next symbol.'),
  letter: string('Kind in the letters of nm(1); `?` when the kernel does not say.'),
  module: nullable(string('Module; null for the kernel itself.')),
  offset: integer('Distance of the address that was asked for from its start; 0 for names.'),
  file: optional(string('Source file, where debug information tells it.')),
  line: optional(integer('Line in it.')),
});

export const sym = command<SymData>({
  name: 'sym',
  summary: 'symbols and addresses',
  description: [
    'A name is turned into its address, an address into the symbol that covers it. The symbols are those that the kernel ' +
      'carries itself (kallsyms), those of modules included; whether variables are among them depends on its configuration.',
  ],
  args: {
    options: [
      { flag: 'l', help: 'list every symbol, those of modules part by part' },
      { flag: 'M', help: 'list the symbols of every module, part by part' },
      { flag: 'm', value: 'module', help: 'list the symbols of one module, part by part' },
      { flag: 'q', value: 'text', help: 'list the symbols whose name contains this text' },
      { flag: 'p', help: 'also the symbol before' },
      { flag: 'n', help: 'also the symbol after' },
    ],
    operands: [
      { name: 'symbol | address', help: 'what to look up; addresses are hexadecimal; symbol+offset too', many: true },
    ],
  },
  examples: [
    { line: 'sym panic', shows: 'Where a function is:', output: 'ffffffff829ccf31 (T) panic' },
    { line: 'sym ffffffff829ccf40', shows: 'What is at an address:', output: 'ffffffff829ccf40 (T) panic+15' },
    { line: 'sym -q do_exit', shows: 'Every name that contains a text:' },
  ],
  schema: object('Symbols.', {
    symbols: arrayOf('In the order of the arguments; of lists ascending by address in each object.', symbolSchema),
    modules: optional(
      arrayOf(
        'Parts of the memory of modules (`-m`, `-M`).',
        object('One part.', {
          module: string('Module.'),
          kind: nullable(string('TEXT, DATA, RODATA, ...; null where the kernel keeps all in one.')),
          start: hexString('Where it starts.'),
          end: hexString('Its last byte; in kernels that keep all in one part (before 6.4) the byte behind it.'),
          size: integer('Bytes.'),
          symbols: arrayOf('The symbols in it, ascending.', symbolSchema),
        }),
      ),
    ),
    missing: optional(
      arrayOf(
        'Names that there is no symbol of.',
        object('One.', {
          name: string('What was asked for.'),
          alternatives: arrayOf('Symbols whose name contains it.', symbolSchema),
        }),
      ),
    ),
  }),
  run({ prog }, args) {
    if (args.has('M') || args.value('m') !== undefined) {
      return { symbols: [], modules: moduleSymbols(prog, args.value('m')) };
    }
    const part = args.value('q');
    if (part !== undefined) return { symbols: listSymbols(prog, (s) => s.name.includes(part)) };
    if (args.has('l')) {
      return { symbols: listSymbols(prog, (s) => s.module === undefined), modules: moduleSymbols(prog, undefined) };
    }
    if (args.operands.length === 0) throw new UsageError('sym: needs a symbol, an address, -l, -m, -M or -q');
    const missing: { name: string; alternatives: SymbolData[] }[] = [];
    const symbols = args.operands.flatMap((word): readonly SymbolData[] => {
      const found = lookUp(prog, word, args);
      if (!found) missing.push({ name: word, alternatives: listSymbols(prog, (s) => s.name.includes(word)) });
      return found ?? [];
    });
    if (symbols.length === 0 && missing.every((m) => m.alternatives.length === 0)) {
      throw new NotFoundError('symbol', missing.map((m) => m.name).join(', '));
    }
    return { symbols, ...(missing.length > 0 && { missing }) };
  },
  *blocks({ symbols, modules: parts, missing }) {
    yield { kind: 'lines', lines: lineOfEach(symbols) };
    if (parts) yield { kind: 'lines', lines: partLines(parts) };
    if (missing) yield { kind: 'lines', lines: missing.flatMap(missingLines) };
  },
});

function* lineOfEach(symbols: readonly SymbolData[]): Iterable<string> {
  for (const s of symbols) {
    const place = s.file === undefined ? '' : ` ${s.file}: ${s.line}`;
    yield symbolLine(s) + (s.module === null ? '' : ` [${s.module}]`) + place;
  }
}

function symbolLine(s: SymbolData): string {
  const offset = s.offset === 0 ? '' : `+${s.offset}`;
  const at = BigInt(s.address) + BigInt(s.offset);
  return `${at.toString(16)} (${s.letter}) ${s.name}${offset}`;
}

/** As crash frames the symbols of a module. */
function* partLines(parts: readonly ModulePartData[]): Iterable<string> {
  for (const part of parts) {
    const kind = part.kind === null ? 'MODULE' : `MODULE ${part.kind}`;
    yield `${shortDigits(part.start)} ${kind} START: ${part.module}`;
    for (const s of part.symbols) yield symbolLine(s);
    yield `${shortDigits(part.end)} ${kind} END: ${part.module}`;
  }
}

function missingLines(m: { readonly name: string; readonly alternatives: readonly SymbolData[] }): string[] {
  const lines = [...lineOfEach(m.alternatives)].map((line) => `  ${line}`);
  return [`symbol not found: ${m.name}`, 'possible alternatives:', ...(lines.length > 0 ? lines : ['  (none found)'])];
}

/** Every part of the memory of a module, or of all of them, with what lies in it. @throws NotFoundError */
function moduleSymbols(prog: Program, name: string | undefined): ModulePartData[] {
  const wanted = modules(prog).modules.filter((m) => name === undefined || m.name === name);
  if (name !== undefined && wanted.length === 0) throw new NotFoundError('module', name);
  const names = new Set(wanted.map((m) => m.name));
  const symbols = new Map<string, KernelSymbol[]>();
  for (const s of prog.symbols()) {
    if (s.module === undefined || !names.has(s.module)) continue;
    const own = symbols.get(s.module);
    if (own) own.push(s);
    else symbols.set(s.module, [s]);
  }
  const ordered = wanted.sort((a, b) => (a.base < b.base ? -1 : a.base > b.base ? 1 : 0));
  return ordered.flatMap((m) =>
    m.memory
      .filter((part) => part.base !== 0n)
      .map((part) => {
        const end = part.base + BigInt(part.size);
        const inside = (symbols.get(m.name) ?? []).filter((s) => s.address >= part.base && s.address < end);
        const kind = part.kind ?? (part.init ? 'INIT' : null);
        return {
          module: m.name,
          kind,
          start: hex64(part.base),
          end: hex64(part.kind === undefined ? end : end - 1n),
          size: part.size,
          symbols: inside.map((s) => entry(s, 0)),
        };
      }),
  );
}

type Filter = (s: KernelSymbol) => boolean;

function listSymbols(prog: Program, wanted: Filter): SymbolData[] {
  const found: SymbolData[] = [];
  let any = false;
  // What was built tells more than what the kernel keeps of it.
  for (const s of prog.fileSymbols() ?? []) {
    any = true;
    if (wanted(s)) found.push(entry(s, 0));
  }
  const ofFile = any;
  for (const s of prog.symbols()) {
    any = true;
    if ((!ofFile || s.module !== undefined) && wanted(s)) found.push(entry(s, 0));
  }
  if (!any) throw new NotFoundError('symbol', 'table', 'the dump carries no kallsyms that could be read');
  return found;
}

/** The symbol of a word, with its neighbours when they are asked for; undefined for a name that there is no symbol of. */
function lookUp(prog: Program, word: string, args: Args): SymbolData[] | undefined {
  const place = placeOf(prog, word);
  if (!place) return undefined;
  const { symbol, offset } = place;
  const found = [placed(prog, symbol, offset)];
  const before = args.has('p') ? prog.symbolAt(symbol.address - 1n) : undefined;
  const after = args.has('n') ? prog.symbolAt(symbol.address + BigInt(symbol.size)) : undefined;
  if (before) found.unshift(placed(prog, before, 0));
  if (after && after.address !== symbol.address) found.push(placed(prog, after, 0));
  return found;
}

/** @throws NotFoundError for an address that no symbol covers, and when there are no symbols at all */
function placeOf(prog: Program, word: string): { symbol: KernelSymbol; offset: number } | undefined {
  const named = prog.findSymbol(word);
  if (named) return { symbol: named, offset: 0 };
  const address = parseAddress(word);
  const symbol = address === undefined ? undefined : prog.symbolAt(address);
  if (address !== undefined && symbol) return { symbol, offset: Number(address - symbol.address) };
  const sum = address === undefined ? sumOf(prog, word) : undefined;
  if (sum) return sum;
  const ofModule = address === undefined ? prog.findModuleSymbol(word) : undefined;
  if (ofModule) return { symbol: ofModule, offset: 0 };
  if (address !== undefined && /\d/.test(word)) throw new NotFoundError('symbol', `at ${word}`);
  if (!prog.has('symbols')) throw new NotFoundError('symbol', word, 'the dump carries no symbol table');
  return undefined;
}

/** `symbol+offset`, the offset in decimal or with `0x`. */
function sumOf(prog: Program, word: string): { symbol: KernelSymbol; offset: number } | undefined {
  const parts = /^([\w.$]+)\+(0x[0-9a-f]{1,8}|\d{1,9})$/i.exec(word);
  const named = parts && (prog.findSymbol(parts[1] as string) ?? prog.findModuleSymbol(parts[1] as string));
  if (!parts || !named) return undefined;
  const address = named.address + BigInt(parts[2] as string);
  const symbol = prog.symbolAt(address) ?? named;
  return { symbol, offset: Number(address - symbol.address) };
}

/** With file and line, where debug information tells them. */
function placed(prog: Program, s: KernelSymbol, offset: number): SymbolData {
  const isText = /[tTwW]/.test(s.letter);
  const source = isText ? prog.sourceAt(codeEntry(prog, s.address + BigInt(offset)))?.[0] : undefined;
  return {
    ...entry(s, offset),
    ...(source !== undefined && source.file !== '' && { file: source.file, line: source.line }),
  };
}

function entry(s: KernelSymbol, offset: number): SymbolData {
  return {
    name: s.name,
    address: hex64(s.address),
    size: s.size,
    letter: s.letter,
    module: s.module ?? null,
    offset,
  };
}
