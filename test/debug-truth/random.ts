/** Numbers that are the same on every run: a linear congruential generator (Numerical Recipes' constants). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer from 0 to below `end`. */
  below(end: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    const high = this.#state;
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return Math.floor(((high * 0x100000 + (this.#state >>> 12)) / 0x10000000000000) * end);
  }

  /** `count` different ones of `items` (all when there are fewer), in their order. */
  sample<T>(items: readonly T[], count: number): T[] {
    if (items.length <= count) return [...items];
    const chosen = new Set<number>();
    while (chosen.size < count) chosen.add(this.below(items.length));
    return [...chosen].sort((a, b) => a - b).map((i) => items[i] as T);
  }
}
