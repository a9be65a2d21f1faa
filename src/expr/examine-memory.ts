import { AnalysisError, UsageError } from '../base/errors.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { intType } from '../types/simple-type.ts';
import { quotedText } from './c-string.ts';
import { integerOf } from './expr-value.ts';
import { letterText } from './scalar-text.ts';
import { addressText, symbolText } from './symbol-text.ts';

/** What gdb's `x/4gx` asks for. */
export interface ExamineFormat {
  readonly count: number;
  readonly letter: string;
  /** Bytes of a unit. */
  readonly size: number;
}

const SIZES: Readonly<Record<string, number>> = { b: 1, h: 2, w: 4, g: 8 };
/** Bytes on a line, by format letter: strings and characters have their own. */
const MAX_UNITS = 1 << 20;

/** Reads `4gx`; what it leaves out is taken from the last one, as gdb does. @throws UsageError */
export function parseExamine(text: string, last: ExamineFormat): ExamineFormat {
  const m = /^(-?\d*)([a-z]*)$/.exec(text);
  if (!m) throw new UsageError(`x: '/${text}' is no format such as /4gx`);
  let { letter, size } = last;
  let sized = false;
  for (const c of m[2] as string) {
    if (c in SIZES) {
      size = SIZES[c] as number;
      sized = true;
    } else if (/[xduotacsizf]/.test(c)) letter = c;
    else throw new UsageError(`x: '${c}' is neither a format (x d u o t a c s i z) nor a size (b h w g)`);
  }
  if (letter === 'a') size = 8;
  else if (letter === 'c' && !sized) size = 1;
  const count = m[1] === '' ? 1 : Number(m[1]);
  if (!(count >= 1 && count <= MAX_UNITS)) throw new UsageError(`x: ${m[1]} units`);
  return { count, letter, size };
}

/** Units on a line, as gdb lays them out. */
function perLine({ letter, size }: ExamineFormat): number {
  if (letter === 'a') return 2;
  if (letter === 'c') return 8;
  if (letter === 't') return size === 1 ? 8 : size === 2 ? 8 : size === 4 ? 4 : 2;
  if (letter === 'd' || letter === 'u' || letter === 'x' || letter === 'z' || letter === 'o')
    return size === 8 ? 2 : size === 4 ? 4 : 8;
  return 1;
}

/** A line of examined memory. */
export interface ExaminedLine {
  readonly address: Addr;
  /** `<symbol+offset>`, with a blank before it; '' for none. */
  readonly symbol: string;
  readonly units: readonly string[];
}

/** Memory as gdb's `x` shows it, but for instructions. @throws MemoryFault when nothing can be read */
export function examineMemory(prog: Program, at: Addr, format: ExamineFormat): ExaminedLine[] {
  return format.letter === 's' ? strings(prog, at, format.count) : units(prog, at, format);
}

function units(prog: Program, at: Addr, format: ExamineFormat): ExaminedLine[] {
  const { count, letter, size } = format;
  const type = intType('', size, true);
  const width = perLine(format);
  const lines: ExaminedLine[] = [];
  for (let first = 0; first < count; first += width) {
    const address = addrAdd(at, first * size);
    const texts: string[] = [];
    for (let i = first; i < Math.min(first + width, count); i++) {
      const bytes = prog.memory.bytes(addrAdd(at, i * size), size);
      const value = integerOf(prog, bytes, letter === 'd' || letter === 'c', size);
      texts.push(unitText(prog, type, value, size, letter));
    }
    lines.push({ address, symbol: symbolText(prog, address), units: texts });
  }
  return lines;
}

function unitText(
  prog: Program,
  type: ReturnType<typeof intType>,
  value: bigint,
  size: number,
  letter: string,
): string {
  const bits = size * 8;
  const unsigned = BigInt.asUintN(bits, value);
  if (letter === 'x' || letter === 'z') return `0x${unsigned.toString(16).padStart(size * 2, '0')}`;
  if (letter === 't') return unsigned.toString(2).padStart(bits, '0');
  if (letter === 'o') return unsigned === 0n ? '0' : `0${unsigned.toString(8)}`;
  return letterText(prog, type, value, bits, letter);
}

function strings(prog: Program, from: Addr, count: number): ExaminedLine[] {
  const lines: ExaminedLine[] = [];
  let at = from;
  for (let i = 0; i < count; i++) {
    const { text, size } = stringAt(prog, at);
    lines.push({ address: at, symbol: symbolText(prog, at), units: [text] });
    at = addrAdd(at, size);
  }
  return lines;
}

const MAX_STRING = 256;

function stringAt(prog: Program, at: Addr): { text: string; size: number } {
  const bytes = new Uint8Array(MAX_STRING);
  let have = 0;
  try {
    while (have < MAX_STRING) {
      const from = addrAdd(at, have);
      const n = Math.min(MAX_STRING - have, 4096 - Number(from & 0xfffn));
      prog.memory.read(from, bytes.subarray(have, have + n));
      have += n;
    }
  } catch (e) {
    if (!(e instanceof AnalysisError) || have === 0) throw e;
  }
  const end = bytes.subarray(0, have).indexOf(0);
  if (end >= 0) return { text: quotedText(bytes, end), size: end + 1 };
  return { text: `${quotedText(bytes, have)}...`, size: have };
}

/** The line of examined memory as gdb writes it. */
export function examinedText(line: ExaminedLine): string {
  return `${addressText(line.address)}${line.symbol}:\t${line.units.join('\t')}`;
}
