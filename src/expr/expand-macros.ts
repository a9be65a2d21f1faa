import { UsageError } from '../base/errors.ts';
import type { MacroDefinition } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { type Token, tokenize } from './lexer.ts';

/** Tokens that an expression may grow to, and replacements on the way. */
const MAX_TOKENS = 20_000;
const MAX_REPLACED = 2_000;

/** A token with the macros that it came from: they are not replaced in it again. */
interface Item {
  readonly token: Token;
  readonly from: ReadonlySet<string>;
}

const NONE: ReadonlySet<string> = new Set();

/**
 * The tokens of an expression with the kernel's macros replaced, as the C preprocessor does (C17 6.10.3): also macros with
 * parameters and `##`. Names of variables, functions and members are left alone. The tokens themselves when there are no macros.
 * @throws UsageError for what becomes no expression
 */
export function expandMacros(prog: Program, tokens: readonly Token[]): readonly Token[] {
  return new Expansion(prog).all(tokens);
}

class Expansion {
  readonly #prog: Program;
  #replaced = 0;

  constructor(prog: Program) {
    this.#prog = prog;
  }

  all(tokens: readonly Token[]): readonly Token[] {
    const end = tokens.at(-1) as Token;
    const items = this.#expand(tokens.slice(0, -1).map((token) => ({ token, from: NONE })));
    return this.#replaced === 0 ? tokens : [...items.map((i) => i.token), end];
  }

  #expand(items: readonly Item[]): Item[] {
    const left = [...items].reverse();
    const out: Item[] = [];
    for (let item = left.pop(); item; item = left.pop()) {
      if (out.length + left.length > MAX_TOKENS) throw new UsageError(`macros of more than ${MAX_TOKENS} tokens`);
      const before = out.at(-1)?.token.text;
      const macro = before === '.' || before === '->' ? undefined : this.#macroOf(item);
      const args = macro?.parameters && argumentsOf(left);
      if (!macro || (macro.parameters && !args)) {
        out.push(item);
        continue;
      }
      if (++this.#replaced > MAX_REPLACED) throw new UsageError(`more than ${MAX_REPLACED} macros in one expression`);
      if (args) left.length = args.rest;
      const from = new Set(item.from).add(macro.name);
      left.push(...this.#body(macro, args?.values ?? [], from).reverse());
    }
    return out;
  }

  #macroOf({ token, from }: Item): MacroDefinition | undefined {
    if (token.kind !== 'name' || from.has(token.text) || this.#prog.findSymbol(token.text)) return undefined;
    return this.#prog.findMacro(token.text);
  }

  /** What stands in place of a macro: its text with the arguments in place of the parameters. */
  #body({ name, body, parameters = [] }: MacroDefinition, args: readonly Item[][], from: ReadonlySet<string>): Item[] {
    const values = new Map<string, Item[]>();
    parameters.forEach((parameter, i) => {
      const rest = parameter.endsWith('...');
      const value = rest ? joined(args.slice(i)) : (args[i] ?? []);
      values.set(rest ? parameter.slice(0, -3) || '__VA_ARGS__' : parameter, value);
    });
    const tokens = this.#tokens(name, body);
    const out: Item[] = [];
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i] as Token;
      if (token.text === '#' && token.kind === 'op')
        throw new UsageError(`the macro ${name} makes a string of its argument`);
      if (token.text === '##' && token.kind === 'op') {
        const next = tokens[++i];
        const right = next && (values.get(next.text) ?? [{ token: next, from }]);
        const before = out.pop();
        const after = right?.[0];
        out.push(...this.#pasted(name, before, after, from), ...(right ?? []).slice(1));
        continue;
      }
      const value = token.kind === 'name' ? values.get(token.text) : undefined;
      const isPasted = tokens[i + 1]?.text === '##';
      if (!value) out.push({ token, from });
      else
        out.push(
          ...(isPasted ? value : this.#expand(value)).map((v) => ({ token: v.token, from: union(v.from, from) })),
        );
    }
    return out;
  }

  #pasted(name: string, left: Item | undefined, right: Item | undefined, from: ReadonlySet<string>): Item[] {
    const text = `${left?.token.text ?? ''}${right?.token.text ?? ''}`;
    return this.#tokens(name, text).map((token) => ({ token, from }));
  }

  #tokens(name: string, text: string): readonly Token[] {
    try {
      return tokenize(text).slice(0, -1);
    } catch (e) {
      if (!(e instanceof UsageError)) throw e;
      throw new UsageError(`the macro ${name} is no expression: ${text}`);
    }
  }
}

function union(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  return a.size === 0 ? b : new Set([...a, ...b]);
}

function joined(args: readonly Item[][]): Item[] {
  const comma: Token = { kind: 'op', text: ',', at: 0, spaced: false };
  return args.flatMap((arg, i) => (i === 0 ? arg : [{ token: comma, from: NONE }, ...arg]));
}

/** The arguments in parentheses at the end of a reversed list, and how much of the list is left behind them. */
function argumentsOf(left: readonly Item[]): { values: Item[][]; rest: number } | undefined {
  let at = left.length - 1;
  if (left[at]?.token.text !== '(') return undefined;
  const values: Item[][] = [[]];
  let open = 1;
  for (at--; at >= 0; at--) {
    const item = left[at] as Item;
    const text = item.token.kind === 'op' ? item.token.text : '';
    if (text === '(') open++;
    if (text === ')') open--;
    if (open === 0) return { values, rest: at };
    if (text === ',' && open === 1) values.push([]);
    else values.at(-1)?.push(item);
  }
  return undefined;
}
