import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { lab } from '../parity/lab-dumps.ts';

/** A dump that is damaged: whole, as it was made. */
export interface FuzzDump {
  readonly name: string;
  readonly files: readonly string[];
}

/** What is damaged. The first ones work on the bytes of the file, the others on the memory in it. */
export const FILE_KINDS = [
  'header',
  'notes',
  'bitmap',
  'descriptors',
  'data',
  'zeroed',
  'read-error',
  'short-read',
] as const;
const MEMORY_KINDS = [
  ...['page-tables', 'kallsyms', 'btf', 'orc', 'lists', 'slab', 'log', 'strings'],
  ...['structures', 'holes', 'excluded', 'vmcoreinfo'],
] as const;
export const KINDS: readonly string[] = ['cut', ...FILE_KINDS, ...MEMORY_KINDS];
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

const samples = join(import.meta.dirname, '../../samples');

/** The samples of the repository, then those of the lab that match one of the globs. */
export function fuzzDumps(globs: readonly string[]): FuzzDump[] {
  const own = globSync(join(samples, '*.vmcore'))
    .sort()
    .map((file) => ({ name: basename(file, '.vmcore'), files: [file] }));
  const metas = new Set(globs.flatMap((g) => globSync(join(lab, 'dumps', g, 'meta.json')).sort()));
  const others = [...metas].map((meta) => {
    const { files } = JSON.parse(readFileSync(meta, 'utf8')) as { files: string[] };
    return { name: basename(dirname(meta)), files: files.map((f) => join(dirname(meta), f)) };
  });
  return [...own, ...others.filter((d) => d.files.every((f) => existsSync(f)))];
}

/** So many cases in a row damage the same dump (opening another one costs more than a case), and so many of them are cuts. */
const RUN = 24;
const CUTS_A_RUN = 7;
/** Coprime to CUTS: any number of cuts is spread over the file. */
const CUT_STEP = 37;
const SAMPLES = 2;

/**
 * The case with a number: every second run damages a sample, the runs between them the other dumps in turn. A run cuts, until
 * the dump was cut everywhere, and then damages one thing after the other.
 */
export function fuzzCase(dumps: readonly FuzzDump[], number: number): FuzzCase {
  const run = Math.floor(number / RUN);
  const inRun = number % RUN;
  const others = dumps.length - SAMPLES;
  const ofSample = run % 2 === 0 || others === 0;
  const nth = others === 0 ? run : Math.floor(run / 2);
  const [index, turn] = ofSample
    ? [nth % SAMPLES, Math.floor(nth / SAMPLES)]
    : [SAMPLES + (nth % others), Math.floor(nth / others)];
  const dump = dumps[index] as FuzzDump;
  const cut = turn * CUTS_A_RUN + inRun;
  if (inRun < CUTS_A_RUN && cut < CUTS) return { number, dump, kind: 'cut', cut: (cut * CUT_STEP) % CUTS };
  const rest = KINDS.slice(1);
  return { number, dump, kind: rest[(turn * RUN + inRun) % rest.length] as string };
}
