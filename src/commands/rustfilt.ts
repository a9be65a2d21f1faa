import { demangleRust } from '../base/rust-symbol.ts';
import { lines } from '../report/block.ts';
import { command } from '../report/command.ts';
import { arrayOf, nullable, object, string } from '../report/schema.ts';

interface RustfiltData {
  readonly symbols: readonly { readonly symbol: string; readonly name: string | null }[];
}

export const rustfilt = command<RustfiltData>({
  name: 'rustfilt',
  summary: 'names of Rust symbols as they stand in the source',
  description: ['Undoes the mangling of Rust symbols, the old one with a hash and the present one (v0).'],
  args: { operands: [{ name: 'symbol', help: 'a symbol as the kernel lists it', required: true, many: true }] },
  examples: [
    {
      line: 'rustfilt _RNvNtCshc5sK6KjdJJ_6kernel5print11call_printk',
      shows: 'A name out of a stack:',
      output: 'kernel::print::call_printk',
    },
  ],
  schema: object('Names.', {
    symbols: arrayOf(
      'One entry a symbol.',
      object('A symbol.', {
        symbol: string('As it was given.'),
        name: nullable(string('Its name; null: no Rust symbol.')),
      }),
    ),
  }),
  run(_, { operands }) {
    return { symbols: operands.map((symbol) => ({ symbol, name: demangleRust(symbol) ?? null })) };
  },
  *blocks({ symbols }) {
    for (const s of symbols) yield s.name === null ? lines('Not a rust symbol:', s.symbol) : lines(s.name);
  },
});
