import { perOwner } from '../base/lazy.ts';
import type { Addr } from '../base/units.ts';
import type { KernelSymbol } from '../program/ports.ts';
import type { Program } from '../program/program.ts';

export function addressText(at: Addr): string {
  return `0x${at.toString(16)}`;
}

/** ` <symbol+offset>` for an address inside a symbol, '' for any other. */
export function symbolText(prog: Program, at: Addr): string {
  const name = symbolName(prog, at);
  return name === '' ? '' : ` <${name}>`;
}

/**
 * Marks of the linker: they are places, not objects, and what follows them is not theirs. Only where nothing states the
 * sizes of symbols.
 */
const MARK =
  /^(?:__start_|__stop_|__end_|__begin_|kallsyms_|__per_cpu_|__init_|_[se](?:text|data|bss|init|rodata)|__bss_|__brk_|_end$|__entry_text|init_stack$|init_thread_union$)/;

/** `symbol+offset`, '' for an address that no symbol covers. */
function symbolName(prog: Program, at: Addr): string {
  if (prog.pointerSize === 8 && at < prog.kernelStart) return '';
  const holding = prog.symbolHolding(at);
  if (holding === null) return '';
  if (holding) return withOffset(holding, at);
  const symbol = prog.symbolAt(at);
  if (!symbol || MARK.test(symbol.name)) return '';
  const offset = at - symbol.address;
  if (offset !== 0n && (symbol.module === undefined ? !reaches(prog, symbol, offset) : offset > MAX_IN_MODULE))
    return '';
  return withOffset(symbol, at);
}

function withOffset({ name, address }: KernelSymbol, at: Addr): string {
  return at === address ? name : `${name}+${at - address}`;
}

/** The last function of a module seems to reach to its end where the kernel's table has no data symbols. */
const MAX_IN_MODULE = 4096n;

/**
 * Whether a variable is so large. Read-only data is full of constants without a symbol, so that what is not known to
 * be so large is not.
 */
function reaches(prog: Program, { letter, name }: KernelSymbol, offset: bigint): boolean {
  if (/r/i.test(letter)) return offset < (sizes(prog).of(name) ?? 0n);
  if (!/[bd]/i.test(letter)) return true;
  const size = sizes(prog).of(name);
  return size === undefined || offset < size;
}

/** More names are not remembered. */
const MAX_NAMES = 4096;

/** Sizes of variables where debug information tells them: symbol tables in dumps hold only where the next symbol is. */
class VariableSizes {
  readonly #prog: Program;
  readonly #known: boolean;
  readonly #sizes = new Map<string, bigint | undefined>();

  constructor(prog: Program) {
    this.#prog = prog;
    this.#known = prog.has('locals');
  }

  /** In bytes; undefined when it is not known. */
  of(name: string): bigint | undefined {
    if (!this.#known) return undefined;
    let size = this.#sizes.get(name);
    if (size === undefined && !this.#sizes.has(name)) {
      const bytes = this.#prog.findVariableType(name)?.size ?? 0;
      size = bytes > 0 ? BigInt(bytes) : undefined;
      if (this.#sizes.size < MAX_NAMES) this.#sizes.set(name, size);
    }
    return size;
  }
}

const sizes = perOwner((prog: Program) => new VariableSizes(prog));
