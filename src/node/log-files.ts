import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { Readable } from 'node:stream';
import { AnalysisError, BadDataError } from '../base/errors.ts';
import { isPstoreRecord, type PstoreFile, pstoreLog } from '../log/pstore-records.ts';
import { nodeCodecs } from './codecs.ts';
import { lazyZlib } from './lazy-zlib.ts';
import { openKernelFile } from './packed-file.ts';
import { hasPackedHead, unpackPstore } from './unpack-pstore.ts';

const CHUNK = 0x40000;
const HEAD = 64;
/** A log that is unpacked in memory, and one of pstore: the stores behind pstore are far smaller. */
const MAX_UNPACKED = 0x40000000;
const MAX_PSTORE = 0x1000000;

/** What was not read, beside what was. */
export interface LogProblem {
  readonly what: string;
  readonly why: string;
}

/**
 * The bytes of logs in chunks, one log behind the other: files in the order given, records of pstore in the order of the
 * log; packed ones (gzip, xz, zstd; the codecs of pstore) unpacked. A chunk is valid until the next one is asked for.
 * @param path files; `-` is standard input @param onProblem told what could not be read
 * @throws AnalysisError for one file alone that cannot be read
 */
export async function* logChunks(
  paths: readonly string[],
  onProblem: (problem: LogProblem) => void,
): AsyncIterable<Uint8Array> {
  const records: PstoreFile[] = [];
  for (const path of paths) {
    try {
      const record = path === '-' ? undefined : pstoreFile(path);
      if (record) records.push(record);
      else yield* oneLog(path);
    } catch (e) {
      if (paths.length === 1 || !(e instanceof AnalysisError || isSystemError(e))) throw e;
      onProblem({ what: path, why: e.message });
    }
  }
  yield* pstoreLog(records);
}

function isSystemError(error: unknown): error is Error {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';
}

async function* oneLog(path: string): AsyncIterable<Uint8Array> {
  let last = 0x0a;
  for await (const chunk of path === '-' ? stdinChunks() : fileChunks(path)) {
    last = chunk.at(-1) ?? last;
    yield chunk;
  }
  // The next log begins with a line of its own.
  if (last !== 0x0a) yield Uint8Array.of(0x0a);
}

async function* stdinChunks(): AsyncIterable<Uint8Array> {
  const chunks = (process.stdin as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done) return;
  const all = async function* (): AsyncIterable<Uint8Array> {
    yield first.value;
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
  };
  if (isGzip(first.value)) yield* gunzipped('-', Readable.from(all()));
  else yield* all();
}

async function* fileChunks(path: string): AsyncIterable<Uint8Array> {
  const head = headOf(path);
  if (isGzip(head)) yield* gunzipped(path, createReadStream(path, { highWaterMark: CHUNK }));
  else if (isXzOrZstd(head)) yield* unpackedChunks(path);
  else yield* plainChunks(path);
}

function* plainChunks(path: string): Iterable<Uint8Array> {
  const fd = openSync(path, 'r');
  try {
    const chunk = new Uint8Array(CHUNK);
    for (let size = readSync(fd, chunk); size > 0; size = readSync(fd, chunk)) yield chunk.subarray(0, size);
  } finally {
    closeSync(fd);
  }
}

async function* gunzipped(path: string, stream: NodeJS.ReadableStream): AsyncIterable<Uint8Array> {
  const gunzip = lazyZlib().createGunzip({ chunkSize: CHUNK });
  stream.on('error', (e) => gunzip.destroy(e));
  stream.pipe(gunzip);
  try {
    yield* gunzip as AsyncIterable<Uint8Array>;
  } catch (e) {
    if (isSystemError(e)) throw e;
    throw new BadDataError(path, 0, `gzip: ${(e as Error).message}`);
  }
}

async function* unpackedChunks(path: string): AsyncIterable<Uint8Array> {
  const codecs = nodeCodecs();
  await codecs.prepare(['zstd']);
  const file = openKernelFile(path, codecs, MAX_UNPACKED);
  try {
    const chunk = new Uint8Array(CHUNK);
    for (let at = 0; at < file.size; ) {
      const size = file.read(at, chunk);
      if (size === 0) return;
      yield chunk.subarray(0, size);
      at += size;
    }
  } finally {
    file.close();
  }
}

function headOf(path: string): Uint8Array {
  const fd = openSync(path, 'r');
  try {
    const head = new Uint8Array(HEAD);
    return head.subarray(0, readSync(fd, head));
  } finally {
    closeSync(fd);
  }
}

function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

function isXzOrZstd(head: Uint8Array): boolean {
  const word = head.length < 4 ? 0 : new DataView(head.buffer, head.byteOffset).getUint32(0);
  return word === 0xfd377a58 || word === 0x28b52ffd;
}

/** A record of pstore, unpacked; undefined for any other file. */
function pstoreFile(path: string): PstoreFile | undefined {
  const head = headOf(path);
  const packed = hasPackedHead(path, head);
  if (!packed && !isPstoreRecord(head)) return undefined;
  const parts: Uint8Array[] = [];
  let size = 0;
  for (const chunk of plainChunks(path)) {
    size += chunk.length;
    if (size > MAX_PSTORE) return undefined;
    parts.push(chunk.slice());
  }
  const bytes = new Uint8Array(Buffer.concat(parts));
  return { name: path, bytes: packed ? unpackPstore(path, bytes) : bytes };
}
