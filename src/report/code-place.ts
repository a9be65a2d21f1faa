import { NotFoundError, UsageError } from '../base/errors.ts';
import type { Addr } from '../base/units.ts';
import type { KernelSymbol } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { parseAddress } from './args.ts';

/** A place in the code that a user named. */
export interface CodePlace {
  readonly address: Addr;
  /** The function that covers it. */
  readonly symbol: KernelSymbol | undefined;
  /** A function was named by itself. */
  readonly whole: boolean;
}

/** What of a word is meant, besides sums. */
export interface CodePlaceOptions {
  /** Name of the command, for messages. */
  readonly command: string;
  /** The address is one of user space: no symbols. */
  readonly user?: boolean;
  /** The address of any other expression in parentheses. */
  readonly expression?: (text: string) => Addr;
}

/**
 * `symbol`, `address`, `symbol+0x10`, `symbol+0x10/0x80` as the kernel writes it, `(symbol + 16)`, and any expression in
 * parentheses.
 * @throws NotFoundError @throws UsageError
 */
export function codePlace(prog: Program, word: string, options: CodePlaceOptions): CodePlace {
  const { command, user = false, expression } = options;
  const enclosed = /^\((.*)\)$/.exec(word)?.[1];
  const sum = (enclosed ?? word).replace(/\s+/g, '').replace(/(\+0x[0-9a-f]{1,8})\/0x[0-9a-f]{1,8}$/i, '$1');
  const [first = '', ...terms] = sum.split(/(?=[+-])/);
  const covering = (at: Addr): KernelSymbol | undefined => (user ? undefined : prog.symbolAt(at));
  if (enclosed !== undefined && expression && !isSum(first, terms)) {
    const address = expression(enclosed);
    return { address, symbol: covering(address), whole: false };
  }
  const named = user
    ? undefined
    : (prog.findSymbol(first) ?? (parseAddress(first) === undefined ? prog.findModuleSymbol(first) : undefined));
  let address = named?.address ?? parseAddress(first);
  if (address === undefined) throw new NotFoundError('symbol', first);
  for (const term of terms) {
    const value = NUMBER.exec(term)?.[1];
    if (value === undefined) throw new UsageError(`${command}: '${term}' in '${word}' is no number to add`);
    address = BigInt.asUintN(64, term.startsWith('-') ? address - BigInt(value) : address + BigInt(value));
  }
  return { address, symbol: covering(address), whole: named !== undefined && terms.length === 0 };
}

const NUMBER = /^[+-](0x[0-9a-f]{1,16}|\d{1,19})$/i;

function isSum(first: string, terms: readonly string[]): boolean {
  return /^[\w.$]+$/.test(first) && terms.every((term) => NUMBER.test(term));
}
