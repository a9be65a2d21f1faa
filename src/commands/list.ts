import { NotFoundError, UsageError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import { addressOf, frameScope } from '../expr/index.ts';
import type { Block } from '../report/block.ts';
import { codeEntry } from '../report/code-entry.ts';
import { type CodePlace, codePlace } from '../report/code-place.ts';
import { type CommandContext, command } from '../report/command.ts';
import { debugDoubts, FORCED } from '../report/debug-doubts.ts';
import {
  asksForLinkedList,
  type LinkedListData,
  linkedListBlocks,
  linkedListOptions,
  linkedListSchema,
  runLinkedList,
} from '../report/linked-list.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../report/problems.ts';
import { hexString, integer, nullable, object, optional, string } from '../report/schema.ts';
import { type SourceLines, sourceLines, sourceLinesSchema, sourceText } from '../report/source-text.ts';

/** As many lines as gdb shows. */
const BEFORE = 5;
const AFTER = 4;

interface PlaceData {
  readonly file: string;
  readonly line: number;
  readonly function: string | null;
  readonly address: string | null;
  /** Why file and line may be wrong. */
  readonly doubt?: string;
  readonly source?: SourceLines;
  readonly missing?: string;
  readonly problems?: readonly ProblemData[];
}

export interface ListData {
  readonly linkedList?: LinkedListData;
  readonly place?: PlaceData;
}

type Place = Omit<PlaceData, 'source' | 'missing' | 'problems'>;

/** A place, and whether the line is where its function begins. */
interface Found {
  readonly place: Place;
  readonly start: boolean;
}

const placeSchema = object('A place in the source.', {
  file: string('File as the line table has it.'),
  line: integer('Line in it.'),
  function: nullable(string('Function; null when a file and line were asked for.')),
  address: nullable(hexString('Address; null when a file and line were asked for.')),
  doubt: optional(string('Why file and line may be wrong: they come from a file of another build.')),
  source: optional(sourceLinesSchema),
  missing: optional(string('Why there is no text.')),
  problems: optional(problemsSchema),
});

export const list = command<ListData>({
  name: 'list',
  aliases: ['l'],
  summary: 'entries of a linked list, or source text',
  description: [
    'Follows a chain of pointers and shows the address of each entry, with -s members of it. Without -h and -H, start is an entry whose link leads to the next; -H starts at a list_head outside of the entries, -h at the list_head in an entry. A list ends at NULL or where it comes back; one that is broken is shown up to there, with the reason.',
    'Of a function, an instruction or a line of a file the source text instead: the lines around the start of a function, around the line that an address comes from, or around a line of a file. ' +
      'This needs debug information (name the vmlinux behind the dump) and the source (`--source DIR`, a tree or a git ' +
      'repository; of that, the tag of the release is read when there is one).',
    'Where the text cannot be what the kernel was built from, a last line says so.',
  ],
  args: {
    options: linkedListOptions,
    operands: [
      {
        name: 'start | function | file:line',
        help: 'address, symbol or expression of an entry, with its offset before it; or code, where `*` may stand before an address',
        many: true,
      },
    ],
  },
  examples: [
    {
      line: 'list -H modules module.list -s module.state',
      shows: 'The structures of a list whose head is a variable:',
      output: 'ffffffffc02ac2c0\n  state = MODULE_STATE_LIVE,\nffffffffc02a5780\n  state = MODULE_STATE_LIVE,',
    },
    { line: 'list task_struct.tasks -h init_task -S task_struct.pid', shows: 'From one entry all round:' },
    { line: 'list panic', shows: 'Where a function begins:' },
    { line: 'list kmem_cache_free+0x2f7', shows: 'The line of an instruction:' },
    { line: 'list mm/slub.c:419', shows: 'A line of a file:' },
  ],
  schema: object('A linked list or a place in the source.', {
    linkedList: optional(linkedListSchema),
    place: optional(placeSchema),
  }),
  run(context, args) {
    if (args.operands.length === 0 && !linkedListOptions.some((o) => args.has(o.flag))) {
      throw new UsageError('list: needs a start, a function or file:line');
    }
    if (asksForLinkedList(context, args)) return { linkedList: runLinkedList(context, args) };
    return { place: placeData(context, args.operands[0] as string) };
  },
  *blocks(data) {
    if (data.linkedList) yield* linkedListBlocks(data.linkedList);
    if (data.place) yield* placeBlocks(data.place);
  },
});

function placeData(context: CommandContext, word: string): PlaceData {
  const { place, start } = fileLine(word) ?? codeLine(context, word);
  const doubts = place.address === null ? [] : debugDoubts(context.prog);
  return { ...place, ...textOf(context, place, start), ...problemsOf(doubts) };
}

function* placeBlocks(data: PlaceData): Generator<Block> {
  const where = data.function === null ? '' : `${data.function} at `;
  const lines = [`${where}${data.file}:${data.line}${data.doubt === undefined ? '' : FORCED}`];
  if (data.source) lines.push(...sourceText(data.source, data.line));
  if (data.missing !== undefined) lines.push(`(${data.missing})`);
  yield { kind: 'lines', lines };
  yield* problemBlocks(data);
}

function textOf({ source }: CommandContext, place: Place, start: boolean): Pick<PlaceData, 'source' | 'missing'> {
  const text = source?.find(place.file);
  if (text) return { source: sourceLines(text, { ...place, start }, BEFORE, AFTER) };
  return { missing: source ? `${place.file} is not in the source tree` : 'no source tree: --source DIR names one' };
}

function fileLine(word: string): Found | undefined {
  const m = /^(.+):(\d{1,9})$/.exec(word);
  const place = { file: m?.[1] ?? '', line: Math.max(1, Number(m?.[2])), function: null, address: null };
  return m ? { place, start: false } : undefined;
}

function codeLine(context: CommandContext, text: string): Found {
  const { prog } = context;
  const word = text.replace(/^\*\s*/, ''); // gdb's `*address` and `*(expression)`
  const { address } = placeOf(context, word);
  const frame = prog.sourceAt(codeEntry(prog, address))?.find((f) => f.file !== '' && f.line > 0);
  if (!frame) {
    const none = prog.has('lines') ? undefined : 'name the vmlinux behind the dump';
    const why = debugDoubts(prog)[0]?.why ?? none;
    throw new NotFoundError('source line', `of ${word}`, why);
  }
  const place = {
    ...{ file: frame.file, line: frame.line, function: frame.name, address: hex64(address) },
    ...(frame.doubt !== undefined && { doubt: frame.doubt }),
  };
  return { place, start: prog.symbolAt(address)?.address === address };
}

function placeOf({ prog, task }: CommandContext, word: string): CodePlace {
  const expression = (text: string): Addr => addressOf(prog, text, frameScope(prog, task));
  try {
    return codePlace(prog, word, { command: 'list', expression });
  } catch (e) {
    if (e instanceof NotFoundError && !word.startsWith('('))
      throw new UsageError(`list: '${word}' is no symbol, address or file:line`);
    throw e;
  }
}
