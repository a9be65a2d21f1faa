import { parentPort, workerData } from 'node:worker_threads';
import { IdleLimit } from './idle-limit.ts';

/** What the thread is started with. */
export interface HttpWorkerData {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** State, then bytes received or the length of a message. */
  readonly control: SharedArrayBuffer;
  readonly data: SharedArrayBuffer;
  /** Milliseconds without a byte, and for one range. */
  readonly idleMs: number;
  readonly totalMs: number;
}

/** One range of the file. */
export interface HttpRange {
  readonly from: number;
  readonly size: number;
}

export const WAITING = 0;
export const DONE = 1;
const FAILED = 2;
/** The server is too slow to be asked again. */
export const STALLED = 3;

/** Fetches ranges for a thread that sleeps meanwhile: its reads are synchronous. */
function serve({ url, headers, control, data, idleMs, totalMs }: HttpWorkerData): void {
  const state = new Int32Array(control);
  const bytes = new Uint8Array(data);
  const answer = (code: number, length: number): void => {
    Atomics.store(state, 1, length);
    Atomics.store(state, 0, code);
    Atomics.notify(state, 0);
  };
  const get = async ({ from, size }: HttpRange, limit: IdleLimit): Promise<void> => {
    const range = `bytes=${from}-${from + size - 1}`;
    const response = await fetch(url, { headers: { ...headers, range }, signal: limit.signal });
    if (response.status !== 206) {
      await response.body?.cancel();
      throw new Error(response.status === 200 ? 'the file changed on the server' : `HTTP status ${response.status}`);
    }
    let got = 0;
    for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
      limit.alive();
      const wanted = part.subarray(0, size - got);
      bytes.set(wanted, got);
      got += wanted.length;
      if (got === size) break;
    }
    answer(DONE, got);
  };
  parentPort?.on('message', (range: HttpRange) => {
    const limit = new IdleLimit(idleMs, totalMs);
    get(range, limit)
      .catch((e: Error) => {
        const cause = (e.cause as Error | undefined)?.message;
        const why = limit.why ?? (cause ? `${e.message} (${cause})` : e.message);
        const text = new TextEncoder().encode(why).subarray(0, bytes.length);
        bytes.set(text);
        answer(limit.why === undefined ? FAILED : STALLED, text.length);
      })
      .finally(() => limit.done());
  });
}

if (workerData !== null && typeof workerData === 'object' && 'control' in workerData)
  serve(workerData as HttpWorkerData);
