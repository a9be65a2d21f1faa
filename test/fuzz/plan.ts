import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { lab, labDumps } from '../parity/lab-dumps.ts';

/** Something whole that is damaged. */
export interface FuzzDump {
  readonly name: string;
  readonly files: readonly string[];
  /** A dump, one in an archive, a dump with debug files of its kernel, or a kernel log. */
  readonly type: 'dump' | 'packed' | 'debug' | 'log';
  /** The vmlinux and modules of `debug`. */
  readonly debugFiles?: readonly string[];
}

/** What is damaged. The first ones work on the bytes of the file, the others on the memory in it. */
const FILE_KINDS = [
  ...['header', 'notes', 'bitmap', 'descriptors', 'data'],
  ...['zeroed', 'read-error', 'short-read'],
] as const;
export const MEMORY_KINDS = [
  ...['page-tables', 'kallsyms', 'btf', 'orc', 'lists', 'slab', 'log', 'strings'],
  ...['structures', 'holes', 'excluded', 'vmcoreinfo'],
] as const;
const KINDS: readonly string[] = ['cut', ...FILE_KINDS, ...MEMORY_KINDS];

/** Kinds of damage by what is damaged. */
const KINDS_OF: Readonly<Record<FuzzDump['type'], readonly string[]>> = {
  dump: KINDS,
  packed: ['cut', ...FILE_KINDS],
  debug: ['debug header', 'debug sections', 'debug cut', 'debug module', 'debug read-error', 'debug short-read'],
  log: ['log bytes', 'log spliced', 'log part', 'log mixed', 'log lines'],
};
/** A file is cut at each of so many places. */
export const CUTS = 200;

/** One case; the same number is the same case as long as the dumps are the same. */
export interface FuzzCase {
  readonly number: number;
  readonly dump: FuzzDump;
  readonly kind: string;
  /** Of `cut`: how many two hundredths are left. */
  readonly cut?: number;
}

/** What there is to damage. */
export interface FuzzDumps {
  readonly samples: readonly FuzzDump[];
  /** The samples in other forms. */
  readonly forms: readonly FuzzDump[];
  readonly lab: readonly FuzzDump[];
  readonly debug: readonly FuzzDump[];
  readonly logs: readonly FuzzDump[];
}

const samples = join(import.meta.dirname, '../../samples');

/** The samples of the repository. */
export function sampleDumps(): FuzzDump[] {
  return globSync(join(samples, '*.vmcore'))
    .sort()
    .map((file) => ({ name: basename(file, '.vmcore'), files: [file], type: 'dump' }));
}

/** The dumps of the lab that match one of the globs. */
export function dumpsOfLab(globs: readonly string[]): FuzzDump[] {
  const metas = new Set(globs.flatMap((g) => globSync(join(lab, 'dumps', g, 'meta.json')).sort()));
  const found = [...metas].map((meta): FuzzDump => {
    const { files } = JSON.parse(readFileSync(meta, 'utf8')) as { files: string[] };
    return { name: basename(dirname(meta)), files: files.map((f) => join(dirname(meta), f)), type: 'dump' };
  });
  return found.filter((d) => d.files.every((f) => existsSync(f)));
}

/** Dumps of the lab whose kernel has a vmlinux with debug information. */
export function debugDumps(globs: readonly string[]): FuzzDump[] {
  return labDumps(globs).dumps.map(({ name, files, vmlinux, modules }) => ({
    name: `${name}+debug`,
    files,
    type: 'debug',
    debugFiles: [vmlinux, ...modules],
  }));
}

/** The samples' consoles, those of lab dumps, and the corpus of the repository. */
export function kernelLogs(globs: readonly string[]): FuzzDump[] {
  const own = globSync(join(samples, '*.console.log.gz')).sort();
  const others = globs.flatMap((g) => globSync(join(lab, 'dumps', g, 'console.log')).sort());
  const corpus = join(import.meta.dirname, '../corpus/linux-reports.json.gz');
  return [...own, ...others, corpus].map((file) => ({
    name: file === corpus ? 'corpus' : basename(file).startsWith('console') ? basename(dirname(file)) : basename(file),
    files: [file],
    type: 'log',
  }));
}

/** So many cases in a row damage the same: opening another one costs time. */
export const RUN = 12;
/** So many cases of a run on a sample are cuts, until it was cut everywhere. */
const CUTS_A_RUN = 7;
/** Coprime to CUTS: any number of cuts is spread over the file. */
const CUT_STEP = 37;
/** What is damaged in turn, run by run. */
const TURNS: readonly (keyof FuzzDumps)[] = [
  ...(['samples', 'forms', 'lab', 'forms', 'samples', 'debug', 'forms', 'lab'] as const),
  ...(['samples', 'forms', 'lab', 'forms', 'samples', 'logs', 'forms', 'lab'] as const),
];

/** The case with a number. A run cuts a sample, until it was cut everywhere; what is left damages one thing after the other. */
export function fuzzCase(dumps: FuzzDumps, number: number): FuzzCase {
  const run = Math.floor(number / RUN);
  const inRun = number % RUN;
  const turns = TURNS.map((turn) => (dumps[turn].length > 0 ? turn : 'samples'));
  const from = turns[run % turns.length] as keyof FuzzDumps;
  const nth = nthOf(turns, run);
  const list = dumps[from];
  const dump = list[nth % list.length] as FuzzDump;
  const round = Math.floor(nth / list.length);
  const kinds = KINDS_OF[dump.type];
  const cut = round * CUTS_A_RUN + inRun;
  if (from === 'samples' && inRun < CUTS_A_RUN && cut < CUTS)
    return { number, dump, kind: 'cut', cut: (cut * CUT_STEP) % CUTS };
  const kind = kinds[(round * RUN + inRun) % kinds.length] as string;
  return { number, dump, kind, ...(kind === 'cut' && { cut: (number * CUT_STEP) % CUTS }) };
}

/** How many runs before this one damaged what it does. */
function nthOf(turns: readonly string[], run: number): number {
  const at = run % turns.length;
  const count = (some: readonly string[]): number => some.filter((t) => t === turns[at]).length;
  return Math.floor(run / turns.length) * count(turns) + count(turns.slice(0, at));
}

/** The kinds of damage that something can have. */
export function kindsOf({ type }: FuzzDump): readonly string[] {
  return KINDS_OF[type];
}

/** Whether a kind damages the memory in a dump, and not its files. */
export function isOfMemory(kind: string): boolean {
  return (MEMORY_KINDS as readonly string[]).includes(kind);
}

/** What of that can be written to a file: faults while reading cannot. */
export const FILE_DAMAGE: readonly string[] = [
  'cut',
  ...FILE_KINDS.filter((k) => !k.endsWith('-read') && k !== 'read-error'),
];
