/** Ends a transfer that stalls, or takes for ever altogether. */
export class IdleLimit {
  readonly #stop = new AbortController();
  readonly #idleMs: number;
  readonly #total: NodeJS.Timeout;
  #idle: NodeJS.Timeout | undefined;
  /** Why it was ended. */
  why: string | undefined;

  /** @param idleMs milliseconds without a byte @param totalMs milliseconds for everything */
  constructor(idleMs: number, totalMs = 0x7fffffff) {
    this.#idleMs = idleMs;
    this.#total = setTimeout(() => this.#end(`not done in ${totalMs / 1000} s`), totalMs);
    this.alive();
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Something came. */
  alive(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#end(`no byte in ${this.#idleMs / 1000} s`), this.#idleMs);
  }

  /** The transfer is over. */
  done(): void {
    clearTimeout(this.#idle);
    clearTimeout(this.#total);
  }

  #end(why: string): void {
    this.why ??= why;
    this.#stop.abort();
  }
}
