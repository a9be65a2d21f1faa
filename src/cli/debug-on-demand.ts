import type { HostDebugInfo } from '../node/debug-info.ts';
import type { DebugProvider } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import type { SourceFinder } from '../report/source-text.ts';
import type { DebugRequest } from './arguments.ts';
import { fetchProgress } from './fetch-progress.ts';
import { breakableWait } from './interrupt.ts';

/**
 * Debug information of an opened dump for the command line. What was named is opened at once; all else is looked for when
 * a command has asked for lines or locals, and the command is then run again. A session that never asks loads no code
 * for it and touches no file.
 */
export class DebugOnDemand {
  readonly #prog: Program;
  readonly #request: DebugRequest;
  readonly #given: readonly string[];
  #host: HostDebugInfo | undefined;
  #asked = false;

  /** @param given files and folders that were named */
  constructor(prog: Program, request: DebugRequest | undefined, given: readonly string[]) {
    this.#prog = prog;
    this.#request = request ?? {};
    this.#given = given;
  }

  /** Whether debug information was named. */
  get explicit(): boolean {
    return this.#given.length > 0;
  }

  /** @throws AnalysisError when a file that was named is of another kernel, or none */
  async start(): Promise<void> {
    if (this.explicit) await this.#load();
    else if (!this.#request.noSearch) this.#prog.add(this.#listener());
  }

  /** Source text, when it was named or debug information was. */
  async source(): Promise<SourceFinder | undefined> {
    if (this.#request.source === undefined && !this.explicit) return undefined;
    return (await import('../node/debug-info.ts')).sourceOf(this.#prog, this.#request.source);
  }

  /** After a command: whether it would answer more now, because what it asked for has been found meanwhile. */
  async hasMore(): Promise<boolean> {
    if (this.#asked && !this.#host) {
      const host = await this.#load();
      await this.#fetch(host);
      return true; // at least the reason why there is none
    }
    return this.#host !== undefined && (await this.#fetch(this.#host));
  }

  close(): void {
    this.#host?.close();
  }

  async #load(): Promise<HostDebugInfo> {
    const { HostDebugInfo } = await import('../node/debug-info.ts');
    const { noSearch, force } = this.#request;
    this.#host = new HostDebugInfo(this.#prog, { given: this.#given, usual: !noSearch, force: force === true });
    await this.#host.start();
    return this.#host;
  }

  async #fetch(host: HostDebugInfo): Promise<boolean> {
    if (this.#request.noSearch) return false;
    const progress = fetchProgress();
    try {
      return await breakableWait(host.fetchMissing(progress.show), 'while fetching debug information');
    } finally {
      progress.stop();
    }
  }

  /** Stands in for what has not been looked for yet: notices that it is asked for. */
  #listener(): DebugProvider {
    const ask = (): undefined => {
      this.#asked = true;
      return undefined;
    };
    return {
      name: 'debug information on demand',
      offers: ['lines', 'locals'],
      open: () => ({ sourceAt: ask, localsAt: ask }),
    };
  }
}
