import { AnalysisError } from '../base/errors.ts';
import { perOwner } from '../base/lazy.ts';
import type { Program } from '../program/program.ts';

/** One reason for which a kernel calls itself tainted. */
interface TaintFlag {
  readonly set: string;
  /** What stands in its place in the kernel's own line when it is not set. */
  readonly clear: string;
}

/** Letters by bit: Documentation/admin-guide/tainted-kernels.rst. */
const LETTERS = 'PFSRMBUDAWCIOELKXTNJ';
const MAX_FLAGS = 64;

/** The kernel's own table `taint_flags[]`, so that new letters are right; the documented letters where it is not there. */
const taintFlags = perOwner((prog: Program): readonly TaintFlag[] => {
  try {
    const symbol = prog.findSymbol('taint_flags');
    const type = prog.findType('taint_flag');
    if (symbol && type) {
      const flags = readFlags(prog, symbol.address, type.size, Math.floor(symbol.size / type.size));
      if (flags.length >= 16) return flags;
    }
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
  }
  return [...LETTERS].map((set, bit) => ({ set, clear: bit === 0 ? 'G' : ' ' }));
});

function readFlags(prog: Program, at: bigint, stride: number, count: number): TaintFlag[] {
  const on = prog.offset('taint_flag', 'c_true');
  const off = prog.offset('taint_flag', 'c_false');
  const bytes = prog.memory.bytes(at, stride * Math.min(count, MAX_FLAGS));
  const flags: TaintFlag[] = [];
  for (let from = 0; from + stride <= bytes.length; from += stride) {
    const set = String.fromCharCode(bytes[from + on] as number);
    const clear = String.fromCharCode(bytes[from + off] as number);
    if (!/[A-Z]/.test(set) || !/[G ]/.test(clear)) break; // beyond the table: the symbol's size includes padding
    flags.push({ set, clear });
  }
  return flags;
}

/** Letters of the bits that are set, for example `OE`. */
export function taintLetters(prog: Program, mask: bigint): string {
  let letters = '';
  taintFlags(prog).forEach((flag, bit) => {
    if (((mask >> BigInt(bit)) & 1n) === 1n) letters += flag.set;
  });
  return letters;
}

/** As the kernel prints it behind `Tainted: `, a place for every letter: `G           OE     `. */
export function taintLine(prog: Program, mask: bigint): string {
  return taintFlags(prog)
    .map((flag, bit) => (((mask >> BigInt(bit)) & 1n) === 1n ? flag.set : flag.clear))
    .join('');
}
