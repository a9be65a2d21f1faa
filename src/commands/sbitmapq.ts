import { UsageError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import {
  addressOf,
  type NamedValue,
  type ObjectMembers,
  objectLines,
  objectMembers,
  parseObjectMembers,
} from '../expr/index.ts';
import { attempt } from '../kernel/note-problem.ts';
import { perCpuOffset, possibleCpus } from '../kernel/percpu.ts';
import { type SbitmapQueue, sbitmapQueue, sbitmapSetBits } from '../kernel/sbitmap.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { type Args, parseAddress } from '../report/args.ts';
import { command } from '../report/command.ts';
import { digits } from '../report/pad.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../report/problems.ts';
import { type SbitmapQueueData, sbitmapQueueLines, sbitmapQueueSchema } from '../report/sbitmap-data.ts';
import { arrayOf, boolean, hexString, integer, object, optional, string } from '../report/schema.ts';
import { valueSchema } from '../report/value-schema.ts';

interface ElementData {
  readonly bit: number;
  readonly address: string;
  readonly object?: readonly NamedValue[];
  readonly lines?: readonly string[];
}

interface SbitmapqData {
  readonly queue: SbitmapQueueData;
  readonly elements?: readonly ElementData[];
  readonly problems?: readonly ProblemData[];
}

export const sbitmapq = command<SbitmapqData>({
  name: 'sbitmapq',
  summary: 'bits and waiters of an sbitmap_queue',
  description: [
    'The state of a scalable bitmap with its waiters, such as the tags of a block device, and the bits in use. With -s and -a the elements of an array that the bits stand for: one of structures, or with -p one of pointers to them.',
  ],
  args: {
    options: [
      { flag: 's', value: 'struct', help: 'the type of the elements: struct, or struct.member,member' },
      { flag: 'a', value: 'address', help: 'of the array' },
      { flag: 'p', help: 'the array holds pointers' },
      { flag: 'v', help: 'what is in each element' },
      { flag: 'x', help: 'numbers in hexadecimal' },
      { flag: 'd', help: 'numbers in decimal' },
    ],
    operands: [
      { name: 'address', help: 'of the sbitmap_queue: hexadecimal, symbol or expression', required: true, many: true },
    ],
  },
  examples: [
    {
      line: 'sbitmapq ffff888003c1c640',
      shows: 'The tags of a queue:',
      output: 'depth = 256\nbusy = 1\ncleared = 12\nbits_per_word = 64',
    },
    { line: 'sbitmapq -s request -p -a ffff888003d00000 ffff888003c1c640', shows: 'The requests behind the bits:' },
  ],
  schema: object('A queue.', {
    queue: sbitmapQueueSchema,
    elements: optional(
      arrayOf(
        'What the bits in use stand for (`-s`).',
        object('An element.', {
          bit: integer('Its bit.'),
          address: hexString('Its address.'),
          object: optional(
            arrayOf(
              'What is in it (`-v`).',
              object('A member.', {
                name: string('Its path; empty for the whole.'),
                value: valueSchema,
                plain: optional(boolean('Written as a bare number.')),
                last: optional(boolean('Whether it is the last of its struct.')),
              }),
            ),
          ),
          lines: optional(arrayOf('The same as text.', string('A line.'))),
        }),
      ),
    ),
    problems: optional(problemsSchema),
  }),
  run({ prog }, args) {
    const type = args.value('s');
    if ((type === undefined) !== (args.value('a') === undefined)) {
      throw new UsageError('sbitmapq: -s and -a go together');
    }
    const at = placeOf(prog, args.operands.join(' '));
    const offsets = possibleCpus(prog).map((cpu) => perCpuOffset(prog, cpu));
    const queue = sbitmapQueue(prog, at, offsets);
    if (type === undefined) return { queue: queueData(queue) };
    const problems: Problem[] = [];
    const array = placeOf(prog, args.value('a') as string);
    const elements = elementsOf(prog, queue, parseObjectMembers(prog, type), array, args, problems);
    return { queue: queueData(queue), elements, ...problemsOf(problems) };
  },
  *blocks(data) {
    if (data.elements) {
      yield {
        kind: 'lines',
        lines: data.elements.flatMap((e) =>
          e.lines ? [`${e.bit} (0x${digits(e.address)}):`, ...e.lines] : [`${e.bit}: 0x${digits(e.address)}`],
        ),
      };
    } else yield { kind: 'lines', lines: sbitmapQueueLines(data.queue) };
    yield* problemBlocks(data);
  },
});

function placeOf(prog: Program, word: string): Addr {
  return prog.findSymbol(word)?.address ?? parseAddress(word) ?? addressOf(prog, word);
}

function queueData(q: SbitmapQueue): SbitmapQueueData {
  const bits = sbitmapSetBits(q.bitmap);
  const cleared = q.bitmap.words.reduce((n, w) => n + bitCount(w.cleared), 0);
  return {
    depth: q.bitmap.depth,
    busy: bits.length,
    cleared,
    bitsPerWord: 2 ** q.bitmap.shift,
    words: q.bitmap.mapCount,
    bits,
    allocHints: q.allocHints,
    wakeBatch: q.wakeBatch,
    wakeIndex: q.wakeIndex,
    waitersActive: q.waitersActive ?? null,
    waiters: q.waiters.map((w) => ({ count: w.count ?? null, active: w.active })),
    roundRobin: q.roundRobin,
    minShallowDepth: q.minShallowDepth ?? null,
  };
}

function bitCount(value: bigint): number {
  let count = 0;
  for (let rest = value; rest !== 0n; rest &= rest - 1n) count++;
  return count;
}

function elementsOf(
  prog: Program,
  queue: SbitmapQueue,
  wanted: ObjectMembers,
  array: Addr,
  args: Args,
  problems: Problem[],
): ElementData[] {
  const radix = args.has('x') ? 16 : 10;
  const found: ElementData[] = [];
  for (const bit of sbitmapSetBits(queue.bitmap)) {
    attempt(problems, `element ${bit}`, () => {
      const at = args.has('p')
        ? prog.memory.ulong(addrAdd(array, bit * prog.arch.pointerSize))
        : addrAdd(array, bit * wanted.type.size);
      const object = args.has('v') ? objectMembers(prog, wanted, at, { radix }) : undefined;
      const lines = object && objectLines(prog, wanted, object, radix);
      found.push({ bit, address: hex64(at), ...(object && lines && { object, lines }) });
    });
  }
  return found;
}
