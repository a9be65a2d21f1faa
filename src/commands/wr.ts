import { UnsupportedError } from '../base/errors.ts';
import { lines } from '../report/block.ts';
import { command } from '../report/command.ts';
import { object, string } from '../report/schema.ts';

interface WrData {
  readonly reason: string;
}

const REASON = 'this is a dump, there is no running kernel behind it';

export const wr = command<WrData>({
  name: 'wr',
  summary: 'refuses to write: a dump is evidence',
  description: [
    'crash writes into the memory of a running system. There is none behind a dump, and what a dump says must not change, so this command only says so. To see what a value would decode to, use `eval`, `p` or `struct` with a cast.',
  ],
  args: {
    options: ['u', 'k', 'p', '8', '16', '32', '64'].map((flag) => ({ flag, help: "as in crash's command" })),
    operands: [
      { name: 'address', help: 'where crash would write' },
      { name: 'value', help: 'what it would write', many: true },
    ],
  },
  examples: [{ line: 'wr panic_timeout 5', shows: 'What it says:' }],
  schema: object('Why nothing is written; with an address the answer is an error.', { reason: string('The reason.') }),
  run(_, { operands: [what] }) {
    if (what !== undefined) throw new UnsupportedError(`wr: ${what} is not written: ${REASON}`);
    return { reason: REASON };
  },
  *blocks({ reason }) {
    yield lines(`wr: nothing is written: ${reason}`);
  },
});
