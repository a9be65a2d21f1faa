import { UsageError } from '../base/errors.ts';
import type { Addr } from '../base/units.ts';
import type { Command } from './command.ts';

/** The parsed arguments of one command. */
export class Args {
  readonly operands: readonly string[];
  readonly #flags: ReadonlyMap<string, string>;

  constructor(flags: ReadonlyMap<string, string>, operands: readonly string[]) {
    this.#flags = flags;
    this.operands = operands;
  }

  has(flag: string): boolean {
    return this.#flags.has(flag);
  }

  /** The value given to an option. */
  value(flag: string): string | undefined {
    return this.#flags.get(flag);
  }
}

/**
 * Options may be combined (`-kG`), may stand between operands, and end at `--`.
 * @throws UsageError that names the command and what is wrong
 */
export function parseArgs(command: Pick<Command, 'name' | 'args'>, words: readonly string[]): Args {
  const flags = new Map<string, string>();
  const operands: string[] = [];
  let ended = false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    if (ended || !/^-./.test(word)) operands.push(word);
    else if (word === '--') ended = true;
    else if (isLong(word)) flags.set(longFlag(command, word.slice(2)), '');
    else i += parseFlags(command, word, words[i + 1], flags);
  }
  checkOperands(command, operands);
  return new Args(flags, operands);
}

function isLong(word: string): boolean {
  return word.startsWith('--');
}

/** An option that is a word; these take no value. */
function longFlag(command: Pick<Command, 'name' | 'args'>, flag: string): string {
  if (flag.length > 1 && command.args.options?.some((o) => o.flag === flag)) return flag;
  throw new UsageError(`${command.name}: no option --${flag}; usage: ${synopsis(command)}`);
}

/** How an option is written: `-l`, `--locals`. */
export function spelledFlag(flag: string): string {
  return flag.length === 1 ? `-${flag}` : `--${flag}`;
}

/** Returns how many further words were used. */
function parseFlags(
  command: Pick<Command, 'name' | 'args'>,
  word: string,
  next: string | undefined,
  flags: Map<string, string>,
): 0 | 1 {
  for (let at = 1; at < word.length; at++) {
    const flag = word[at] as string;
    const option = command.args.options?.find((o) => o.flag === flag);
    if (!option) throw new UsageError(`${command.name}: no option -${flag}; usage: ${synopsis(command)}`);
    if (option.value === undefined) flags.set(flag, '');
    else {
      const rest = word.slice(at + 1);
      const value = rest === '' ? next : rest;
      if (value === undefined) throw new UsageError(`${command.name}: option -${flag} needs a ${option.value}`);
      flags.set(flag, value);
      return rest === '' ? 1 : 0;
    }
  }
  return 0;
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
  const words = [command.name];
  if (plain.length > 0) words.push(`[-${plain.join('')}]`);
  for (const o of options) if (o.value !== undefined) words.push(`[-${o.flag} ${o.value}]`);
  for (const o of options) if (o.flag.length > 1) words.push(`[--${o.flag}]`);
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
