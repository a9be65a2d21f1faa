import { NotFoundError } from '../base/errors.ts';
import { synopsis } from '../report/args.ts';
import { lines } from '../report/block.ts';
import { type Command, command } from '../report/command.ts';
import {
  type CpuRegisterData,
  cpuRegisterData,
  cpuRegisterLines,
  cpuRegistersSchema,
} from '../report/cpu-register-data.ts';
import { type DumpHeaderData, dumpHeaderBlocks, dumpHeaderData, dumpHeaderSchema } from '../report/dump-header.ts';
import { helpLines } from '../report/help-lines.ts';
import { helpTopics } from '../report/help-topics.ts';
import { arrayOf, object, optional, string } from '../report/schema.ts';
import type { SessionPort } from '../report/session-port.ts';

interface HelpData {
  readonly commands: readonly {
    readonly name: string;
    readonly aliases: readonly string[];
    readonly summary: string;
    readonly usage: string;
    readonly text?: readonly string[];
  }[];
  readonly registers?: readonly CpuRegisterData[];
  readonly dump?: DumpHeaderData;
  readonly topics?: readonly { readonly name: string; readonly text: readonly string[] }[];
}

function describe(c: Command, full: boolean): HelpData['commands'][number] {
  const entry = { name: c.name, aliases: c.aliases ?? [], summary: c.summary, usage: synopsis(c) };
  return full ? { ...entry, text: helpLines(c) } : entry;
}

/** By its name, another name of it, or an alias of the session. */
function commandNamed(commands: readonly Command[], session: SessionPort | undefined, name: string): Command {
  const known = (word: string | undefined) =>
    commands.find((c) => c.name === word || (word !== undefined && c.aliases?.includes(word)));
  const found = known(name) ?? known(session?.aliases.find((a) => a.name === name)?.line.split(' ')[0]);
  if (!found) throw new NotFoundError('command', name);
  return found;
}

export const help = command<HelpData>({
  name: 'help',
  aliases: ['?', 'man'],
  summary: 'list the commands, or explain one',
  description: [
    'Without an argument, every command with its one-line summary. With a name, the whole page of it.',
    'Of the tables of itself that crash shows with an option, those that are about the dump are there.',
  ],
  args: {
    options: [
      { flag: 'r', help: 'the registers of each CPU that the dump has' },
      { flag: 'n', help: 'what the files of the dump say of themselves, and the VMCOREINFO text' },
      { flag: 'D', help: 'the same' },
    ],
    operands: [
      {
        name: 'command',
        help: 'command to explain; `all` for every one; `input` and `output` tell about lines and pagers',
        many: true,
      },
    ],
  },
  examples: [
    { line: 'help', shows: 'What there is:' },
    { line: 'help ps', shows: 'Everything about one command:' },
    { line: 'help -r', shows: 'Where each CPU was:' },
  ],
  schema: object('Commands.', {
    commands: arrayOf(
      'One entry a command.',
      object('A command.', {
        name: string('Name.'),
        aliases: arrayOf('Other names.', string('Name.')),
        summary: string('One line.'),
        usage: string('Options and arguments.'),
        text: optional(arrayOf('Its help page, when one was asked for.', string('Line.'))),
      }),
    ),
    registers: optional(cpuRegistersSchema),
    dump: optional(dumpHeaderSchema),
    topics: optional(
      arrayOf(
        'Pages that are about no single command.',
        object('A page.', { name: string('Name.'), text: arrayOf('The page.', string('Line.')) }),
      ),
    ),
  }),
  run({ prog, commands, session }, args) {
    if (args.has('r')) return { commands: [], registers: cpuRegisterData(prog) };
    if (args.has('n') || args.has('D')) return { commands: [], dump: dumpHeaderData(prog) };
    if (args.operands.length === 0) return { commands: commands.map((c) => describe(c, false)) };
    if (args.operands.includes('all')) return { commands: commands.map((c) => describe(c, true)) };
    const isTopic = (name: string): boolean => Object.hasOwn(helpTopics, name);
    const topics = args.operands.filter(isTopic).map((name) => ({ name, text: helpTopics[name] ?? [] }));
    const named = args.operands.filter((name) => !isTopic(name));
    return {
      commands: named.map((name) => describe(commandNamed(commands, session, name), true)),
      ...(topics.length > 0 && { topics }),
    };
  },
  *blocks({ commands, topics, registers, dump }) {
    if (registers) yield { kind: 'lines', lines: cpuRegisterLines(registers) };
    if (dump) yield* dumpHeaderBlocks(dump);
    for (const t of topics ?? []) yield lines('', ...t.text, '');
    if (commands.length === 0) return;
    const width = Math.max(...commands.map((c) => c.name.length));
    for (const c of commands) {
      if (c.text) yield lines('', ...c.text, '');
      else
        yield lines(
          `${c.name.padEnd(width)}  ${c.summary}${c.aliases.length > 0 ? ` (also: ${c.aliases.join(', ')})` : ''}`,
        );
    }
    if (commands.every((c) => !c.text))
      yield lines(
        '',
        'For one command in full, enter "help <command>"; for lines and pagers, "help input" and "help output".',
      );
  },
});
