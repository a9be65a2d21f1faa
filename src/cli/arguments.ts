import { UsageError } from '../base/errors.ts';
import type { Language } from '../base/phrase.ts';
import type { HelpTopic } from './verb-usage.ts';

export type ReportFormat = 'text' | 'md' | 'json' | 'html';

/** How what is written is shaped. */
export interface OutputRequest {
  readonly format: ReportFormat;
  /** A file; absent or `-` for standard output. */
  readonly out?: string;
  readonly language?: Language;
  /** What could tell whose machine it was is replaced; with `all` the kernel's addresses too. */
  readonly redact?: 'names' | 'all';
}

/** What is said about debug information and source. */
export interface DebugRequest {
  /** Files and folders named with an option. */
  readonly given?: readonly string[];
  /** Nothing is looked for that was not named. */
  readonly noSearch?: true;
  /** A file of another build is used all the same. */
  readonly force?: true;
  /** Folder with the source. */
  readonly source?: string;
}

/** What one command, opening the dump, or the report may take at most. */
export interface Limits {
  readonly seconds?: number;
  /** Resident memory of the process in MiB. */
  readonly mebibytes?: number;
}

/** A request about a dump. */
export interface DumpRequest {
  /** Files of the dump; debug files and folders may be among them. */
  readonly files: readonly string[];
  /** Absent when nothing was said. */
  readonly debug?: DebugRequest;
  readonly limits?: Limits;
}

/** What the command line asks for. */
export type Request =
  | { readonly kind: 'help'; readonly topic?: HelpTopic }
  | { readonly kind: 'version' }
  | ({ readonly kind: 'report' } & OutputRequest & DumpRequest)
  | ({ readonly kind: 'compare' } & OutputRequest & DumpRequest)
  | ({ readonly kind: 'fixes'; readonly git: string } & OutputRequest & DumpRequest)
  | ({ readonly kind: 'commands'; readonly steps: readonly Step[]; readonly json: boolean } & DumpRequest)
  | ({ readonly kind: 'prompt' } & DumpRequest)
  | ({ readonly kind: 'oops'; readonly json: boolean; readonly all: boolean } & DumpRequest)
  | {
      readonly kind: 'symbolize';
      /** `-` is standard input. */
      readonly file: string;
      readonly debug: DebugRequest;
    }
  | { readonly kind: 'line'; readonly file: string; readonly places: readonly string[]; readonly debug: DebugRequest };

/** What may run with limits in a thread of its own. */
export type LimitedRequest = Extract<Request, { kind: 'commands' | 'report' | 'compare' | 'fixes' | 'oops' }>;

/** A command, or a file with one command a line; in the order given. */
export type Step = { readonly line: string } | { readonly file: string };

/** Long name and what it takes. */
interface Option {
  readonly name: string;
  readonly value?: string;
  /** The value may be left out; it is attached with `=`. */
  readonly optional?: true;
}

const SHORT: Readonly<Record<string, Option>> = {
  h: { name: 'help' },
  V: { name: 'version' },
  c: { name: 'command', value: 'a command' },
  i: { name: 'input', value: 'a file' },
  o: { name: 'output', value: 'a file' },
};

const LONG: Readonly<Record<string, Option>> = {
  help: { name: 'help' },
  version: { name: 'version' },
  command: { name: 'command', value: 'a command' },
  input: { name: 'input', value: 'a file' },
  output: { name: 'output', value: 'a file' },
  json: { name: 'json' },
  all: { name: 'all' },
  format: { name: 'format', value: 'text, md, json or html' },
  lang: { name: 'lang', value: 'en or zh' },
  redact: { name: 'redact', value: 'all', optional: true },
  git: { name: 'git', value: 'a git repository of Linux' },
  debug: { name: 'debug', value: 'a file or folder with debug information' },
  vmlinux: { name: 'debug', value: "the kernel's file with debug information" },
  modules: { name: 'debug', value: 'a folder with modules' },
  'no-debug': { name: 'no-debug' },
  force: { name: 'force' },
  source: { name: 'source', value: 'a folder with the source' },
  timeout: { name: 'timeout', value: 'seconds' },
  memory: { name: 'memory', value: 'MiB' },
};

