import { NotFoundError } from '../base/errors.ts';
import type { Addr } from '../base/units.ts';
import { addressOf, parseObjectAddress, type Scope } from '../expr/index.ts';
import type { Program } from '../program/program.ts';

/** Names and numbers that are added up. */
const SUM = /^\w+(?:\s*[-+]\s*\w+)*$/;

/**
 * The address that a user's word means: a symbol, hexadecimal digits, or an expression, in parentheses or not. In a sum of
 * symbols and numbers a symbol is its address in bytes, whatever its type; any other expression is C's.
 * @throws UsageError NotFoundError MemoryFault
 */
export function placeExpression(prog: Program, word: string, scope: Scope): Addr {
  const inner = /^\((.*)\)$/s.exec(word.trim())?.[1]?.trim();
  const text = inner ?? word.trim();
  if (SUM.test(text) && (inner !== undefined || /[-+]/.test(text))) return sumOf(prog, text);
  return inner === undefined ? parseObjectAddress(prog, word, scope) : addressOf(prog, text, scope);
}

function sumOf(prog: Program, text: string): Addr {
  let sum = 0n;
  for (const [, sign, word] of text.matchAll(/([-+]?)\s*(\w+)/g)) {
    const value = termOf(prog, word as string);
    sum += sign === '-' ? -value : value;
  }
  return BigInt.asUintN(prog.pointerSize * 8, sum);
}

/** A number in decimal, in hexadecimal with `0x` or of a length that only addresses have; else a symbol. */
function termOf(prog: Program, word: string): bigint {
  if (/^(?:\d{1,19}|0x[0-9a-f]{1,16})$/i.test(word)) return BigInt(word);
  const symbol = prog.findSymbol(word) ?? prog.findModuleSymbol(word);
  if (symbol) return symbol.address;
  if (/^[0-9a-f]{8,16}$/i.test(word)) return BigInt(`0x${word}`);
  throw new NotFoundError('symbol', word);
}
