import { AnalysisError } from './errors.ts';

/** A value computed on first use; a failure is remembered and thrown again, never recomputed. */
export class Lazy<T> {
  #make: (() => T) | undefined;
  #value: T | undefined;
  #error: unknown;
  #failed = false;
  #making = false;

  constructor(make: () => T) {
    this.#make = make;
  }

  /** @throws AnalysisError when the value is asked for while it is being made: sources of a dump may lead to each other */
  get(): T {
    const make = this.#make;
    if (make) {
      this.#make = undefined;
      this.#making = true;
      try {
        this.#value = make();
      } catch (e) {
        this.#failed = true;
        this.#error = e;
      } finally {
        this.#making = false;
      }
    }
    if (this.#making) throw new AnalysisError('cycle', 'it was asked for while it was being found');
    if (this.#failed) throw this.#error;
    return this.#value as T;
  }
}

/** A value per owner, made on first use and dropped with its owner; keeps module state out of the program. */
export function perOwner<K extends object, T>(make: (owner: K) => T): (owner: K) => T {
  const cache = new WeakMap<K, Lazy<T>>();
  return (owner) => {
    let lazy = cache.get(owner);
    if (!lazy) {
      lazy = new Lazy(() => make(owner));
      cache.set(owner, lazy);
    }
    return lazy.get();
  };
}
