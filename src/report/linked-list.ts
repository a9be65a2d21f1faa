import { NotFoundError, UsageError } from '../base/errors.ts';
import { hex, hex64 } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import {
  addressOf,
  frameScope,
  memberOffset,
  type NamedValue,
  objectLines,
  objectMembers,
  parseObjectMembers,
} from '../expr/index.ts';
import { type LinkedListShape, linkedList } from '../kernel/linked-list.ts';
import { attempt } from '../kernel/note-problem.ts';
import type { Problem } from '../program/ports.ts';
import { type Args, parseAddress } from './args.ts';
import type { Block } from './block.ts';
import type { CommandContext, OptionSpec } from './command.ts';
import { shortDigits } from './pad.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from './problems.ts';
import { arrayOf, boolean, hexString, object, optional, type Schema, string } from './schema.ts';
import { valueSchema } from './value-schema.ts';

/** A linked list as JSON. */
export interface LinkedListData {
  readonly entries: readonly {
    readonly address: string;
    readonly object?: readonly NamedValue[];
    readonly lines?: readonly string[];
  }[];
  readonly problems?: readonly ProblemData[];
}

export const linkedListOptions: readonly OptionSpec[] = [
  { flag: 'o', value: 'offset', help: 'of the link in each entry: bytes, or struct.member' },
  { flag: 'e', value: 'end', help: 'a link with this value ends the list' },
  { flag: 'H', value: 'head', help: 'start at a list_head that is no entry' },
  { flag: 'h', value: 'start', help: 'start at an entry that has the list_head in it' },
  { flag: 'O', value: 'offset', help: 'with -h: where the list_head is in the start, which is then no entry' },
  { flag: 's', value: 'struct', help: 'show each entry as this: struct, or struct.member,member' },
  { flag: 'S', value: 'struct', help: 'the same, members of 1, 2, 4 or 8 bytes as plain numbers' },
  { flag: 'l', value: 'offset', help: 'with -s: of the link in the structure, where entries are addresses of links' },
  { flag: 'r', help: 'backward, along the second pointer of the list_heads' },
  { flag: 'B', help: 'notice loops by the method of R. P. Brent, and tell their length' },
  { flag: 'x', help: 'numbers in hexadecimal' },
  { flag: 'd', help: 'numbers in decimal' },
];

export const linkedListSchema: Schema = object('A linked list.', {
  entries: arrayOf(
    'In the order of the list.',
    object('An entry.', {
      address: hexString('Its address.'),
      object: optional(
        arrayOf(
          'What was asked for with -s.',
          object('A member.', {
            name: string('Its path; empty for the whole.'),
            value: valueSchema,
            plain: optional(boolean('Whether it is written as a bare number (`-S`).')),
            last: optional(boolean('Whether it is the last of its struct.')),
          }),
        ),
      ),
      lines: optional(arrayOf('The same as text.', string('A line.'))),
    }),
  ),
  problems: optional(problemsSchema),
});

/** What the words of the line mean. */
interface Plan {
  readonly shape: LinkedListShape;
  /** From what a link leads to, to the entry. */
  readonly shift: Bytes;
}

/** @throws UsageError NotFoundError MemoryFault */
export function runLinkedList(context: CommandContext, args: Args): LinkedListData {
  const { prog } = context;
  const { shape, shift } = planOf(context, args);
  const walk = linkedList(prog, shape);
  const problems: Problem[] = [];
  if (walk.damage !== undefined) problems.push({ what: 'list', why: walk.damage });
  const radix = args.has('x') ? 16 : 10;
  const inside = args.has('l') ? memberOffset(prog, args.value('l') as string) : 0;
  const shown = ['s', 'S'].flatMap((flag) =>
    args.values(flag).map((text) => ({ wanted: parseObjectMembers(prog, text), plain: flag === 'S' })),
  );
  const objectAt = (at: Addr): Omit<LinkedListData['entries'][number], 'address'> => {
    if (shown.length === 0) return {};
    const parts = attempt(problems, `entry ${hex(at)}`, () =>
      shown.map(({ wanted, plain }) => {
        const values = objectMembers(prog, wanted, addrAdd(at, -inside), { radix }, plain);
        return { values, lines: objectLines(prog, wanted, values, radix) };
      }),
    );
    return parts ? { object: parts.flatMap((p) => p.values), lines: parts.flatMap((p) => p.lines) } : {};
  };
  const entries = walk.nodes.map((node, i) => {
    const at = i === 0 && shape.startIsEntry ? node : addrAdd(node, -shift);
    return { address: hex64(at), ...objectAt(at) };
  });
  return { entries, ...problemsOf(problems) };
}

