import { createConnection, type Socket } from 'node:net';

interface Reply {
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
}

/** A connection to QEMU's machine protocol: one command at a time. */
export class Qmp {
  readonly #socket: Socket;
  #pending = '';
  #waiting: ((reply: Reply) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8').on('data', (chunk: string) => this.#take(chunk));
    const gone = (): void => this.#waiting?.({ error: { desc: 'QEMU closed the connection' } });
    socket.on('close', gone).on('error', gone);
  }

  static async connect(path: string): Promise<Qmp> {
    const socket = createConnection(path);
    await new Promise<void>((resolve, reject) => void socket.once('connect', resolve).once('error', reject));
    const qmp = new Qmp(socket);
    await qmp.call('qmp_capabilities');
    return qmp;
  }

  #take(chunk: string): void {
    this.#pending += chunk;
    for (;;) {
      const end = this.#pending.indexOf('\n');
      if (end < 0) return;
      const message = JSON.parse(this.#pending.slice(0, end)) as Reply;
      this.#pending = this.#pending.slice(end + 1);
      if ('return' in message || 'error' in message) this.#waiting?.(message); // the rest are events and the greeting
    }
  }

  /** @throws Error with QEMU's own description. */
  async call(command: string, args: Record<string, unknown> = {}): Promise<unknown> {
    const reply = await new Promise<Reply>((resolve) => {
      this.#waiting = resolve;
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
    });
    this.#waiting = undefined;
    if (reply.error) throw new Error(`QEMU ${command}: ${reply.error.desc}`);
    return reply.return;
  }

  close(): void {
    this.#socket.destroy();
  }
}
