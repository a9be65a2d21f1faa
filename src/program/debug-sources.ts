import type { DebugCapability, DebugInfo, DebugProvider } from './ports.ts';
import type { Program } from './program.ts';

interface Source {
  readonly provider: DebugProvider;
  info: DebugInfo | undefined;
  opened: boolean;
}

/** The debug information of a program, in the order in which it is asked; each is opened on its first question. */
export class DebugSources {
  readonly #program: Program;
  readonly #sources: Source[];

  constructor(program: Program, providers: readonly DebugProvider[]) {
    this.#program = program;
    this.#sources = providers.map((provider) => ({ provider, info: undefined, opened: false }));
  }

  add(provider: DebugProvider): void {
    this.#sources.push({ provider, info: undefined, opened: false });
  }

  /** Those that offer a capability and could be opened. */
  *offering(capability: DebugCapability): Iterable<DebugInfo> {
    for (const source of this.#sources) {
      const info = source.provider.offers.includes(capability) ? this.#open(source) : undefined;
      if (info) yield info;
    }
  }

  /** The first answer. */
  ask<T>(capability: DebugCapability, ask: (info: DebugInfo) => T | undefined): T | undefined {
    for (const source of this.#sources) {
      if (!source.provider.offers.includes(capability)) continue;
      const info = this.#open(source);
      const answer = info && ask(info);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  #open(source: Source): DebugInfo | undefined {
    if (!source.opened) {
      source.opened = true; // also when it fails: a provider that asks for itself must not recurse
      try {
        source.info = source.provider.open(this.#program);
      } catch (e) {
        this.#program.noteProblem(source.provider.name, e);
      }
    }
    return source.info;
  }
}
