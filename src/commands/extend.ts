import { UnsupportedError } from '../base/errors.ts';
import { lines } from '../report/block.ts';
import { command } from '../report/command.ts';
import { arrayOf, object, string } from '../report/schema.ts';

interface ExtendData {
  readonly extensions: readonly { readonly name: string; readonly commands: readonly string[] }[];
  readonly removed: readonly string[];
}

export const extend = command<ExtendData>({
  name: 'extend',
  summary: 'add commands of your own, written in TypeScript or JavaScript',
  description: [
    'Loads modules that export commands (see docs/extensions.md), lists those that are loaded, or unloads them. A name without a folder is looked for in the working directory, in that of INQUEST_EXTENSIONS and in ./extensions.',
    'A module is your own code: it may do everything that this program may.',
  ],
  args: {
    options: [{ flag: 'u', help: 'unload these modules; all of them without a name' }],
    operands: [{ name: 'module', help: 'a .ts, .mts, .js, .mjs or .cjs file', many: true }],
  },
  examples: [
    { line: 'extend ./hung.ts', shows: 'Load a module:', output: 'MODULE     COMMANDS\n./hung.ts  hung' },
    { line: 'extend -u', shows: 'Unload every module:' },
  ],
  schema: object('Extensions.', {
    extensions: arrayOf(
      'What is loaded now.',
      object('A module.', { name: string('Its path.'), commands: arrayOf('Its commands.', string('Name.')) }),
    ),
    removed: arrayOf('Modules that were unloaded.', string('Path.')),
  }),
  run({ session }, args) {
    if (!session) throw new UnsupportedError('extend: there is no session that would load one');
    const removed = args.has('u')
      ? session.extensions.map((e) => e.name).filter((name) => wanted(name, args.operands))
      : [];
    for (const name of removed) session.removeExtension(name);
    return {
      extensions: session.extensions.map((e) => ({ name: e.name, commands: e.commands.map((c) => c.name) })),
      removed,
    };
  },
  *blocks({ extensions, removed }) {
    yield lines(...removed.map((name) => `${name}: unloaded`));
    if (extensions.length === 0) return;
    const width = Math.max(6, ...extensions.map((e) => e.name.length));
    yield lines(
      `${'MODULE'.padEnd(width)}  COMMANDS`,
      ...extensions.map((e) => `${e.name.padEnd(width)}  ${e.commands.join(' ')}`),
    );
  },
});

function wanted(name: string, operands: readonly string[]): boolean {
  return operands.length === 0 || operands.some((o) => name === o || name.endsWith(`/${o.replace(/^\.\//, '')}`));
}
