import { printableLine } from '../base/text.ts';
import { evaluate } from '../expr/index.ts';
import { spelledFlag } from '../report/args.ts';
import type { Command } from '../report/command.ts';
import { sessionVariables } from '../report/session-variables.ts';
import type { Session } from '../session/session.ts';
import type { CType } from '../types/c-type.ts';

/** More candidates than this help nobody. */
const MAX = 200;

/** What may stand in place of the last word, and that word. */
type Completion = [string[], string];

/**
 * Completes command names in the first word and after `help`, options after a dash, members after `.` and `->`, types where a
 * command takes types, and symbols everywhere else.
 */
export function completer(session: Session): (line: string) => Completion {
  const names = new Names(session);
  const complete = (line: string): Completion => {
    const typed = /[^\s(&*!~=+,|<>]*$/.exec(line)?.[0] ?? '';
    const before = line.slice(0, line.length - typed.length);
    const first = /^\s*(\S+)\s/.exec(line)?.[1];
    if (first === undefined || /^(?:help|man|\?)$/.test(first)) return [commandNames(session, typed), typed];
    const command = commandNamed(session, first);
    if (typed.startsWith('-') && !typed.startsWith('->')) return [command ? options(command, typed) : [], typed];
    const member = members(session, command, `${before}${typed}`);
    if (member) return member;
    const words = wordsOf(command).filter((w) => w.startsWith(typed));
    if (words.length > 0) return [words, typed];
    if (typed === '') return [[], typed];
    if (command?.name === 'set') return [variables(typed), typed];
    if (command && takesTypes(command)) return [names.types(typed), typed];
    return [names.symbols(typed), typed];
  };
  return (line) => {
    const [found, typed] = complete(line);
    return [found.filter(isPlain), typed]; // the line editor writes them as they are
  };
}

/** Whether a name of the dump's cannot steer the terminal. */
function isPlain(name: string): boolean {
  return printableLine(name) === name;
}

function commandNamed(session: Session, word: string): Command | undefined {
  const name = /^\s*\S+/.exec(session.expand(word))?.[0] ?? word;
  return session.commands.find((c) => c.name === name || c.aliases?.includes(name));
}

function commandNames(session: Session, typed: string): string[] {
  const all = [
    ...session.commands.flatMap((c) => [c.name, ...(c.aliases ?? [])]),
    ...session.aliases.map((a) => a.name),
  ];
  return [...new Set(all)]
    .filter((n) => n.startsWith(typed))
    .sort()
    .map((n) => `${n} `);
}

function options(command: Command, typed: string): string[] {
  return (command.args.options ?? []).map((o) => spelledFlag(o.flag)).filter((o) => o.startsWith(typed));
}

function variables(typed: string): string[] {
  return sessionVariables.map((v) => v.name).filter((n) => n.startsWith(typed));
}

/** Words that an operand may be. */
function wordsOf(command: Command | undefined): string[] {
  return (command?.args.operands ?? []).flatMap((o) => (o.words ?? []).map((w) => `${w} `));
}

function takesTypes(command: Command): boolean {
  return ['struct', 'union', 'whatis', '*'].includes(command.name);
}

/** A chain of members, behind a name, or behind a cast in parentheses. */
const CHAIN =
  /((?:\([^()]*(?:\([^()]*\)[^()]*)*\)|[A-Za-z_]\w*)(?:(?:\.|->)[A-Za-z_]\w*|\[\w*\])*)(\.|->)([A-Za-z_]?\w*)$/;

/** `task_struct.th`, `init_task.th`, `((struct task_struct *)0xffff...)->th`. */
function members(session: Session, command: Command | undefined, line: string): Completion | undefined {
  const m = CHAIN.exec(line);
  if (!m) return undefined;
  const [, base = '', sign, part = ''] = m;
  const first = command && takesTypes(command) ? typePath(session, base) : undefined;
  const type = first ?? expressionType(session, base) ?? typePath(session, base);
  if (!type) return sign === '->' ? [[], part] : undefined; // names of symbols may have dots
  return [memberNames(type, part), part];
}

/** Type of `task_struct.thread`, a type and members. */
function typePath(session: Session, text: string): CType | undefined {
  const [name = '', ...path] = text.split(/\.|->/);
  const prog = session.program;
  let type = prog.findType(`struct ${name}`) ?? prog.findType(`union ${name}`) ?? prog.findType(name);
  for (const part of path) type = type && pointed(type).findMember(part.replace(/\[.*$/, ''))?.type;
  return type && pointed(type);
}

function expressionType(session: Session, text: string): CType | undefined {
  try {
    return pointed(evaluate(session.program, text, {}).type);
  } catch {
    return undefined; // half an expression has no type yet
  }
}

/** What `.` and `->` look into. */
function pointed(type: CType): CType {
  let inner = type.resolve();
  for (let i = 0; i < 4 && inner.target && inner.members.length === 0; i++) inner = inner.target.resolve();
  return inner;
}

/** Members by name, those of unnamed members too. */
function memberNames(type: CType, prefix: string): string[] {
  const found = new Set<string>();
  const add = (t: CType, depth: number): void => {
    for (const m of t.members) {
      if (m.name === '') {
        if (depth < 8) add(m.type.resolve(), depth + 1);
      } else if (m.name.startsWith(prefix) && found.size < MAX) found.add(m.name);
    }
  };
  add(type, 0);
  return [...found];
}

/** Sorted lists of names, made when one is first completed. */
class Names {
  readonly #session: Session;
  #symbols: readonly string[] | undefined;
  #types: readonly string[] | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  symbols(prefix: string): string[] {
    this.#symbols ??= sorted(this.#session.program.symbols());
    return startingWith(this.#symbols, prefix);
  }

  types(prefix: string): string[] {
    this.#types ??= sorted(this.#session.program.namedTypes());
    return startingWith(this.#types, prefix);
  }
}

function sorted(things: Iterable<{ readonly name: string }>): string[] {
  const names = new Set<string>();
  for (const { name } of things) names.add(name.replace(/^(?:struct|union|enum) /, ''));
  return [...names].sort();
}

function startingWith(names: readonly string[], prefix: string): string[] {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((names[middle] as string) < prefix) low = middle + 1;
    else high = middle;
  }
  const found: string[] = [];
  for (let i = low; i < names.length && found.length < MAX && names[i]?.startsWith(prefix); i++) {
    found.push(names[i] as string);
  }
  return found;
}
