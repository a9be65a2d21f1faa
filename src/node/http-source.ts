import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { BadDataError, UsageError } from '../base/errors.ts';
import type { Bytes } from '../base/units.ts';
import { SpillFile } from './archive/spill.ts';
import { spillSource } from './archive/spill-source.ts';
import { type Breakable, unbroken } from './breakable.ts';
import type { FileSource } from './file-source.ts';
import { type BlockStore, httpBlockStore } from './http-cache.ts';
import { DONE, type HttpRange, type HttpWorkerData, STALLED, WAITING } from './http-worker.ts';
import { IdleLimit } from './idle-limit.ts';

/** Ranges are asked for in blocks; reads that go on ask for more of them at once. */
const BLOCK: Bytes = 0x40000;
const MOST_BLOCKS = 16;
/** Milliseconds without a byte. One range may take so many times as long. */
const IDLE_MS = 60_000;
const TOTAL = 10;
const TRIES = 3;
/** Beside the bundled program, the library's folders, in a source tree. */
const WORKERS = ['http-worker.cjs', '../http-worker.cjs', 'http-worker.ts'] as const;

export interface HttpOptions {
  /** Called with the bytes that came from the server. */
  readonly onFetch?: (bytes: Bytes) => void;
  /** Folder where blocks are kept between runs; none when absent. */
  readonly cacheFolder?: string;
  /** Milliseconds without a byte after which the server is given up. */
  readonly idleMs?: number;
  readonly breakable?: Breakable;
}

/**
 * A file on a web server, read by ranges; from a server without ranges it is fetched whole to a temporary file.
 * @throws UsageError when the server does not answer or does not have it
 */
export async function openHttp(address: string, options: HttpOptions = {}): Promise<FileSource> {
  const { url, name, headers } = target(address);
  const limit = new IdleLimit(options.idleMs ?? IDLE_MS);
  try {
    return await opened(await firstAnswer(url, name, headers, limit), { url, name, headers }, options, limit);
  } finally {
    limit.done();
  }
}

async function opened(
  response: Response,
  { url, name, headers }: Target,
  options: HttpOptions,
  limit: IdleLimit,
): Promise<FileSource> {
  const total = Number(/^bytes 0-0\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1]);
  if (response.status !== 206 || !Number.isSafeInteger(total)) return fetchWhole(response, name, options, limit);
  await response.body?.cancel();
  const validator = response.headers.get('etag') ?? response.headers.get('last-modified') ?? '';
  // A weak validator is none for ranges (RFC 9110, 13.1.5).
  const strong = validator !== '' && !validator.startsWith('W/');
  const store = httpBlockStore(name, total, validator, BLOCK, options.cacheFolder);
  return new HttpSource(url, name, total, strong ? { ...headers, 'if-range': validator } : headers, store, options);
}

interface Target {
  readonly url: string;
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The address as fetch wants it: a name and a password in it become a header, and are in no message. */
function target(address: string): Target {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new UsageError(`${address}: not an address`);
  }
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (url.username !== '') {
    const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers.authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
    url.username = '';
    url.password = '';
  }
  return { url: url.href, name: url.href, headers };
}

async function firstAnswer(
  url: string,
  name: string,
  headers: Readonly<Record<string, string>>,
  limit: IdleLimit,
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { headers: { ...headers, range: 'bytes=0-0' }, signal: limit.signal });
    limit.alive();
  } catch (e) {
    const cause = (e as Error).cause as Error | undefined;
    throw new UsageError(`${name}: no answer: ${limit.why ?? cause?.message ?? (e as Error).message}`);
  }
  if (response.ok) return response;
  await response.body?.cancel();
  if (response.status === 416) throw new UsageError(`${name}: an empty file`);
  throw new UsageError(`${name}: HTTP status ${response.status} ${response.statusText}`.trimEnd());
}

async function fetchWhole(
  response: Response,
  name: string,
  { onFetch }: HttpOptions,
  limit: IdleLimit,
): Promise<FileSource> {
  const file = new SpillFile(name);
  try {
    for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
      limit.alive();
      file.write(part);
      onFetch?.(part.length);
    }
  } catch (e) {
    if (e instanceof UsageError) throw e;
    return spillSource(name, file, `the transfer broke off: ${limit.why ?? (e as Error).message}`);
  }
  return spillSource(name, file);
}

