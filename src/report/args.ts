import { UsageError } from '../base/errors.ts';
import type { Addr } from '../base/units.ts';
import type { Command, OptionSpec } from './command.ts';

/** The parsed arguments of one command. */
export class Args {
  readonly operands: readonly string[];
  readonly #flags: ReadonlyMap<string, readonly string[]>;

  constructor(flags: ReadonlyMap<string, readonly string[]>, operands: readonly string[]) {
    this.#flags = flags;
    this.operands = operands;
  }

  has(flag: string): boolean {
    return this.#flags.has(flag);
  }

  /** How often an option stands: `-FF` is 2. */
  count(flag: string): number {
    return this.#flags.get(flag)?.length ?? 0;
  }

  /** The value given to an option, the last one; `''` for an optional value that is not there. */
  value(flag: string): string | undefined {
    return this.#flags.get(flag)?.at(-1);
  }

  /** The values given to an option, in their order. */
  values(flag: string): readonly string[] {
    return this.#flags.get(flag) ?? [];
  }
}

/**
 * Options may be combined (`-kG`), may stand between operands, and end at `--`. Where the operands are an expression
 * (`ArgsSpec.expression`), they begin at the first word that is no option.
 * @throws UsageError that names the command and what is wrong
 */
export function parseArgs(command: Pick<Command, 'name' | 'args'>, words: readonly string[]): Args {
  const flags = new Flags(command);
  const operands: string[] = [];
  let ended = false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    if (!ended && command.args.expression) ended = !flags.knows(word);
    if (ended || !/^-./.test(word)) operands.push(word);
    else if (word === '--') ended = true;
    else i += flags.add(word, words[i + 1]);
  }
  checkOperands(command, operands);
  return new Args(flags.given, operands);
}

/** The options of one line, as they are found. */
class Flags {
  readonly given = new Map<string, string[]>();
  readonly #command: Pick<Command, 'name' | 'args'>;

  constructor(command: Pick<Command, 'name' | 'args'>) {
    this.#command = command;
  }

  /** Whether a word is made of options of the command. */
  knows(word: string): boolean {
    if (word === '--' || word.startsWith('--')) return true;
    for (let at = 1; at < word.length; ) {
      const option = this.#optionAt(word, at);
      if (!option) return false;
      if (option.value !== undefined) return true;
      at += option.flag.length;
    }
    return word.length > 1 && word.startsWith('-');
  }

  /** Takes a word of options; returns how many further words were used. */
  add(word: string, next: string | undefined): 0 | 1 {
    if (word.startsWith('--')) return this.#addLong(word.slice(2));
    for (let at = 1; at < word.length; ) {
      const option = this.#optionAt(word, at);
      if (!option) throw this.#usageError(`no option -${word[at]}`);
      at += option.flag.length;
      if (option.value === undefined) {
        this.#put(option.flag, '');
        continue;
      }
      const rest = word.slice(at);
      if (option.optional) return this.#put(option.flag, rest.replace(/^=/, ''));
      const value = rest === '' ? next : rest;
      if (value === undefined) {
        throw new UsageError(`${this.#command.name}: option -${option.flag} needs a ${option.value}`);
      }
      this.#put(option.flag, value);
      return rest === '' ? 1 : 0;
    }
    return 0;
  }

  /** An option that is a word; these take no value. */
  #addLong(flag: string): 0 {
    const known = this.#command.args.options?.some((o) => o.flag === flag && isWord(flag));
    if (!known) throw this.#usageError(`no option --${flag}`);
    return this.#put(flag, '');
  }

  /** A letter, or a number as in `rd -16`. */
  #optionAt(word: string, at: number): OptionSpec | undefined {
    const name = /^\d+/.exec(word.slice(at))?.[0] ?? word[at];
    return this.#command.args.options?.find((o) => o.flag === name);
  }

  #put(flag: string, value: string): 0 {
    const values = this.given.get(flag);
    if (values) values.push(value);
    else this.given.set(flag, [value]);
    return 0;
  }

  #usageError(why: string): UsageError {
    return new UsageError(`${this.#command.name}: ${why}; usage: ${synopsis(this.#command)}`);
  }
}

/** `--locals`; letters and numbers take one dash. */
function isWord(flag: string): boolean {
  return flag.length > 1 && !/^\d/.test(flag);
}

/** How an option is written: `-l`, `--locals`. */
export function spelledFlag(flag: string): string {
  return isWord(flag) ? `--${flag}` : `-${flag}`;
}

function checkOperands(command: Pick<Command, 'name' | 'args'>, operands: readonly string[]): void {
  const specs = command.args.operands ?? [];
  const many = specs.some((s) => s.many);
  if (!many && operands.length > specs.length) {
    throw new UsageError(
      `${command.name}: unexpected argument '${operands[specs.length]}'; usage: ${synopsis(command)}`,
    );
  }
  const missing = specs[operands.length];
  if (missing?.required) throw new UsageError(`${command.name}: needs a ${missing.name}; usage: ${synopsis(command)}`);
}

/** `ps [-kuG] [-y policy] [pid | task | command]...` */
export function synopsis(command: Pick<Command, 'name' | 'args'>): string {
  const options = command.args.options ?? [];
  const plain = options.filter((o) => o.value === undefined && o.flag.length === 1).map((o) => o.flag);
  const others = options.filter((o) => o.value === undefined && o.flag.length > 1);
  const words = [command.name];
  if (plain.length > 0) words.push(`[-${plain.join('')}]`);
  for (const o of options) {
    if (o.value !== undefined) words.push(o.optional ? `[-${o.flag}[${o.value}]]` : `[-${o.flag} ${o.value}]`);
  }
  for (const o of others) words.push(`[${spelledFlag(o.flag)}]`);
  for (const o of command.args.operands ?? []) {
    const dots = o.many ? '...' : '';
    words.push(o.required ? o.name + dots : `[${o.name}]${dots}`);
  }
  return words.join(' ');
}

/** A pid in decimal (a number) or an address in hexadecimal (a bigint), as crash reads task arguments. */
export function parsePidOrAddress(word: string): number | Addr | undefined {
  if (/^\d{1,9}$/.test(word)) return Number(word);
  return parseAddress(word);
}

/** Up to 16 hexadecimal digits, with or without `0x`. */
export function parseAddress(word: string): Addr | undefined {
  return /^(?:0x)?[0-9a-f]{1,16}$/i.test(word) ? BigInt(`0x${word.replace(/^0x/i, '')}`) : undefined;
}

/** `1`, `0-3`, `0,2-4`, `a`/`all`: the CPUs of `known` that are meant. @throws UsageError */
export function parseCpus(word: string, known: readonly number[], what: string): number[] {
  if (word === 'a' || word === 'all') return [...known];
  const wanted: number[] = [];
  for (const part of word.split(',')) {
    const m = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part);
    if (!m) throw new UsageError(`${what}: '${word}' is no list of CPUs such as 0,2-4`);
    const first = Number(m[1]);
    const last = m[2] === undefined ? first : Number(m[2]);
    const found = known.filter((cpu) => cpu >= first && cpu <= last);
    if (found.length === 0) throw new UsageError(`${what}: no CPU ${part}; there are ${known.join(', ')}`);
    for (const cpu of found) if (!wanted.includes(cpu)) wanted.push(cpu);
  }
  return wanted;
}
