import { UnsupportedError, UsageError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import { pageEntry } from '../kernel/page-entry.ts';
import { parseAddress } from '../report/args.ts';
import { command } from '../report/command.ts';
import { type EntryData, entryLines, entrySchema } from '../report/page-table-lines.ts';
import { arrayOf, object } from '../report/schema.ts';

interface PteData {
  readonly entries: readonly EntryData[];
}

export const pte = command<PteData>({
  name: 'pte',
  summary: 'what a page-table entry says',
  description: [
    'The physical address and the flags of page-table entries; of one without a page, where it is in swap space.',
  ],
  args: { operands: [{ name: 'entry', help: 'a value in hexadecimal', required: true, many: true }] },
  examples: [
    {
      line: 'pte 8000000001000063',
      shows: 'The flags of an entry:',
      output: ['      PTE         PHYSICAL  FLAGS', '8000000001000063   1000000  (PRESENT|RW|ACCESSED|DIRTY|NX)'].join(
        '\n',
      ),
    },
  ],
  schema: object('Page-table entries.', { entries: arrayOf('In the order of the line.', entrySchema) }),
  run({ prog }, args) {
    const entries = args.operands.map((word): EntryData => {
      const value = parseAddress(word);
      if (value === undefined) throw new UsageError(`pte: '${word}' is no hexadecimal value`);
      const found = pageEntry(prog, value);
      if (!found) throw new UnsupportedError('pte: the page-table entries of this CPU are not known');
      const { swap } = found;
      return {
        entry: hex64(value),
        physical: found.physical ?? null,
        flags: found.flags,
        swap: swap ? { type: swap.type, offset: hex64(swap.offset), path: swap.path ?? null } : null,
      };
    });
    return { entries };
  },
  *blocks(data) {
    yield { kind: 'lines', lines: data.entries.flatMap(entryLines) };
  },
});
