const LF = 0x0a;
const CR = 0x0d;
/** Longer lines are given in pieces. */
const MAX_LINE = 0x10000;

/** Takes a line `bytes[from, to)` without its end; the bytes are valid during the call only. */
export type TakeLine = (bytes: Uint8Array, from: number, to: number, number: number) => void;

/** Chunks of bytes to lines. LF, CR LF and CR end a line, so do several CR before an LF (two terminals in a row). */
export class LineSplitter {
  readonly #take: TakeLine;
  readonly #carry = new Uint8Array(MAX_LINE);
  #carried = 0;
  /** A CR was the last thing of the chunk before: an end that goes on is the same end. */
  #inEnd = false;
  #number = 1;

  constructor(take: TakeLine) {
    this.#take = take;
  }

  push(chunk: Uint8Array): void {
    let at = this.#inEnd ? this.#skipEnd(chunk, 0) : 0;
    let cr = chunk.indexOf(CR, at);
    let lf = chunk.indexOf(LF, at);
    while (at < chunk.length) {
      if (cr >= 0 && cr < at) cr = chunk.indexOf(CR, at);
      if (lf >= 0 && lf < at) lf = chunk.indexOf(LF, at);
      const end = cr >= 0 && (lf < 0 || cr < lf) ? cr : lf;
      if (end < 0) break;
      this.#line(chunk, at, end);
      this.#number++;
      at = end === lf ? end + 1 : this.#skipEnd(chunk, end);
    }
    if (at < chunk.length) this.#keep(chunk, at, chunk.length);
  }

  /** No more chunks: what is left is a line too. */
  end(): void {
    if (this.#carried > 0) this.#line(this.#carry, 0, 0);
  }

  /** Behind CRs and one LF. */
  #skipEnd(chunk: Uint8Array, from: number): number {
    let at = from;
    while (at < chunk.length && chunk[at] === CR) at++;
    this.#inEnd = at === chunk.length;
    return chunk[at] === LF ? at + 1 : at;
  }

  #line(bytes: Uint8Array, from: number, to: number): void {
    if (this.#carried > 0) {
      this.#keep(bytes, from, to);
      this.#take(this.#carry, 0, this.#carried, this.#number);
      this.#carried = 0;
      return;
    }
    let at = from;
    for (; to - at > MAX_LINE; at += MAX_LINE) this.#take(bytes, at, at + MAX_LINE, this.#number);
    this.#take(bytes, at, to, this.#number);
  }

  #keep(bytes: Uint8Array, from: number, to: number): void {
    let at = from;
    while (at < to) {
      if (this.#carried === MAX_LINE) {
        this.#take(this.#carry, 0, MAX_LINE, this.#number);
        this.#carried = 0;
      }
      const size = Math.min(to - at, MAX_LINE - this.#carried);
      this.#carry.set(bytes.subarray(at, at + size), this.#carried);
      this.#carried += size;
      at += size;
    }
  }
}
