/** Templates that are counted at once. */
const CAPACITY = 8192;
const SLOTS = CAPACITY * 4;

/** What is known of a template's messages, as bits. */
export const KNOWN = 1;
export const MATTERS = 2;
export const SEVERAL = 4;

/** How often a kind of message came. */
export interface TemplateCount {
  /** The first message of it. */
  readonly sample: string;
  readonly count: number;
  /** Of these, while no report was open. */
  readonly outside: number;
  /** So many more may have come while others were counted in its place. */
  readonly error: number;
  readonly firstSeconds?: number;
  readonly lastSeconds?: number;
  /** Line of the first. */
  readonly line: number;
}

/**
 * Counts messages by template in bounded memory: when the table is full, the rarer half goes, and what comes back may have
 * been there as often as those that went (the bound of Metwally's space-saving, applied to half the table at a time).
 */
export class TemplateTable {
  readonly #slots = new Int32Array(SLOTS);
  readonly #a = new Int32Array(CAPACITY);
  readonly #b = new Int32Array(CAPACITY);
  readonly #count = new Float64Array(CAPACITY);
  readonly #outside = new Float64Array(CAPACITY);
  readonly #error = new Float64Array(CAPACITY);
  readonly #first = new Float64Array(CAPACITY);
  readonly #last = new Float64Array(CAPACITY);
  readonly #line = new Float64Array(CAPACITY);
  readonly flags = new Uint8Array(CAPACITY);
  readonly #samples: string[] = [];
  #size = 0;
  #floor = 0;

  /** Counts a message; returns its template's index, valid until the next call. Flags of a new one are 0. */
  note(a: number, b: number, seconds: number, line: number, inReport: boolean): number {
    let slot = this.#find(a, b);
    if (this.#slots[slot] === 0) {
      if (this.#size === CAPACITY) {
        this.#shrink();
        slot = this.#find(a, b);
      }
      this.#add(slot, a, b, seconds, line);
    }
    const at = (this.#slots[slot] as number) - 1;
    this.#count[at] = (this.#count[at] as number) + 1;
    if (!inReport) this.#outside[at] = (this.#outside[at] as number) + 1;
    if (!Number.isNaN(seconds)) this.#last[at] = seconds;
    return at;
  }

  setSample(at: number, text: string): void {
    this.#samples[at] = text;
  }

  /**
   * The most frequent templates, most frequent first.
   * @param timed only messages with a time: where the kernel's have one, what has none is other output on its console
   */
  loudest(limit: number, least: number, timed: boolean): TemplateCount[] {
    const all: number[] = [];
    for (let at = 0; at < this.#size; at++) {
      const count = this.#count[at] as number;
      const several = (this.flags[at] as number) & SEVERAL; // its parts are counted
      if (timed && Number.isNaN(this.#last[at] as number)) continue;
      if (!several && count >= least) all.push(at);
    }
    all.sort((x, y) => (this.#count[y] as number) - (this.#count[x] as number) || x - y);
    return all.slice(0, limit).map((at) => this.#countOf(at));
  }

  #countOf(at: number): TemplateCount {
    const [first, last] = [this.#first[at] as number, this.#last[at] as number];
    return {
      sample: this.#samples[at] ?? '',
      count: this.#count[at] as number,
      outside: this.#outside[at] as number,
      error: this.#error[at] as number,
      ...(!Number.isNaN(first) && { firstSeconds: first }),
      ...(!Number.isNaN(last) && { lastSeconds: last }),
      line: this.#line[at] as number,
    };
  }

  #find(a: number, b: number): number {
    let slot = (a ^ (b >>> 7)) & (SLOTS - 1);
    for (;;) {
      const at = this.#slots[slot] as number;
      if (at === 0 || (this.#a[at - 1] === a && this.#b[at - 1] === b)) return slot;
      slot = (slot + 1) & (SLOTS - 1);
    }
  }

  #add(slot: number, a: number, b: number, seconds: number, line: number): void {
    const at = this.#size++;
    this.#slots[slot] = at + 1;
    this.#a[at] = a;
    this.#b[at] = b;
    this.#count[at] = 0;
    this.#outside[at] = 0;
    this.#error[at] = this.#floor;
    this.#first[at] = seconds;
    this.#last[at] = seconds;
    this.#line[at] = line;
    this.flags[at] = 0;
    this.#samples[at] = '';
  }

  #shrink(): void {
    const counts = Float64Array.from(this.#count.subarray(0, this.#size)).sort();
    const limit = counts[CAPACITY >> 1] as number;
    this.#floor = Math.max(this.#floor, limit);
    this.#slots.fill(0);
    const old = this.#size;
    this.#size = 0;
    for (let from = 0; from < old; from++) {
      if ((this.#count[from] as number) <= limit) continue;
      this.#move(from, this.#size++);
    }
    this.#samples.length = this.#size;
  }

  #move(from: number, to: number): void {
    for (const field of [this.#count, this.#outside, this.#error, this.#first, this.#last, this.#line]) {
      field[to] = field[from] as number;
    }
    this.#a[to] = this.#a[from] as number;
    this.#b[to] = this.#b[from] as number;
    this.flags[to] = this.flags[from] as number;
    this.#samples[to] = this.#samples[from] as string;
    this.#slots[this.#find(this.#a[to] as number, this.#b[to] as number)] = to + 1;
  }
}
