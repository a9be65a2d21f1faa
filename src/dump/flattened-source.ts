import type { ByteSource } from '../base/byte-source.ts';
import { readBytes } from '../base/cursor.ts';
import { BadDataError } from '../base/errors.ts';
import type { Bytes } from '../base/units.ts';

const HEADER = 4096;
const RECORD = 16;
/** Records that are indexed at most; QEMU writes one for 16 KiB. */
const MAX_RECORDS = 0x2000000;

/** The file inside a flattened one: an index over the records stands in for writing it out. */
export class FlattenedSource implements ByteSource {
  readonly name: string;
  readonly size: Bytes;
  /** What is wrong with the records. */
  readonly problem?: string;
  readonly #src: ByteSource;
  /** Pieces of the inner file, ascending and disjoint: begin, end, and where in the outer file. */
  readonly #index: RecordIndex;
  #last = 0;

  /** @throws BadDataError when the header is cut off or of another type */
  constructor(src: ByteSource) {
    this.name = src.name;
    this.#src = src;
    const head = readBytes(src, 0, HEADER, 'flattened header');
    const view = new DataView(head.buffer, head.byteOffset, head.length);
    const type = view.getBigInt64(16);
    const version = view.getBigInt64(24);
    if (type !== 1n || version !== 1n) {
      throw new BadDataError(src.name, 16, `flattened header: type ${type}, version ${version}; only 1, 1 is known`);
    }
    const records = scanRecords(src);
    if (records.problem) this.problem = records.problem;
    this.#index = disjoint(records);
    const { count, ends } = this.#index;
    this.size = count > 0 ? (ends[count - 1] as number) : 0;
  }

  read(offset: Bytes, into: Uint8Array): Bytes {
    const { count, starts, ends, places } = this.#index;
    const want = Math.max(0, Math.min(into.length, this.size - offset));
    let i = this.#find(offset);
    for (let done = 0; done < want; ) {
      const at = offset + done;
      while (i < count && (ends[i] as number) <= at) i++;
      const start = i < count ? (starts[i] as number) : this.size;
      if (start > at) {
        // Never written: a hole, which reads as zeros; of a file that is cut off nobody knows what was to come there.
        if (this.problem) return done;
        const n = Math.min(want - done, start - at);
        into.fill(0, done, done + n);
        done += n;
        continue;
      }
      this.#last = i;
      const n = Math.min(want - done, (ends[i] as number) - at);
      const got = this.#src.read((places[i] as number) + (at - start), into.subarray(done, done + n));
      if (got < n) return done + got;
      done += n;
    }
    return want;
  }

