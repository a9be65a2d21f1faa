import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { BadDataError, UsageError } from '../base/errors.ts';
import type { Bytes } from '../base/units.ts';
import { SpillFile } from './archive/spill.ts';
import { spillSource } from './archive/spill-source.ts';
import type { FileSource } from './file-source.ts';
import { type BlockStore, httpBlockStore } from './http-cache.ts';
import { DONE, type HttpRange, type HttpWorkerData, WAITING } from './http-worker.ts';

/** Ranges are asked for in blocks; reads that go on ask for more of them at once. */
const BLOCK: Bytes = 0x40000;
const MOST_BLOCKS = 16;
const TIMEOUT_MS = 60_000;
const TRIES = 3;
/** Beside the bundled program, the library's folders, in a source tree. */
const WORKERS = ['http-worker.cjs', '../http-worker.cjs', 'http-worker.ts'] as const;

export interface HttpOptions {
  /** Called with the bytes that came from the server. */
  readonly onFetch?: (bytes: Bytes) => void;
  /** Folder where blocks are kept between runs; none when absent. */
  readonly cacheFolder?: string;
}

/**
 * A file on a web server, read by ranges; from a server without ranges it is fetched whole to a temporary file.
 * @throws UsageError when the server does not answer or does not have it
 */
export async function openHttp(address: string, options: HttpOptions = {}): Promise<FileSource> {
  const { url, name, headers } = target(address);
  const response = await firstAnswer(url, name, headers);
  const total = Number(/^bytes 0-0\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1]);
  if (response.status !== 206 || !Number.isSafeInteger(total)) return fetchWhole(response, name, options);
  await response.body?.cancel();
  const validator = response.headers.get('etag') ?? response.headers.get('last-modified') ?? '';
  // A weak validator is none for ranges (RFC 9110, 13.1.5).
  const strong = validator !== '' && !validator.startsWith('W/');
  const store = httpBlockStore(name, total, validator, BLOCK, options.cacheFolder);
  return new HttpSource(url, name, total, strong ? { ...headers, 'if-range': validator } : headers, store, options);
}

/** The address as fetch wants it: a name and a password in it become a header, and are in no message. */
function target(address: string): { url: string; name: string; headers: Record<string, string> } {
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

async function firstAnswer(url: string, name: string, headers: Readonly<Record<string, string>>): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { headers: { ...headers, range: 'bytes=0-0' } });
  } catch (e) {
    const cause = (e as Error).cause as Error | undefined;
    throw new UsageError(`${name}: no answer: ${cause?.message ?? (e as Error).message}`);
  }
  if (response.ok) return response;
  await response.body?.cancel();
  if (response.status === 416) throw new UsageError(`${name}: an empty file`);
  throw new UsageError(`${name}: HTTP status ${response.status} ${response.statusText}`.trimEnd());
}

async function fetchWhole(response: Response, name: string, { onFetch }: HttpOptions): Promise<FileSource> {
  const file = new SpillFile(name);
  try {
    for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
      file.write(part);
      onFetch?.(part.length);
    }
  } catch (e) {
    if (e instanceof UsageError) throw e;
    return spillSource(name, file, `the transfer broke off: ${(e as Error).message}`);
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
    const bytes = this.#ask({ from, size });
    this.#onFetch?.(bytes.length);
    for (let i = 0; i < count; i++) this.#store.put(first + i, bytes.subarray(i * BLOCK, (i + 1) * BLOCK));
  }

  #ask(range: HttpRange): Uint8Array {
    const { worker, state, data } = this.#worker();
    let why = '';
    for (let attempt = 0; attempt < TRIES; attempt++) {
      Atomics.store(state, 0, WAITING);
      worker.postMessage(range);
      const woken = Atomics.wait(state, 0, WAITING, TIMEOUT_MS + 5000);
      const length = Atomics.load(state, 1);
      if (woken === 'timed-out') why = `no answer in ${TIMEOUT_MS / 1000} s`;
      else if (Atomics.load(state, 0) === DONE) {
        if (length === range.size) return data.slice(0, length);
        why = `${length} bytes instead of ${range.size}`;
      } else why = new TextDecoder().decode(data.slice(0, length));
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
      timeoutMs: TIMEOUT_MS,
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
