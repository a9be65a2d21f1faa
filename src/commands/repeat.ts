import { UnsupportedError, UsageError } from '../base/errors.ts';
import type { Block } from '../report/block.ts';
import { command } from '../report/command.ts';
import { object, string } from '../report/schema.ts';

interface RepeatData {
  readonly command: string;
  readonly note: string;
  readonly answer: object;
}

/** The text of an answer, for as long as its data is in use. */
const shown = new WeakMap<object, Iterable<Block>>();

export const repeat = command<RepeatData>({
  name: 'repeat',
  summary: 'run a command; once is enough on a dump',
  description: [
    "crash repeats a command on a running system until it is stopped. A dump does not change, so the command is run once; the number of seconds is taken so that scripts of crash's run.",
  ],
  args: {
    operands: [
      { name: '-seconds', help: 'ignored' },
      { name: 'command', help: 'the command and its arguments', many: true },
    ],
    expression: true,
  },
  examples: [{ line: 'repeat -1 runq', shows: 'The same as `runq`:' }],
  schema: object('The answer.', {
    command: string('The command that was run.'),
    note: string('Why it ran once.'),
    answer: { type: 'object', description: 'What it answered; see the command.' },
  }),
  run({ session }, { operands }) {
    if (!session) throw new UnsupportedError('repeat: there is no session that would run a command');
    const words = /^-\d+$/.test(operands[0] ?? '') ? operands.slice(1) : operands;
    if (words.length === 0) throw new UsageError('repeat: needs a command');
    const answer = session.run(words);
    if (!answer) throw new UsageError('repeat: needs a command');
    shown.set(answer.data, answer.blocks);
    return { command: words.join(' '), note: 'a dump does not change: run once', answer: answer.data };
  },
  *blocks({ answer }) {
    yield* shown.get(answer) ?? [];
  },
});
