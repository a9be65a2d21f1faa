import type { PrintFormat } from '../expr/print-format.ts';
import type { Args } from './args.ts';
import { type Command, type CommandContext, command } from './command.ts';
import { type StructData, structData } from './object-data.ts';
import { type ObjectStyle, structLines } from './object-lines.ts';
import { structSchema } from './object-schema.ts';

/** What differs between the commands that show structures. */
interface ObjectCommand {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly summary: string;
  readonly kind?: 'struct' | 'union';
  readonly examples: Command['examples'];
}

/** The options that every command has which shows structures. */
const options = [
  { flag: 'o', help: 'the definition with the offsets of its members; with an address, their addresses' },
  { flag: 'l', value: 'offset', help: 'the address is that of a member: bytes, or struct.member' },
  { flag: 'c', value: 'count', help: 'so many, one behind the other; a negative number ends at the address' },
  { flag: 'p', help: 'follow pointers' },
  { flag: 'r', help: 'raw memory' },
  { flag: 'x', help: 'integers in hexadecimal' },
  { flag: 'd', help: 'integers in decimal' },
  { flag: 'u', help: 'the address is one of user space' },
  { flag: 'f', help: 'the address is an offset in the dump file' },
] as const;

/** A command that shows definitions and objects of structures. */
export function objectCommand({ name, aliases, summary, kind, examples }: ObjectCommand): Command {
  return command<StructData>({
    name,
    ...(aliases && { aliases }),
    summary,
    description: [
      'Without an address the definition, with one the object there. Members are named behind a dot, several separated by ' +
        'commas: task_struct.pid,se.load. The address is a symbol, hexadecimal digits or a C expression; a per-CPU variable ' +
        'takes the CPUs behind a colon: runqueues:0, runqueues:a.',
    ],
    args: {
      options,
      operands: [
        { name: 'name[.member,...]', help: 'the type and its members', required: true },
        { name: 'address | symbol', help: 'where the object is' },
        { name: 'count', help: 'so many, one behind the other' },
      ],
    },
    examples,
    schema: structSchema,
    run(context, args) {
      return structData(context, args, kind, formatOf(context, args));
    },
    *blocks(data, args) {
      yield { kind: 'lines', lines: structLines(data, styleOf(args)) };
    },
  });
}

function formatOf(context: CommandContext, args: Args): PrintFormat {
  const settings = context.session?.settings;
  const hex = args.has('x') || (!args.has('d') && settings?.radix === 16);
  return { ...(hex && { radix: 16 as const }), ...(settings && { elements: settings.printMax }) };
}

function styleOf(args: Args): ObjectStyle {
  return { offsets: args.has('o'), radix: args.has('x') ? 16 : 10, follow: args.has('p') };
}
