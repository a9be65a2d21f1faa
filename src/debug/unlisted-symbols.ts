import { asciiBytes } from '../base/text.ts';
import type { Addr } from '../base/units.ts';
import type { DebugInfo, DebugProvider, KernelSymbol } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { kernelBtf } from './btf-kernel.ts';
import { BTF_KIND } from './btf-kinds.ts';
import { ExportedSymbols } from './exported-symbols.ts';
import { findUnlistedList } from './unlisted-lists.ts';

/**
 * Variables of a kernel whose kallsyms holds only text (without CONFIG_KALLSYMS_ALL): from the table of exported
 * symbols, from the per-CPU section in BTF, and list heads from the code that walks them.
 */
export const unlistedSymbols: DebugProvider = {
  name: 'symbols that kallsyms leaves out',
  offers: ['symbols'],
  open: (prog) => new UnlistedSymbols(prog),
};

class UnlistedSymbols implements DebugInfo {
  readonly #prog: Program;
  #needed: boolean | undefined;
  #exported: ExportedSymbols | undefined | null = null;
  #perCpu: PerCpuSection | undefined | null = null;

  constructor(prog: Program) {
    this.#prog = prog;
  }

  findSymbol(name: string): KernelSymbol | undefined {
    if (name === '_end' || name === '_etext' || !this.#isNeeded()) return undefined; // of the linker: in no list
    const address = this.#exportedAddress(name) ?? findUnlistedList(this.#prog, name) ?? this.#perCpuAddress(name);
    return address === undefined ? undefined : { name, address, size: 0, letter: '?' };
  }

  /** With CONFIG_KALLSYMS_ALL (then there is `_end`) what kallsyms does not know does not exist. */
  #isNeeded(): boolean {
    this.#needed ??= this.#prog.findSymbol('_end') === undefined;
    return this.#needed;
  }

  #exportedAddress(name: string): Addr | undefined {
    if (this.#exported === null) {
      this.#exported = undefined;
      try {
        this.#exported = ExportedSymbols.find(this.#prog);
      } catch (e) {
        this.#prog.noteProblem('exported symbols', e);
      }
    }
    return this.#exported?.find(name);
  }

  #perCpuAddress(name: string): Addr | undefined {
    if (name.startsWith('__start_') || name.startsWith('__stop_')) return undefined; // asked for on the way to BTF
    if (this.#perCpu === null) {
      this.#perCpu = undefined;
      try {
        this.#perCpu = perCpuSection(this.#prog, (n) => this.#exportedAddress(n));
      } catch (e) {
        this.#prog.noteProblem('per-CPU variables', e);
      }
    }
    return this.#perCpu?.find(name);
  }
}

interface PerCpuSection {
  find(name: string): Addr | undefined;
}

/** The per-CPU variables that BTF lists by their offset, placed by one of them that is exported. */
function perCpuSection(prog: Program, exported: (name: string) => Addr | undefined): PerCpuSection | undefined {
  const { section } = kernelBtf(prog);
  const { words, starts, firstId } = section;
  const wanted = asciiBytes('.data..percpu');
  const at = starts.findLast((word) => {
    const info = words[word + 1] as number;
    return ((info >>> 24) & 0x7f) === BTF_KIND.DATASEC && section.textIs(words[word] as number, wanted);
  });
  if (at === undefined) return undefined;
  const count = (words[at + 1] as number) & 0xffffff;
  // `struct btf_var_secinfo`: type, offset, size; the type is a VAR record with the name.
  const name = (i: number): number => {
    const start = starts[(words[at + 3 + i * 3] as number) - firstId];
    return start === undefined ? 0 : (words[start] as number);
  };
  const offset = (i: number): bigint => BigInt(words[at + 4 + i * 3] as number);
  let base: Addr | undefined;
  for (let i = 0; i < count && base === undefined; i++) {
    const address = exported(section.text(name(i)));
    if (address !== undefined) base = address - offset(i);
  }
  if (base === undefined) return undefined;
  const start = base;
  return {
    find(symbol) {
      if (symbol === '__per_cpu_start') return start;
      const text = asciiBytes(symbol);
      for (let i = 0; i < count; i++) if (section.textIs(name(i), text)) return start + offset(i);
      return undefined;
    },
  };
}