function planOf(context: CommandContext, args: Args): Plan {
  const { prog } = context;
  const words = [...args.operands];
  const heads = ['h', 'H'].filter((flag) => args.has(flag));
  if (heads.length > 1) throw new UsageError('list: -h and -H do not go together');
  const offsetWord = args.value('o') ?? takeOffset(context, words, heads.length > 0);
  const offset = offsetWord === undefined ? 0 : memberOffset(prog, offsetWord);
  const startWord = args.value('H') ?? args.value('h') ?? words.shift();
  if (startWord === undefined) throw new UsageError('list: needs a start');
  if (words.length > 0) throw new UsageError(`list: unexpected argument '${words[0]}'`);
  const start = placeOf(context, startWord);
  const end = args.value('e');
  const ends = end === undefined ? undefined : [placeOf(context, end)];
  // Backward along `prev`, the second pointer of a list_head; links lead to the first all the same.
  const back = args.has('r') ? prog.arch.pointerSize : 0;
  if (heads.length === 0) {
    const shape = { start, startLink: offset + back, link: offset + back, startIsEntry: true, ends: ends ?? [] };
    return { shape: brent(shape, args), shift: 0 };
  }
  const inner = args.has('H') || args.has('O');
  const headOffset = args.has('H') ? 0 : args.has('O') ? memberOffset(prog, args.value('O') as string) : offset;
  const head = addrAdd(start, headOffset);
  const shape = {
    start: inner ? head : start,
    startLink: (inner ? 0 : headOffset) + back,
    link: back,
    startIsEntry: !inner,
    ends: ends ?? [head],
  };
  return { shape: brent(shape, args), shift: offset };
}

function brent(shape: LinkedListShape, args: Args): LinkedListShape {
  return args.has('B') ? { ...shape, brent: true } : shape;
}

/** The word that is an offset, not a start: a number of bytes or struct.member; it is taken out of the words. */
function takeOffset({ prog }: CommandContext, words: string[], alone: boolean): string | undefined {
  if (!alone && words.length < 2) return undefined;
  const at = words.findIndex((word) => isOffset(word) && prog.findSymbol(word) === undefined);
  return at < 0 ? undefined : words.splice(at, 1)[0];
}

function isOffset(word: string): boolean {
  return /^(?:0x[0-9a-f]{1,5}|\d{1,6})$/i.test(word) || /^[a-z_]\w*\.[\w.[\]]+$/i.test(word);
}

function placeOf({ prog, task }: CommandContext, word: string): Addr {
  const at = prog.findSymbol(word)?.address ?? parseAddress(word) ?? addressOf(prog, word, frameScope(prog, task));
  if (at === 0n) throw new NotFoundError('list', `at ${hex(at)}`, 'it is no kernel address');
  return at;
}

/** Each address, and under it what was asked for. */
export function* linkedListBlocks(data: LinkedListData): Generator<Block> {
  const lines = data.entries.flatMap((e) => [shortDigits(e.address), ...(e.lines ?? [])]);
  if (lines.length === 0 && !data.problems) lines.push('(empty)');
  yield { kind: 'lines', lines };
  yield* problemBlocks(data);
}

/** Whether the words ask for a linked list: with its options, or for data where source text comes from code. */
export function asksForLinkedList({ prog }: CommandContext, args: Args): boolean {
  if (linkedListOptions.some((o) => args.has(o.flag))) return true;
  if (args.operands.length > 1) return true;
  const word = args.operands[0] ?? '';
  const symbol = prog.findSymbol(word);
  const address = symbol?.address ?? (/^\*|:/.test(word) ? undefined : parseAddress(word));
  if (address === undefined) return false;
  const at = symbol ?? prog.symbolAt(address);
  return at === undefined || !/^[tTwW]$/.test(at.letter);
}
