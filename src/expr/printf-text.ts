import { UsageError } from '../base/errors.ts';
import type { Program } from '../program/program.ts';
import { decay } from './arithmetic.ts';
import { evaluate } from './evaluate.ts';
import type { ExprValue } from './expr-value.ts';
import { realText } from './scalar-text.ts';
import type { Scope } from './scope.ts';
import { symbolText } from './symbol-text.ts';

/** Longest string that `%s` reads, and widest field. */
const MAX_STRING = 4096;
const MAX_WIDTH = 4096;

const SPEC = /%([-+ #0]*)(\d*)(?:\.(\d+))?(?:hh|h|ll|l|z|j|t|L)?([diouxXcspfegFEG%a])/g;

/** What gdb's `printf "format", expression, ...` writes. @throws UsageError and as `evaluate` */
export function printfText(prog: Program, text: string, scope: Scope): string {
  const parts = splitArguments(text);
  const [first = '', ...rest] = parts;
  const m = /^\s*"([\s\S]*)"\s*$/.exec(first);
  if (!m) throw new UsageError('printf: needs a format in double quotes');
  let next = 0;
  const out = unescaped(m[1] as string).replace(
    SPEC,
    (_, flags: string, width: string, precision: string | undefined, conversion: string) => {
      if (conversion === '%') return '%';
      const argument = rest[next++];
      if (argument === undefined) throw new UsageError('printf: fewer values than the format asks for');
      const body = converted(prog, evaluate(prog, argument, scope), conversion, flags, precision);
      return padded(body, flags, Number(width || 0));
    },
  );
  if (next < rest.length) throw new UsageError('printf: more values than the format asks for');
  return out;
}

function padded(body: string, flags: string, width: number): string {
  if (width > MAX_WIDTH) throw new UsageError(`printf: a field of ${width} characters`);
  if (flags.includes('-')) return body.padEnd(width);
  if (!flags.includes('0')) return body.padStart(width);
  const sign = /^(?:[+-]|0x)?/.exec(body)?.[0] ?? '';
  return sign + body.slice(sign.length).padStart(width - sign.length, '0');
}

function converted(
  prog: Program,
  value: ExprValue,
  conversion: string,
  flags: string,
  precision: string | undefined,
): string {
  switch (conversion) {
    case 's':
      return stringOf(prog, value, precision === undefined ? MAX_STRING : Math.min(Number(precision), MAX_STRING));
    case 'c':
      return String.fromCharCode(Number(BigInt.asUintN(8, value.toBigInt())));
    case 'p':
      return `0x${BigInt.asUintN(64, decay(value).toBigInt()).toString(16)}`;
    case 'a': {
      const at = BigInt.asUintN(64, decay(value).toBigInt());
      return `0x${at.toString(16)}${symbolText(prog, at)}`;
    }
    case 'd':
    case 'i': {
      const n = BigInt.asIntN(64, decay(value).toBigInt());
      return flags.includes('+') && n >= 0n ? `+${n}` : String(n);
    }
    case 'f':
    case 'F':
      return value.toNumber().toFixed(precision === undefined ? 6 : Math.min(Number(precision), 100));
    case 'e':
    case 'g':
    case 'E':
    case 'G':
      return realText(value.toNumber(), 8);
    default: {
      const type = value.type.resolve();
      const bits = type.kind === 'int' || type.kind === 'enum' ? Math.max(32, type.size * 8) : 64;
      const n = BigInt.asUintN(bits, decay(value).toBigInt());
      const digits = n.toString(conversion === 'o' ? 8 : conversion === 'u' ? 10 : 16);
      const front = flags.includes('#') && conversion !== 'u' ? (conversion === 'o' ? '0' : '0x') : '';
      return front + (conversion === 'X' ? digits.toUpperCase() : digits);
    }
  }
}

/** The string of a char array, or behind a pointer. */
function stringOf(prog: Program, value: ExprValue, max: number): string {
  const type = value.type.resolve();
  if (type.kind === 'array' && type.length > 0) {
    let text = '';
    for (const byte of value.bytes().subarray(0, max)) {
      if (byte === 0) break;
      text += String.fromCharCode(byte);
    }
    return text;
  }
  return prog.memory.cString(BigInt.asUintN(64, decay(value).toBigInt()), Math.max(1, max));
}

/** Splits at commas outside quotes and brackets. */
function splitArguments(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quote = '';
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i] as string;
    if (quote !== '') {
      if (c === '\\') i++;
      else if (c === quote) quote = '';
    } else if (c === '"' || c === "'") quote = c;
    else if ('([{'.includes(c)) depth++;
    else if (')]}'.includes(c)) depth--;
    else if (c === ',' && depth === 0) {
      parts.push(text.slice(from, i));
      from = i + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\u0007', '\\': '\\', '"': '"' };

/** Backslashes of a format resolved. */
export function unescaped(text: string): string {
  return text.replace(/\\([\s\S])/g, (_, c: string) => ESCAPES[c] ?? c);
}
