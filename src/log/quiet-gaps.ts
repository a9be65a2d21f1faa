/** A time in which the log has no message. */
export interface QuietGap {
  /** Seconds since boot, or of the clock where the log has no other time. */
  readonly from: number;
  readonly to: number;
  /** Line with which the log goes on. */
  readonly line: number;
}

const KEPT = 64;
/** Shorter ones are no silence. */
const LEAST = 1;

/** Keeps the longest times without a message. */
export class QuietGaps {
  #before = Number.NaN;
  #least = LEAST;
  #gaps: QuietGap[] = [];

  /** A message of that time. Time that goes back is another boot, or another clock. */
  note(seconds: number, line: number): void {
    const length = seconds - this.#before;
    if (length > this.#least) this.#keep({ from: this.#before, to: seconds, line });
    if (!Number.isNaN(seconds)) this.#before = seconds;
  }

  /** The longest that ended at a line or before, longest first. */
  longest(limit: number, line: number): QuietGap[] {
    const fitting = this.#gaps.filter((gap) => gap.line <= line);
    return fitting.sort(byLength).slice(0, limit);
  }

  #keep(gap: QuietGap): void {
    this.#gaps.push(gap);
    if (this.#gaps.length < KEPT * 2) return;
    this.#gaps = this.#gaps.sort(byLength).slice(0, KEPT);
    const last = this.#gaps[KEPT - 1] as QuietGap;
    this.#least = last.to - last.from;
  }
}

function byLength(x: QuietGap, y: QuietGap): number {
  return y.to - y.from - (x.to - x.from);
}
