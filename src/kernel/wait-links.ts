import type { Addr } from '../base/units.ts';
import { cyclesOf, reaching } from './wait-cycles.ts';
import type { TaskWait } from './wait-graph.ts';

/** The tasks of a graph as numbers: who waits for whom. */
export class WaitLinks {
  readonly #addresses: Addr[] = [];
  readonly #ids = new Map<Addr, number>();
  readonly #links = new Map<number, readonly number[]>();

  constructor(waits: readonly TaskWait[]) {
    for (const { task } of waits) this.#id(task.address);
    for (const { task, resource } of waits) {
      const to = new Set((resource?.holders ?? []).map((h) => this.#id(h.task)));
      this.#links.set(this.#id(task.address), [...to]);
    }
  }

  /** Tasks that wait for each other, each for the next. */
  cycles(): Addr[][] {
    return cyclesOf(this.#links).map((cycle) => this.#tasks(cycle));
  }

  /** Who waits for one of these tasks, directly or through others, the nearest first; they themselves are left out. */
  behind(tasks: readonly Addr[]): Addr[] {
    return this.#tasks(
      reaching(
        this.#links,
        tasks.flatMap((t) => this.#ids.get(t) ?? []),
      ),
    );
  }

  #tasks(ids: readonly number[]): Addr[] {
    return ids.map((id) => this.#addresses[id] as Addr);
  }

  #id(task: Addr): number {
    const known = this.#ids.get(task);
    if (known !== undefined) return known;
    const id = this.#addresses.length;
    this.#addresses.push(task);
    this.#ids.set(task, id);
    return id;
  }
}
