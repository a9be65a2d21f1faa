import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { parentPort, Worker, workerData } from 'node:worker_threads';

/** A web server of one file, in a thread of its own, since those who read from it sleep meanwhile. */
interface Served {
  readonly path: string;
  readonly ranges: boolean;
  readonly etag?: string;
  /** Status of the n-th answer, where it is not the right one. */
  readonly failures?: Readonly<Record<number, number>>;
  /** Answers that never come, counted from one: the first, and the last. */
  readonly stallFrom?: number;
  readonly stallTo?: number;
  /** A few bytes at a time, for ever. */
  readonly trickle?: boolean;
}

export interface RangeServer {
  readonly url: string;
  /** Ranges that were asked for. */
  asked(): Promise<string[]>;
  close(): Promise<number>;
}

/** Starts a server on a free port of this machine. */
export async function rangeServer(served: Served): Promise<RangeServer> {
  const worker = new Worker(import.meta.filename, { workerData: served });
  const next = <T>(): Promise<T> => new Promise((done) => worker.once('message', done));
  const port = await next<number>();
  return {
    url: `http://127.0.0.1:${port}/vmcore`,
    asked() {
      const answer = next<string[]>();
      worker.postMessage('asked');
      return answer;
    },
    close: () => worker.terminate(),
  };
}

if (parentPort && workerData?.path) serve(workerData as Served);

function serve({ path, ranges, etag, failures, stallFrom = 0, stallTo = 0, trickle }: Served): void {
  const bytes = readFileSync(path);
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const range = request.headers.range ?? '';
    asked.push(range);
    if (asked.length >= stallFrom && asked.length <= stallTo) return;
    const failure = failures?.[asked.length];
    if (failure !== undefined) {
      response.writeHead(failure).end();
      return;
    }
    const [from, to] = (/^bytes=(\d+)-(\d+)$/.exec(range) ?? []).slice(1).map(Number);
    if (trickle) {
      response.writeHead(200, { 'content-length': bytes.length });
      let at = 0;
      const timer = setInterval(() => {
        response.write(bytes.subarray(at, at + 100));
        at += 100;
      }, 20);
      response.on('close', () => clearInterval(timer));
      return;
    }
    const common = etag === undefined ? {} : { etag };
    if (!ranges || from === undefined || to === undefined) {
      response.writeHead(200, { ...common, 'content-length': bytes.length }).end(bytes);
      return;
    }
    const end = Math.min(to + 1, bytes.length);
    response.writeHead(206, { ...common, 'content-range': `bytes ${from}-${end - 1}/${bytes.length}` });
    response.end(bytes.subarray(from, end));
  });
  server.listen(0, '127.0.0.1', () => parentPort?.postMessage((server.address() as { port: number }).port));
  parentPort?.on('message', () => parentPort?.postMessage(asked));
}
