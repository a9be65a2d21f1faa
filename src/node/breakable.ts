/** Runs synchronous work that may take long, so that a host can break it off; then it throws what the host threw. */
export type Breakable = <T>(work: () => T) => T;

/** For a host that breaks nothing off. */
export const unbroken: Breakable = (work) => work();

/** A turn of the event loop: a signal that came before work that leaves it no turn is heard before it. */
export function nextTurn(): Promise<void> {
  return new Promise((done) => setImmediate(done));
}