  /** First piece that ends after `offset`. */
  #find(offset: Bytes): number {
    const { count, starts, ends } = this.#index;
    const last = this.#last;
    if (last < count && (starts[last] as number) <= offset && offset < (ends[last] as number)) return last;
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((ends[middle] as number) <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

interface RecordIndex {
  readonly count: number;
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  readonly places: Float64Array;
}

interface Records extends RecordIndex {
  /** For each record the one that goes on where it ends, or -1. */
  readonly next: Int32Array;
  /** First records of such runs. */
  readonly firsts: readonly number[];
  readonly problem?: string;
}

/** Columns that grow. */
class Columns implements RecordIndex {
  count = 0;
  starts = new Float64Array(1024);
  ends = new Float64Array(1024);
  places = new Float64Array(1024);

  add(start: number, end: number, place: number): void {
    if (this.count === this.starts.length) {
      this.starts = grown(this.starts);
      this.ends = grown(this.ends);
      this.places = grown(this.places);
    }
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.places[this.count++] = place;
  }
}

function grown(old: Float64Array): Float64Array<ArrayBuffer> {
  const out = new Float64Array(old.length * 2);
  out.set(old);
  return out;
}

/** Read at a time while records are small; from this mean size on, reading only their headers costs less. */
const WINDOW = 0x40000;
const BIG_RECORD = 0x6000;

/** One pass over the record headers: `int64 offset, size`, big-endian; offset and size -1 end the file. */
function scanRecords(src: ByteSource): Records {
  const out = new Runs();
  const buffer = new Uint8Array(Math.min(WINDOW, src.size));
  const headerOnly = buffer.subarray(0, RECORD);
  const view = new DataView(buffer.buffer);
  let bufferStart = 0;
  let bufferEnd = 0;
  for (let at = HEADER; ; ) {
    if (at + RECORD > bufferEnd) {
      const hop = out.count > 8 && at - HEADER > out.count * BIG_RECORD;
      const got = at < src.size ? src.read(at, hop ? headerOnly : buffer) : 0;
      if (got < RECORD) return out.finish(`the file is truncated: ${src.name} has no end record`);
      bufferStart = at;
      bufferEnd = at + got;
    }
    const p = at - bufferStart;
    const startHigh = view.getInt32(p);
    const start = startHigh * 0x100000000 + view.getUint32(p + 4);
    const sizeHigh = view.getInt32(p + 8);
    const size = sizeHigh * 0x100000000 + view.getUint32(p + 12);
    if (start === -1 && size === -1) return out.finish();
    const impossible = startHigh < 0 || startHigh >= 0x100000 || sizeHigh < 0 || sizeHigh >= 0x100000 || size === 0;
    if (impossible || out.count >= MAX_RECORDS) {
      const where = `${src.name}: offset 0x${at.toString(16)}`;
      return out.finish(
        `${where}: a flattened record of ${size} bytes for offset ${start} cannot be; the rest is lost`,
      );
    }
    const place = at + RECORD;
    const present = Math.min(size, src.size - place);
    if (present > 0) out.add(start, start + present, place);
    if (present < size) return out.finish(`the file is truncated: ${src.name} ends inside a record`);
    at = place + size;
  }
}

/** Streams that a writer fills in turn: headers, descriptors, data. */
const TAILS = 4;

/** Records in file order, linked to runs that are contiguous in the inner file; there are few of those. */
class Runs extends Columns {
  readonly #tails = new Int32Array(TAILS).fill(-1);
  readonly #firsts: number[] = [];
  #next = new Int32Array(1024);
  #replace = 0;

  override add(start: number, end: number, place: number): void {
    const record = this.count;
    super.add(start, end, place);
    if (record === this.#next.length) {
      const old = this.#next;
      this.#next = new Int32Array(old.length * 2);
      this.#next.set(old);
    }
    this.#next[record] = -1;
    for (let i = 0; i < TAILS; i++) {
      const tail = this.#tails[i] as number;
      if (tail < 0 || this.ends[tail] !== start) continue;
      this.#next[tail] = record;
      this.#tails[i] = record;
      return;
    }
    this.#firsts.push(record);
    this.#tails[this.#replace] = record;
    this.#replace = (this.#replace + 1) % TAILS;
  }

  finish(problem?: string): Records {
    const records = { ...columns(this), next: this.#next, firsts: this.#firsts };
    return problem === undefined ? records : { ...records, problem };
  }
}

function columns({ count, starts, ends, places }: Columns): RecordIndex {
  return { count, starts, ends, places };
}

/** Ascending and disjoint. */
function disjoint(records: Records): RecordIndex {
  const { starts, ends, places, next, firsts } = records;
  const out = new Columns();
  let reach = 0;
  for (const first of [...firsts].sort((a, b) => (starts[a] as number) - (starts[b] as number))) {
    if ((starts[first] as number) < reach) return laterWins(records);
    let last = first;
    for (let i = first; i >= 0; i = next[i] as number) {
      out.add(starts[i] as number, ends[i] as number, places[i] as number);
      last = i;
    }
    reach = ends[last] as number;
  }
  return columns(out);
}

/** Where records overlap, the later one wins, as it would in a file that is written to. */
function laterWins({ count, starts, ends, places }: RecordIndex): RecordIndex {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  order.sort((a, b) => (starts[a] as number) - (starts[b] as number) || a - b);
  const out = new Columns();
  const active = new NewestFirst();
  let next = 0;
  let at = 0;
  const startOf = (i: number): number => (i < count ? (starts[order[i] as number] as number) : Infinity);
  while (next < count || active.size > 0) {
    if (active.size === 0) at = startOf(next);
    while (startOf(next) <= at) active.push(order[next++] as number);
    const top = active.top;
    const end = Math.min(ends[top] as number, startOf(next));
    if (end > at) out.add(at, end, (places[top] as number) + (at - (starts[top] as number)));
    at = Math.max(at, end);
    while (active.size > 0 && (ends[active.top] as number) <= at) active.pop();
  }
  return columns(out);
}

/** A heap of record numbers, the highest on top. */
class NewestFirst {
  readonly #heap: number[] = [];

  get size(): number {
    return this.#heap.length;
  }

  get top(): number {
    return this.#heap[0] as number;
  }

  push(n: number): void {
    const heap = this.#heap;
    let i = heap.push(n) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if ((heap[parent] as number) >= n) break;
      heap[i] = heap[parent] as number;
      i = parent;
    }
    heap[i] = n;
  }

  pop(): void {
    const heap = this.#heap;
    const n = heap.pop() as number;
    if (heap.length === 0) return;
    let i = 0;
    for (let child = 1; child < heap.length; child = 2 * i + 1) {
      if (child + 1 < heap.length && (heap[child + 1] as number) > (heap[child] as number)) child++;
      if ((heap[child] as number) <= n) break;
      heap[i] = heap[child] as number;
      i = child;
    }
    heap[i] = n;
  }
}
