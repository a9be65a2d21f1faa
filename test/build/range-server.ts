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

function serve({ path, ranges, etag, failures }: Served): void {
  const bytes = readFileSync(path);
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const range = request.headers.range ?? '';
    asked.push(range);
    const failure = failures?.[asked.length];
    if (failure !== undefined) {
      response.writeHead(failure).end();
      return;
    }
    const [from, to] = (/^bytes=(\d+)-(\d+)$/.exec(range) ?? []).slice(1).map(Number);
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