interface Given {
  readonly option: string;
  readonly value: string;
}

/** @throws UsageError */
export function parseArguments(argv: readonly string[]): Request {
  const words: string[] = [];
  const given: Given[] = [];
  let ended = false;
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] as string;
    if (ended || word === '-' || !word.startsWith('-')) words.push(word);
    else if (word === '--') ended = true;
    else i += parseOption(word, argv[i + 1], given);
  }
  return request(words, given);
}

/** Returns how many further words were used. */
function parseOption(word: string, next: string | undefined, given: Given[]): 0 | 1 {
  const long = word.startsWith('--');
  const cut = long && word.includes('=') ? word.indexOf('=') : long ? word.length : 2;
  const name = word.slice(0, cut);
  const option = long ? LONG[name.slice(2)] : SHORT[name.slice(1)];
  if (!option) throw new UsageError(`no option ${name}; see inquest --help`);
  const attached = long ? (cut < word.length ? word.slice(cut + 1) : undefined) : word.slice(2) || undefined;
  if (option.value === undefined) {
    if (attached !== undefined) throw new UsageError(`option ${name} takes no value; see inquest --help`);
    given.push({ option: option.name, value: '' });
    return 0;
  }
  if (option.optional) {
    given.push({ option: option.name, value: attached ?? '' });
    return 0;
  }
  const value = attached ?? next;
  if (value === undefined) throw new UsageError(`option ${name} needs ${option.value}`);
  given.push({ option: option.name, value });
  return attached === undefined ? 1 : 0;
}

const HELP_TOPICS: readonly HelpTopic[] = ['report', 'compare', 'fixes'];

function request(words: readonly string[], given: readonly Given[]): Request {
  const has = (option: string): boolean => given.some((g) => g.option === option);
  const topic = HELP_TOPICS.find((name) => name === words[0]);
  if (has('help')) return { kind: 'help', ...(topic && { topic }) };
  if (has('version')) return { kind: 'version' };
  const about = debugRequest(given);
  const rest = given.filter((g) => ![...DEBUG_OPTIONS, ...LIMIT_OPTIONS].includes(g.option));
  const limits = limitsOf(words, given);
  const debug = { ...(about && { debug: about }), ...(limits && { limits }) };
  const [verb] = words;
  if (verb === 'report' || verb === 'compare' || verb === 'fixes') {
    return { ...reportRequest(verb, words.slice(1), rest), ...debug };
  }
  if (words[0] === 'oops') return { ...oopsRequest(words.slice(1), rest), ...debug };
  if (words[0] === 'symbolize' || words[0] === 'line') return textRequest(words[0], words.slice(1), rest, about ?? {});
  if (words.length === 0) throw new UsageError('no dump was named; see inquest --help');
  for (const option of ['output', 'format', 'lang', 'redact', 'git', 'all']) {
    const owner = option === 'all' ? 'oops' : option === 'git' ? 'fixes' : 'report';
    if (has(option)) throw new UsageError(`--${option} belongs to inquest ${owner}; see inquest --help`);
  }
  const steps = given.flatMap((g): Step[] =>
    g.option === 'command' ? [{ line: g.value }] : g.option === 'input' ? [{ file: g.value }] : [],
  );
  if (steps.length > 0) return { kind: 'commands', files: words, steps, json: has('json'), ...debug };
  if (has('json')) throw new UsageError('--json needs a command: add -c');
  return { kind: 'prompt', files: words, ...debug };
}

const DEBUG_OPTIONS = ['debug', 'no-debug', 'force', 'source'];

const LIMIT_OPTIONS = ['timeout', 'memory'];

/** @throws UsageError for limits that are none, or of something that has no limits */
function limitsOf(words: readonly string[], given: readonly Given[]): Limits | undefined {
  const number = (option: string): number | undefined => {
    const said = given.findLast((g) => g.option === option)?.value;
    if (said === undefined) return undefined;
    const n = Number(said);
    if (!(n > 0 && n <= 1e9)) throw new UsageError(`--${option} ${said}: it takes a number above 0`);
    return n;
  };
  const [seconds, mebibytes] = [number('timeout'), number('memory')];
  if (seconds === undefined && mebibytes === undefined) return undefined;
  if (words[0] === 'symbolize' || words[0] === 'line') {
    throw new UsageError(`inquest ${words[0]} takes no --timeout and no --memory; see inquest --help`);
  }
  return { ...(seconds !== undefined && { seconds }), ...(mebibytes !== undefined && { mebibytes }) };
}

