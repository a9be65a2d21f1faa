import { UsageError } from '../base/errors.ts';
import type { Node } from './ast.ts';

/** An integer constant with its type by C's rules: the first of int, long ... that holds it. */
function integerLiteral(text: string): Extract<Node, { kind: 'integer' }> {
  const m = /^(0[xX][0-9a-fA-F]+|0[bB][01]+|\d+)([uUlL]*)$/.exec(text);
  if (!m) throw new UsageError(`'${text}' is no number${/^[0-9a-f]+$/i.test(text) ? ` (0x${text}?)` : ''}`);
  const digits = m[1] as string;
  const suffix = (m[2] as string).toLowerCase();
  if (!/^(?:|u|l|ll|ul|lu|ull|llu)$/.test(suffix)) throw new UsageError(`'${m[2]}' ends no number`);
  const decimal = !/^0./.test(digits);
  const value = BigInt(/^0[0-9]/.test(digits) ? octal(digits) : digits);
  if (value >= 1n << 64n) throw new UsageError(`${text} does not fit in 64 bits`);
  const long = suffix.includes('ll') ? 'long long' : 'long';
  const candidates = suffix.includes('l') ? [long] : ['int', long];
  for (const name of candidates) {
    const bits = name === 'int' ? 32 : 64;
    if (!suffix.includes('u') && value < 1n << BigInt(bits - 1)) return { kind: 'integer', value, type: name };
    // A decimal constant becomes unsigned only where no signed type holds it.
    const unsigned = suffix.includes('u') || !decimal || bits === 64;
    if (unsigned && value < 1n << BigInt(bits)) return { kind: 'integer', value, type: `unsigned ${name}` };
  }
  return { kind: 'integer', value, type: `unsigned ${long}` };
}

function octal(digits: string): string {
  if (!/^[0-7]+$/.test(digits)) throw new UsageError(`'${digits}' is no octal number`);
  return `0o${digits.slice(1)}`;
}

/** A number of C as a node. @throws UsageError */
export function numberNode(text: string): Node {
  const hex = /^0[xX]/.test(text);
  if (!hex && /[.eE]/.test(text)) {
    const value = Number.parseFloat(text);
    if (!Number.isFinite(value) || !/^[\d.eE+-]+[fFlL]?$/.test(text)) throw new UsageError(`'${text}' is no number`);
    return { kind: 'real', value };
  }
  return integerLiteral(text);
}
