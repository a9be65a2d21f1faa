import { parentPort, workerData } from 'node:worker_threads';

/** What the thread is started with. */
export interface HttpWorkerData {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** State, then bytes received or the length of a message. */
  readonly control: SharedArrayBuffer;
  readonly data: SharedArrayBuffer;
  /** Milliseconds for one answer. */
  readonly timeoutMs: number;
}

/** One range of the file. */
export interface HttpRange {
  readonly from: number;
  readonly size: number;
}

export const WAITING = 0;
export const DONE = 1;
const FAILED = 2;

/** Fetches ranges for a thread that sleeps meanwhile: its reads are synchronous. */
function serve({ url, headers, control, data, timeoutMs }: HttpWorkerData): void {
  const state = new Int32Array(control);
  const bytes = new Uint8Array(data);
  const answer = (code: number, length: number): void => {
    Atomics.store(state, 1, length);
    Atomics.store(state, 0, code);
    Atomics.notify(state, 0);
  };
  const get = async ({ from, size }: HttpRange): Promise<void> => {
    const range = `bytes=${from}-${from + size - 1}`;
    const response = await fetch(url, { headers: { ...headers, range }, signal: AbortSignal.timeout(timeoutMs) });
    if (response.status !== 206) {
      await response.body?.cancel();
      throw new Error(response.status === 200 ? 'the file changed on the server' : `HTTP status ${response.status}`);
    }
    const body = new Uint8Array(await response.arrayBuffer());
    bytes.set(body.subarray(0, size));
    answer(DONE, Math.min(body.length, size));
  };
  parentPort?.on('message', (range: HttpRange) => {
    get(range).catch((e: Error) => {
      const cause = (e.cause as Error | undefined)?.message;
      const text = new TextEncoder().encode(cause ? `${e.message} (${cause})` : e.message).subarray(0, bytes.length);
      bytes.set(text);
      answer(FAILED, text.length);
    });
  });
}

if (workerData !== null && typeof workerData === 'object' && 'control' in workerData)
  serve(workerData as HttpWorkerData);