/** What the options say of debug information; undefined when none does. */
function debugRequest(given: readonly Given[]): DebugRequest | undefined {
  const said = given.filter((g) => DEBUG_OPTIONS.includes(g.option));
  if (said.length === 0) return undefined;
  const files = said.filter((g) => g.option === 'debug').map((g) => g.value);
  const source = said.findLast((g) => g.option === 'source')?.value;
  const has = (option: string): boolean => said.some((g) => g.option === option);
  return {
    ...(files.length > 0 && { given: files }),
    ...(has('no-debug') && { noSearch: true }),
    ...(has('force') && { force: true }),
    ...(source !== undefined && { source }),
  };
}

function textRequest(
  kind: 'symbolize' | 'line',
  words: readonly string[],
  others: readonly Given[],
  debug: DebugRequest,
): Request {
  if (others[0]) throw new UsageError(`inquest ${kind} takes no --${others[0].option}; see inquest --help`);
  const [file, ...places] = words;
  if (kind === 'symbolize') {
    if (places.length > 0) throw new UsageError(`inquest symbolize takes one file, not also ${places[0]}`);
    return { kind, file: file ?? '-', debug };
  }
  if (file === undefined || places.length === 0) {
    throw new UsageError('inquest line needs a file and places in it: inquest line vmlinux panic+0x10/0x370');
  }
  return { kind, file, places, debug };
}

function oopsRequest(words: readonly string[], given: readonly Given[]): Extract<Request, { kind: 'oops' }> {
  const other = given.find(({ option }) => option !== 'json' && option !== 'all');
  if (other) throw new UsageError(`inquest oops takes no --${other.option}; see inquest --help`);
  const has = (option: string): boolean => given.some((g) => g.option === option);
  return { kind: 'oops', files: words.length === 0 ? ['-'] : words, json: has('json'), all: has('all') };
}

type ReportRequest = Extract<Request, { kind: 'report' | 'compare' | 'fixes' }>;

function reportRequest(kind: ReportRequest['kind'], files: readonly string[], given: readonly Given[]): ReportRequest {
  if (files.length === 0) throw new UsageError(`inquest ${kind} needs a dump; a dump of that name is ./${kind}`);
  const own = given.filter((g) => g.option !== 'git');
  const output = outputRequest(kind, own);
  const git = given.findLast((g) => g.option === 'git')?.value;
  if (kind !== 'fixes') {
    if (git !== undefined) throw new UsageError(`inquest ${kind} takes no --git; see inquest --help`);
    return { kind, files, ...output };
  }
  if (git === undefined) throw new UsageError('inquest fixes needs --git and a git repository of Linux');
  return { kind, files, git, ...output };
}

const FORMATS: readonly string[] = ['text', 'md', 'json', 'html'] satisfies ReportFormat[];

function outputRequest(kind: string, given: readonly Given[]): OutputRequest {
  let request: OutputRequest = { format: 'text' };
  for (const { option, value } of given) {
    if (option === 'output') request = { ...request, out: value };
    else if (option === 'json') request = { ...request, format: 'json' };
    else if (option === 'redact') request = { ...request, redact: redactValue(value) };
    else if (option === 'lang') request = { ...request, language: languageValue(value) };
    else if (option !== 'format') throw new UsageError(`inquest ${kind} takes no --${option}; see inquest --help`);
    else if (FORMATS.includes(value)) request = { ...request, format: value as ReportFormat };
    else throw new UsageError(`--format ${value}: there are text, md, json and html`);
  }
  return request;
}

function redactValue(value: string): 'names' | 'all' {
  if (value !== '' && value !== 'all') throw new UsageError(`--redact=${value}: there are --redact and --redact=all`);
  return value === 'all' ? 'all' : 'names';
}

function languageValue(value: string): Language {
  if (value !== 'en' && value !== 'zh') throw new UsageError(`--lang ${value}: there are en and zh`);
  return value;
}
