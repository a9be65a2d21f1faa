import { NotFoundError, UsageError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import type { KernelSymbol } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { type Args, parseAddress } from '../report/args.ts';
import { command } from '../report/command.ts';
import { shortDigits } from '../report/pad.ts';
import { arrayOf, hexString, integer, nullable, object, string } from '../report/schema.ts';

export interface SymData {
  readonly symbols: readonly {
    readonly name: string;
    readonly address: string;
    readonly size: number;
    readonly letter: string;
    readonly module: string | null;
    /** Bytes into the symbol, when an address was asked for. */
    readonly offset: number;
  }[];
}

export const sym = command<SymData>({
  name: 'sym',
  summary: 'symbols and addresses',
  description: [
    'A name is turned into its address, an address into the symbol that covers it. The symbols are those that the kernel ' +
      'carries itself (kallsyms), those of modules included; whether variables are among them depends on its configuration.',
  ],
  args: {
    options: [
      { flag: 'l', help: 'list every symbol, ascending inside each object' },
      { flag: 'm', value: 'module', help: 'list the symbols of one module' },
      { flag: 'q', value: 'text', help: 'list the symbols whose name contains this text' },
      { flag: 'p', help: 'also the symbol before' },
      { flag: 'n', help: 'also the symbol after' },
    ],
    operands: [{ name: 'symbol | address', help: 'what to look up; addresses are hexadecimal', many: true }],
  },
  examples: [
    { line: 'sym panic', shows: 'Where a function is:', output: 'ffffffff829ccf31 (T) panic' },
    { line: 'sym ffffffff829ccf40', shows: 'What is at an address:', output: 'ffffffff829ccf40 (T) panic+15' },
    { line: 'sym -q do_exit', shows: 'Every name that contains a text:' },
  ],
  schema: object('Symbols.', {
    symbols: arrayOf(
      'In the order of the arguments; of lists ascending by address in each object.',
      object('A symbol.', {
        name: string('Name.'),
        address: hexString('Where it starts.'),
        size: integer('Bytes up to the next symbol.'),
        letter: string('Kind in the letters of nm(1); `?` when the kernel does not say.'),
        module: nullable(string('Module; null for the kernel itself.')),
        offset: integer('Distance of the address that was asked for from its start; 0 for names.'),
      }),
    ),
  }),
  run({ prog }, args) {
    const list = listFilter(args);
    if (list) return { symbols: listSymbols(prog, list) };
    if (args.operands.length === 0) throw new UsageError('sym: needs a symbol, an address, -l, -m or -q');
    return { symbols: args.operands.flatMap((word) => lookUp(prog, word, args)) };
  },
  *blocks({ symbols }) {
    yield { kind: 'lines', lines: lineOfEach(symbols) };
  },
});

function* lineOfEach(symbols: SymData['symbols']): Iterable<string> {
  for (const s of symbols) {
    const offset = s.offset === 0 ? '' : `+${s.offset}`;
    yield `${shortDigits(s.address)} (${s.letter}) ${s.name}${offset}${s.module === null ? '' : ` [${s.module}]`}`;
  }
}

type Filter = (s: KernelSymbol) => boolean;

function listFilter(args: Args): Filter | undefined {
  const module = args.value('m');
  const part = args.value('q');
  if (module === undefined && part === undefined) return args.has('l') ? () => true : undefined;
  return (s) => (module === undefined || s.module === module) && (part === undefined || s.name.includes(part));
}

function listSymbols(prog: Program, wanted: Filter): SymData['symbols'] {
  const found: SymData['symbols'][number][] = [];
  let any = false;
  for (const s of prog.symbols()) {
    any = true;
    if (wanted(s)) found.push(entry(s, 0));
  }
  if (!any) throw new NotFoundError('symbol', 'table', 'the dump carries no kallsyms that could be read');
  return found;
}

function lookUp(prog: Program, word: string, args: Args): SymData['symbols'][number][] {
  let symbol = prog.findSymbol(word);
  let offset = 0;
  if (!symbol) {
    const address = parseAddress(word);
    symbol = address === undefined ? undefined : prog.symbolAt(address);
    if (address !== undefined && symbol) offset = Number(address - symbol.address);
    else if (address !== undefined && (/^0x/i.test(word) || /\d/.test(word))) {
      throw new NotFoundError('symbol', `at ${word}`);
    }
  }
  if (!symbol)
    throw new NotFoundError('symbol', word, prog.has('symbols') ? undefined : 'the dump carries no symbol table');
  const found = [entry(symbol, offset)];
  const before = args.has('p') ? prog.symbolAt(symbol.address - 1n) : undefined;
  const after = args.has('n') ? prog.symbolAt(symbol.address + BigInt(symbol.size)) : undefined;
  if (before) found.unshift(entry(before, 0));
  if (after && after.address !== symbol.address) found.push(entry(after, 0));
  return found;
}

function entry(s: KernelSymbol, offset: number): SymData['symbols'][number] {
  return {
    name: s.name,
    address: hex64(s.address),
    size: s.size,
    letter: s.letter,
    module: s.module ?? null,
    offset,
  };
}
