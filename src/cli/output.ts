import { writeSync } from 'node:fs';

const CHUNK = 65536;

/** Standard output was closed by its reader: nothing more is wanted. */
export class OutputClosed extends Error {}

/**
 * Writes everything, however slow the reader: a pipe that is full (EAGAIN) is waited for.
 * @throws OutputClosed when the reader is gone (EPIPE)
 */
export function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (e) {
      const code = (e as NodeJS.ErrnoException).code;
      if (code === 'EPIPE') throw new OutputClosed();
      if (code !== 'EAGAIN') throw e;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

/** Collects small pieces and writes them in large ones. */
export class Output {
  readonly #fd: number;
  #pending = '';

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(text: string): void {
    this.#pending += text;
    if (this.#pending.length >= CHUNK) this.flush();
  }

  flush(): void {
    const text = this.#pending;
    this.#pending = '';
    if (text !== '') writeAll(this.#fd, text);
  }
}