class HttpSource implements FileSource {
  readonly name: string;
  readonly size: Bytes;
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #store: BlockStore;
  readonly #onFetch: ((bytes: Bytes) => void) | undefined;
  #thread: { worker: Worker; state: Int32Array; data: Uint8Array } | undefined;
  /** Where the last fetch ended, and how many blocks it took: what goes on gets twice as many. */
  #ended = -1;
  #blocks = 1;
  readonly #idleMs: number;
  readonly #breakable: Breakable;
  /** Why the server is not asked again. */
  #gone: string | undefined;

  constructor(
    url: string,
    name: string,
    size: Bytes,
    headers: Readonly<Record<string, string>>,
    store: BlockStore,
    options: HttpOptions,
  ) {
    this.#url = url;
    this.name = name;
    this.size = size;
    this.#headers = headers;
    this.#store = store;
    this.#onFetch = options.onFetch;
    this.#idleMs = options.idleMs ?? IDLE_MS;
    this.#breakable = options.breakable ?? unbroken;
  }

  read(offset: Bytes, into: Uint8Array): Bytes {
    const length = Math.max(0, Math.min(into.length, this.size - offset));
    if (length === 0) return 0;
    const last = Math.floor((offset + length - 1) / BLOCK);
    for (let block = Math.floor(offset / BLOCK); block <= last; block++) {
      if (!this.#store.has(block)) this.#fetch(block, last - block + 1);
    }
    return this.#store.read(offset, into.subarray(0, length));
  }

  /** Fetches blocks from `first` on, up to the first that is there. */
  #fetch(first: number, needed: number): void {
    this.#blocks = first === this.#ended ? Math.min(MOST_BLOCKS, this.#blocks * 2) : 1;
    const end = Math.ceil(this.size / BLOCK);
    const most = Math.min(MOST_BLOCKS, Math.max(needed, this.#blocks), end - first);
    let count = 1;
    while (count < most && !this.#store.has(first + count)) count++;
    this.#ended = first + count;
    const from = first * BLOCK;
    const size = Math.min(count * BLOCK, this.size - from);
    const bytes = this.#breakable(() => this.#ask({ from, size }));
    this.#onFetch?.(bytes.length);
    for (let i = 0; i < count; i++) this.#store.put(first + i, bytes.subarray(i * BLOCK, (i + 1) * BLOCK));
  }

  #ask(range: HttpRange): Uint8Array {
    const { worker, state, data } = this.#worker();
    let why = this.#gone ?? '';
    for (let attempt = 0; attempt < TRIES && this.#gone === undefined; attempt++) {
      Atomics.store(state, 0, WAITING);
      worker.postMessage(range);
      const woken = Atomics.wait(state, 0, WAITING, this.#idleMs * TOTAL + 5000);
      const length = Atomics.load(state, 1);
      const code = woken === 'timed-out' ? STALLED : Atomics.load(state, 0);
      if (code === DONE && length === range.size) return data.slice(0, length);
      if (code === DONE) why = `${length} bytes instead of ${range.size}`;
      else why = woken === 'timed-out' ? 'no answer' : new TextDecoder().decode(data.slice(0, length));
      // Every block that is asked for would take as long: what is there has to do.
      if (code === STALLED) this.#gone = why;
    }
    throw new BadDataError(this.name, range.from, `cannot be fetched: ${why}`);
  }

  #worker(): { worker: Worker; state: Int32Array; data: Uint8Array } {
    if (this.#thread) return this.#thread;
    const control = new SharedArrayBuffer(8);
    const data = new SharedArrayBuffer(MOST_BLOCKS * BLOCK);
    const workerData: HttpWorkerData = {
      url: this.#url,
      headers: this.#headers,
      control,
      data,
      idleMs: this.#idleMs,
      totalMs: this.#idleMs * TOTAL,
    };
    const file = WORKERS.map((place) => join(import.meta.dirname, place)).find((path) => existsSync(path));
    if (file === undefined) throw new UsageError(`${this.name}: no http-worker.cjs at ${import.meta.dirname}`);
    const worker = new Worker(file, { workerData });
    worker.unref();
    this.#thread = { worker, state: new Int32Array(control), data: new Uint8Array(data) };
    return this.#thread;
  }

  close(): void {
    void this.#thread?.worker.terminate();
    this.#thread = undefined;
    this.#store.close();
  }
}
