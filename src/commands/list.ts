import { NotFoundError, UsageError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { parseAddress } from '../report/args.ts';
import { type CommandContext, command } from '../report/command.ts';
import { debugDoubts } from '../report/debug-doubts.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../report/problems.ts';
import { hexString, integer, nullable, object, optional, string } from '../report/schema.ts';
import { type SourceLines, sourceLines, sourceLinesSchema, sourceText } from '../report/source-text.ts';

/** As many lines as gdb shows. */
const BEFORE = 5;
const AFTER = 4;

export interface ListData {
  readonly file: string;
  readonly line: number;
  readonly function: string | null;
  readonly address: string | null;
  readonly source?: SourceLines;
  readonly missing?: string;
  readonly problems?: readonly ProblemData[];
}

type Place = Omit<ListData, 'source' | 'missing' | 'problems'>;

export const list = command<ListData>({
  name: 'list',
  aliases: ['l'],
  summary: 'source text around a function, address or line',
  description: [
    'The lines around the start of a function, around the line that an address comes from, or around a line of a file. ' +
      'This needs debug information (name the vmlinux behind the dump) and the source (`--source DIR`, a tree or a git ' +
      'repository; of that, the tag of the release is read when there is one).',
    'Where the text cannot be what the kernel was built from, a last line says so.',
  ],
  args: {
    operands: [
      { name: 'symbol | address | file:line', help: 'what to show; addresses are hexadecimal', required: true },
    ],
  },
  examples: [
    { line: 'list panic', shows: 'Where a function begins:' },
    { line: 'list kmem_cache_free+0x2f7', shows: 'The line of an instruction:' },
    { line: 'list mm/slub.c:419', shows: 'A line of a file:' },
  ],
  schema: object('A place in the source.', {
    file: string('File as the line table has it.'),
    line: integer('Line in it.'),
    function: nullable(string('Function; null when a file and line were asked for.')),
    address: nullable(hexString('Address; null when a file and line were asked for.')),
    source: optional(sourceLinesSchema),
    missing: optional(string('Why there is no text.')),
    problems: optional(problemsSchema),
  }),
  run(context, args) {
    const word = args.operands[0] as string;
    const place = fileLine(word) ?? codeLine(context.prog, word);
    const doubts = place.address === null ? [] : debugDoubts(context.prog);
    return { ...place, ...textOf(context, place), ...problemsOf(doubts) };
  },
  *blocks(data) {
    const where = data.function === null ? '' : `${data.function} at `;
    const lines = [`${where}${data.file}:${data.line}`];
    if (data.source) lines.push(...sourceText(data.source, data.line));
    if (data.missing !== undefined) lines.push(`(${data.missing})`);
    yield { kind: 'lines', lines };
    yield* problemBlocks(data);
  },
});

function textOf({ source }: CommandContext, place: Place): Pick<ListData, 'source' | 'missing'> {
  const text = source?.find(place.file);
  if (text) return { source: sourceLines(text, place.line, BEFORE, AFTER) };
  return { missing: source ? `${place.file} is not in the source tree` : 'no source tree: --source DIR names one' };
}

function fileLine(word: string): Place | undefined {
  const m = /^(.+):(\d{1,9})$/.exec(word);
  return m ? { file: m[1] as string, line: Math.max(1, Number(m[2])), function: null, address: null } : undefined;
}

function codeLine(prog: Program, word: string): Place {
  const address = addressOf(prog, word);
  const frame = prog.sourceAt(address)?.find((f) => f.file !== '' && f.line > 0);
  if (!frame) {
    const none = prog.has('lines') ? undefined : 'name the vmlinux behind the dump';
    const why = debugDoubts(prog)[0]?.why ?? none;
    throw new NotFoundError('source line', `of ${word}`, why);
  }
  return { file: frame.file, line: frame.line, function: frame.name, address: hex64(address) };
}

/** `symbol`, `symbol+0x12`, `symbol+18` or an address. */
function addressOf(prog: Program, word: string): Addr {
  const m = /^(.+?)\+(0x[0-9a-f]{1,8}|\d{1,9})(?:\/0x[0-9a-f]+)?$/i.exec(word);
  const name = m ? (m[1] as string) : word;
  const symbol = prog.findSymbol(name) ?? prog.findModuleSymbol(name);
  if (symbol) return symbol.address + BigInt(m?.[2] ?? 0);
  const address = m ? undefined : parseAddress(word);
  if (address === undefined) throw new UsageError(`list: '${word}' is no symbol, address or file:line`);
  return address;
}
