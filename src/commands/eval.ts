import { UsageError } from '../base/errors.ts';
import { evaluate, frameScope } from '../expr/index.ts';
import type { Program } from '../program/program.ts';
import { command } from '../report/command.ts';
import { arrayOf, hexString, integer, nullable, object, string } from '../report/schema.ts';

interface EvalData {
  readonly value: string;
  readonly unsigned: string;
  readonly signed: string;
  readonly octal: string;
  readonly binary: string;
  /** In KB, MB or GB when it is a whole number of them. */
  readonly size: string | null;
  readonly bits: readonly number[];
}

const UNITS: readonly (readonly [string, bigint])[] = [
  ['GB', 1n << 30n],
  ['MB', 1n << 20n],
  ['KB', 1n << 10n],
];
const SUFFIX: Readonly<Record<string, bigint>> = { k: 1n << 10n, m: 1n << 20n, g: 1n << 30n };
/** Columns of the line of bits. */
const WIDTH = 80;

const evaluateCommand = command<EvalData>({
  name: 'eval',
  summary: 'a number in every base',
  description: [
    'Evaluates an expression in 64 bits and shows it in hexadecimal, decimal, octal and binary. Numbers with the digits a ' +
      'to f are hexadecimal without 0x, a leading zero means nothing; k, m and g behind a number are powers of 1024. A ' +
      'symbol is its address.',
  ],
  args: {
    options: [
      { flag: 'b', help: 'also the numbers of the bits that are set' },
      { flag: 'l', help: 'in 64 bits, as it always is' },
    ],
    operands: [{ name: 'expression', help: 'a C expression', required: true, many: true }],
  },
  examples: [
    { line: 'eval 128m', shows: 'A size:', output: 'hexadecimal: 8000000  (128MB)\n    decimal: 134217728' },
    { line: 'eval -b 41dc065', shows: 'Which bits are set:' },
    { line: 'eval init_task + 0x10', shows: 'From a symbol:' },
  ],
  verbatim: true,
  schema: object('A number of 64 bits.', {
    value: hexString('It.'),
    unsigned: string('In decimal.'),
    signed: string('In decimal, as a signed number.'),
    octal: string('In octal.'),
    binary: string('In binary, 64 digits.'),
    size: nullable(string('In KB, MB or GB when it is a whole number of them.')),
    bits: arrayOf('Bits that are set, the highest first.', integer('Number of a bit.')),
  }),
  run({ prog, task }, args) {
    const text = args.operands.join(' ');
    const value = evaluate(prog, longNumbers(prog, text), frameScope(prog, task)).toBigInt();
    return numberData(BigInt.asUintN(64, value));
  },
  *blocks(data, args) {
    const size = data.size === null ? '' : `(${data.size})`;
    const signed = data.signed === data.unsigned ? '' : `(${data.signed})`;
    const lines = [
      `hexadecimal: ${BigInt(data.value).toString(16)}  ${size}`,
      `    decimal: ${data.unsigned}  ${signed}`,
      `      octal: ${data.octal}`,
      `     binary: ${data.binary}`,
    ];
    if (args.has('b')) lines.push(...bitLines(data.bits));
    yield { kind: 'lines', lines };
  },
});

export { evaluateCommand as eval };

function numberData(value: bigint): EvalData {
  const bits: number[] = [];
  for (let i = 63; i >= 0; i--) if ((value >> BigInt(i)) & 1n) bits.push(i);
  return {
    value: `0x${value.toString(16).padStart(16, '0')}`,
    unsigned: String(value),
    signed: String(BigInt.asIntN(64, value)),
    octal: value.toString(8),
    binary: value.toString(2).padStart(64, '0'),
    size: sizeText(value),
    bits,
  };
}

function sizeText(value: bigint): string | null {
  for (const [unit, bytes] of UNITS) if (value >= bytes && value % bytes === 0n) return `${value / bytes}${unit}`;
  return null;
}

function bitLines(bits: readonly number[]): string[] {
  const lines: string[] = [];
  let line = '   bits set: ';
  for (const bit of bits) {
    const text = `${bit} `;
    if (line.length + text.length > WIDTH) {
      lines.push(line);
      line = ' '.repeat(13);
    }
    line += text;
  }
  return [...lines, line];
}

/** The expression with crash's way of writing numbers turned into C's, all of them 64-bit, and symbols into addresses. */
function longNumbers(prog: Program, text: string): string {
  return text.replace(/'(?:\\.|[^'])*'|[$\w.]+(?:\s*->)?/g, (word, at: number) => {
    if (/^['$]/.test(word) || /[.>]/.test(word.slice(1)) || /(?:\.|->)\s*$/.test(text.slice(0, at))) return word;
    const number = longNumber(prog, word);
    if (number !== undefined) return `${number}UL`;
    const next = /^\s*[[(]/.test(text.slice(at + word.length));
    const symbol = next ? undefined : (prog.findSymbol(word) ?? prog.findModuleSymbol(word));
    return symbol ? `0x${symbol.address.toString(16)}UL` : word;
  });
}

function longNumber(prog: Program, word: string): string | undefined {
  const m = /^(\d+)([kmg])$/i.exec(word);
  if (m) return String(BigInt(m[1] as string) * (SUFFIX[(m[2] as string).toLowerCase()] ?? 1n));
  if (/^0x[0-9a-f]+$/i.test(word)) return checked(BigInt(word), word);
  if (/^\d+$/.test(word)) return checked(BigInt(word.replace(/^0+(?=\d)/, '')), word);
  if (/^[0-9a-f]+$/i.test(word) && !prog.findSymbol(word)) return checked(BigInt(`0x${word}`), word);
  return undefined;
}

function checked(value: bigint, word: string): string {
  if (value >= 1n << 64n) throw new UsageError(`eval: ${word} does not fit in 64 bits`);
  return `0x${value.toString(16)}`;
}
