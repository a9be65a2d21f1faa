import type { Phrase } from '../base/phrase.ts';

/** Ctrl-C came: what was going on is broken off, and the program ends once it has said so. */
export class Interrupted extends Error {
  /** @param what was going on, as in `interrupted while opening the dump` */
  constructor(what: string) {
    super(`interrupted ${what}`);
  }
}

/** Why what was going on is not whole. */
export const INTERRUPTED: Phrase = { en: 'it was interrupted', zh: '被用户中断' };

/** Where the script below finds its work. */
const PLACE = Symbol.for('inquest.breakable');
const holder = globalThis as unknown as { [PLACE]?: () => unknown };

let isWatched = false;
let isInside = false;
let script: { runInThisContext(options: object): unknown } | undefined;

/** From now on `breakable` and `breakableWait` do what they say; only the main thread is told of signals. */
export function watchInterrupts(): void {
  isWatched = true;
}

/**
 * Runs synchronous work that Ctrl-C ends wherever it is, a sleep too. Handlers of signals run only when the work is done, but a
 * script with `breakOnSigint` is ended by a thread of Node's. Work inside of such work is a part of it.
 * @param what see `Interrupted` @throws Interrupted
 */
export function breakable<T>(work: () => T, what: string): T {
  if (!isWatched || isInside) return work();
  script ??= new (process.getBuiltinModule('node:vm').Script)(`globalThis[Symbol.for('${PLACE.description}')]()`);
  isInside = true;
  holder[PLACE] = work;
  try {
    return script.runInThisContext({ breakOnSigint: true, displayErrors: false }) as T;
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_INTERRUPTED') throw new Interrupted(what);
    throw e;
  } finally {
    isInside = false;
    delete holder[PLACE];
  }
}

/**
 * Awaits work that leaves the event loop free but for what it gives to `breakable`; Ctrl-C ends the waiting.
 * @throws Interrupted
 */
export async function breakableWait<T>(work: Promise<T>, what: string): Promise<T> {
  if (!isWatched) return work;
  let stop: () => void = () => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(new Interrupted(what));
  });
  process.once('SIGINT', stop);
  try {
    const result = await Promise.race([work, stopped]);
    await Promise.race([new Promise((done) => setImmediate(done)), stopped]); // a signal that was not heard yet
    return result;
  } finally {
    process.off('SIGINT', stop);
  }
}

/** Ends the program as the signal does that asked for it: a shell's status is 130, and its loops end too. */
export function dieOfInterrupt(): number {
  process.removeAllListeners('SIGINT');
  process.kill(process.pid, 'SIGINT');
  return 130;
}
