import { CorruptError, MemoryFault, NotFoundError } from '../base/errors.ts';
import type { Addr } from '../base/units.ts';
import type { DebugInfo, DebugProvider, KernelSymbol } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { KallsymsAddresses } from './kallsyms-addresses.ts';
import { namedTables } from './kallsyms-named.ts';
import type { KallsymsNames } from './kallsyms-names.ts';
import { shapedTables } from './kallsyms-shape.ts';
import type { FoundKallsyms } from './kallsyms-tables.ts';
import { tablesAroundTokens } from './kallsyms-token-shape.ts';

/** Symbols of the kernel image from its own tables; offers names, addresses and letters of text and often data. */
export const kallsyms: DebugProvider = {
  name: 'symbols from kallsyms',
  offers: ['symbols'],
  open: openKallsyms,
};

function openKallsyms(prog: Program): DebugInfo {
  let why: CorruptError | undefined;
  try {
    const named = namedTables(prog);
    if (named) return new Kallsyms(prog, named);
  } catch (e) {
    if (!(e instanceof CorruptError)) throw e; // what is named but not in the dump is not to be found elsewhere
    why = e;
  }
  const found = shapedTables(prog.memory, prog.vmcoreinfo) ?? tablesAroundTokens(prog.memory, prog.vmcoreinfo);
  if (found) return new Kallsyms(prog, found);
  throw why ?? new NotFoundError('table', 'kallsyms', 'the kernel image in the dump holds none (CONFIG_KALLSYMS)');
}

class Kallsyms implements DebugInfo {
  readonly #prog: Program;
  readonly #addresses: KallsymsAddresses;
  readonly #names: KallsymsNames;
  #ends: { readonly all: boolean; readonly end: Addr | undefined } | undefined;

  constructor(prog: Program, found: FoundKallsyms) {
    this.#prog = prog;
    this.#addresses = new KallsymsAddresses(prog.memory, found.tables);
    this.#names = found.names;
  }

  findSymbol(name: string): KernelSymbol | undefined {
    return this.#guard(() => {
      const i = this.#names.find(name);
      return i === undefined ? undefined : this.#symbol(i);
    });
  }

  symbolAt(at: Addr): KernelSymbol | undefined {
    return this.#guard(() => {
      const found = this.#addresses.find(at);
      if (!found) return undefined;
      const { letter, name } = this.#names.name(found.index);
      // Only text is sure to be covered up to the next symbol; behind _etext may lie what has no symbols at all.
      const sure = 'tTwW'.includes(letter) && name !== '_etext' && name !== '_einittext';
      const last = found.next === this.#addresses.count;
      if ((!sure || last) && !this.#covers(at, name)) return undefined;
      const address = this.#addresses.address(found.index);
      return { name, address, size: this.#size(found.index, found.next), letter };
    });
  }

  *symbols(): Iterable<KernelSymbol> {
    let next = 0;
    let named = 0;
    for (const { index: i, letter, name } of this.#names.all()) {
      named++;
      try {
        const address = this.#addresses.address(i);
        if (next <= i) next = i + 1; // else still in a run of equal addresses, which may have thousands
        next = this.#addresses.nextOther(next, address);
        yield { name, address, size: this.#size(i, next), letter };
      } catch (e) {
        if (!(e instanceof MemoryFault)) throw e;
        this.#prog.noteProblem(kallsyms.name, e);
      }
    }
    const { count } = this.#names;
    if (named === count) return;
    const why = `names of ${count - named} of ${count} symbols are not in the dump`;
    this.#prog.noteProblem(kallsyms.name, new NotFoundError('name', 'of each symbol', why));
  }

  /** A page of the tables that is missing costs the answer that needs it, not the others. */
  #guard<T>(ask: () => T | undefined): T | undefined {
    try {
      return ask();
    } catch (e) {
      this.#prog.noteProblem(kallsyms.name, e);
      return undefined;
    }
  }

  #symbol(i: number): KernelSymbol {
    const address = this.#addresses.address(i);
    const { letter, name } = this.#names.name(i);
    return { name, address, size: this.#size(i, this.#addresses.nextOther(i + 1, address)), letter };
  }

  /** Up to the next symbol, as the kernel's own `get_symbol_pos` counts; absolute symbols have no size. */
  #size(i: number, next: number): number {
    if (this.#addresses.isAbsolute(i) || this.#addresses.isLost(next)) return 0;
    const end = next < this.#addresses.count ? this.#addresses.address(next) : this.#boundaries().end;
    const start = this.#addresses.address(i);
    return end !== undefined && end > start ? Number(end - start) : 0;
  }

  /** Whether symbols cover this address: with CONFIG_KALLSYMS_ALL the whole image, else only its text. */
  #covers(at: Addr, name: string): boolean {
    const { all, end } = this.#boundaries();
    if (all) return end !== undefined && at < end;
    return name !== '_etext' && name !== '_einittext' && end !== undefined && at < end;
  }

  #boundaries(): { readonly all: boolean; readonly end: Addr | undefined } {
    if (this.#ends) return this.#ends;
    const addresses = this.#addresses;
    const find = (name: string): Addr | undefined => {
      const i = this.#names.find(name);
      return i === undefined ? undefined : addresses.address(i);
    };
    const last = this.#names.find('_end');
    const all = last !== undefined;
    // Where the address of `_end` is lost, the last that is there stands for it.
    const end = all ? addresses.lastBefore(last + 1) : (find('_einittext') ?? find('_etext'));
    this.#ends = { all, end };
    return this.#ends;
  }
}
