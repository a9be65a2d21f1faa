import { arrayOf, boolean, integer, nullable, object, type Schema } from './schema.ts';

/** A `struct sbitmap_queue` as JSON. */
export interface SbitmapQueueData {
  readonly depth: number;
  readonly busy: number;
  readonly cleared: number;
  readonly bitsPerWord: number;
  readonly words: number;
  readonly bits: readonly number[];
  readonly allocHints: readonly number[];
  readonly wakeBatch: number;
  readonly wakeIndex: number;
  readonly waitersActive: number | null;
  readonly waiters: readonly { readonly count: number | null; readonly active: boolean }[];
  readonly roundRobin: boolean;
  readonly minShallowDepth: number | null;
}

export const sbitmapQueueSchema: Schema = object('A queue.', {
  depth: integer('Bits.'),
  busy: integer('Bits in use.'),
  cleared: integer('Bits that were given back and wait to be taken out.'),
  bitsPerWord: integer('Bits of one word.'),
  words: integer('Words.'),
  bits: arrayOf('Numbers of the bits in use.', integer('A bit.')),
  allocHints: arrayOf('Where each possible CPU looks first.', integer('A bit.')),
  wakeBatch: integer('Bits that are freed before waiters are woken.'),
  wakeIndex: integer('The next wait queue that is woken.'),
  waitersActive: nullable(integer('Wait queues with waiters; null where the kernel does not count them.')),
  waiters: arrayOf(
    'Wait queues.',
    object('One.', {
      count: nullable(integer('Bits to be freed before it is woken; null on kernels that count for all.')),
      active: boolean('Whether anybody waits.'),
    }),
  ),
  roundRobin: boolean('Whether bits are handed out in strict order.'),
  minShallowDepth: nullable(integer('Least depth that users limit themselves to.')),
});

/** As the kernel's sbitmap_queue_show writes a queue, then the bits in use as hexadecimal bytes. */
export function* sbitmapQueueLines(q: SbitmapQueueData): Generator<string> {
  yield `depth = ${q.depth}`;
  yield `busy = ${q.busy}`;
  yield `cleared = ${q.cleared}`;
  yield `bits_per_word = ${q.bitsPerWord}`;
  yield `map_nr = ${q.words}`;
  yield `alloc_hint = {${q.allocHints.join(', ')}}`;
  yield `wake_batch = ${q.wakeBatch}`;
  yield `wake_index = ${q.wakeIndex}`;
  if (q.waitersActive !== null) yield `ws_active = ${q.waitersActive}`;
  yield 'ws = {';
  for (const w of q.waiters) {
    const count = w.count === null ? '' : `.wait_cnt = ${w.count}, `;
    yield `\t{ ${count}.wait = ${w.active ? 'active' : 'inactive'} },`;
  }
  yield '}';
  yield `round_robin = ${q.roundRobin ? 1 : 0}`;
  if (q.minShallowDepth !== null) yield `min_shallow_depth = ${q.minShallowDepth}`;
  yield '';
  yield* bitLines(q);
}

/** Sixteen bytes a line, two and two. */
function* bitLines(q: SbitmapQueueData): Generator<string> {
  const bytes = new Uint8Array(Math.ceil(q.depth / 8));
  for (const bit of q.bits) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (1 << (bit & 7));
  for (let at = 0; at < bytes.length; at += 16) {
    let text = `${at.toString(16).padStart(8, '0')}:`;
    bytes.subarray(at, at + 16).forEach((b, i) => {
      text += `${i % 2 === 0 ? ' ' : ''}${b.toString(16).padStart(2, '0')}`;
    });
    yield text;
  }
}
