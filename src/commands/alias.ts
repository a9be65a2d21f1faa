import { NotFoundError, UnsupportedError } from '../base/errors.ts';
import { command } from '../report/command.ts';
import { arrayOf, object, oneOf, string } from '../report/schema.ts';
import type { Alias } from '../report/session-port.ts';

interface AliasData {
  readonly aliases: readonly Alias[];
  readonly removed: readonly string[];
}

export const alias = command<AliasData>({
  name: 'alias',
  summary: 'list, set or remove words that stand for a command',
  description: [
    'Without an argument, every alias; with a name, that one; with a name and words, the name stands for the words from now on. Empty quotes instead of the words remove it.',
    'Pipes and redirections in an alias must stand in quotes. Aliases may be kept in the start-up file .inquestrc.',
  ],
  args: {
    operands: [
      { name: 'alias', help: 'one word' },
      { name: 'command', help: 'what it stands for', many: true },
    ],
    expression: true,
  },
  examples: [
    {
      line: 'alias kp kmem -p',
      shows: 'A short name of your own:',
      output: 'ORIGIN   ALIAS    COMMAND\nruntime  kp       kmem -p',
    },
    { line: 'alias ksd "kmem -p | grep slab"', shows: 'One with a pipe:' },
    { line: 'alias kp ""', shows: 'Remove it:', output: 'alias deleted: kp' },
  ],
  schema: object('Aliases.', {
    aliases: arrayOf(
      'The aliases asked for.',
      object('An alias.', {
        origin: oneOf('Who set it.', ['builtin', 'rc', 'runtime', 'input']),
        name: string('The word.'),
        line: string('What it stands for.'),
      }),
    ),
    removed: arrayOf('Aliases that were removed.', string('Name.')),
  }),
  run({ session }, { operands: [name, ...words] }) {
    if (!session) throw new UnsupportedError('alias: there is no session that would keep one');
    if (name === undefined) return { aliases: session.aliases, removed: [] };
    const line = words.join(' ').trim();
    const named = session.aliases.filter((a) => a.name === name);
    if (words.length > 0 && line === '') {
      if (named.length === 0) throw new NotFoundError('alias', name);
      session.setAlias(name, '');
      return { aliases: [], removed: [name] };
    }
    if (words.length > 0) session.setAlias(name, line);
    else if (named.length === 0) throw new NotFoundError('alias', name);
    return { aliases: session.aliases.filter((a) => a.name === name), removed: [] };
  },
  *blocks({ aliases, removed }) {
    if (removed.length > 0) yield { kind: 'lines', lines: removed.map((name) => `alias deleted: ${name}`) };
    else {
      yield {
        kind: 'lines',
        lines: [
          'ORIGIN   ALIAS    COMMAND',
          ...aliases.map((a) => `${a.origin.padEnd(8)} ${a.name.padEnd(8)} ${a.line}`),
        ],
      };
    }
  },
});
