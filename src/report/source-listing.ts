import { perOwner } from '../base/lazy.ts';
import type { Program } from '../program/program.ts';
import { FORCED } from './debug-doubts.ts';
import { integer, nullable, object, optional, type Schema, string } from './schema.ts';
import {
  functionSource,
  listedSource,
  type SourceFinder,
  type SourceLines,
  type SourcePlace,
  sourceLinesSchema,
} from './source-text.ts';

/** The source of a place in the code, as `dis -s` shows it. */
export interface SourceListing {
  /** As a user named it. */
  readonly place: string;
  /** In the kernel's tree; as the compiler wrote it when it lies elsewhere. */
  readonly file: string;
  readonly line: number;
  readonly function: string | null;
  readonly source?: SourceLines;
  /** Why there is no text. */
  readonly missing?: string;
  /** Why file and line may be wrong. */
  readonly doubt?: string;
}

export const sourceListingSchema: Schema = object('Source text of the place (`-s`).', {
  place: string('The place as it was named.'),
  file: string('Source file, from the top of the kernel tree.'),
  line: integer('Line of the place.'),
  function: nullable(string('Function; null when a file and line were asked for.')),
  source: optional(sourceLinesSchema),
  missing: optional(string('Why there is no text.')),
  doubt: optional(string('Why file and line may be wrong: they come from a file of another build.')),
});

/** What is asked for: a file as the line table has it, and a place in it. */
export interface ListedPlace extends SourcePlace {
  readonly place: string;
  readonly file: string;
  readonly doubt?: string;
}

/** @param count lines after the place; undefined: the rest of the function */
export function sourceListing(
  prog: Program,
  finder: SourceFinder | undefined,
  place: ListedPlace,
  count: number | undefined,
): SourceListing {
  const text = finder?.find(place.file);
  const file = treePath(prog, place.file);
  const mark = place.doubt === undefined ? {} : { doubt: place.doubt };
  const shown = { place: place.place, file, line: place.line, function: place.function ?? null, ...mark };
  if (text) return { ...shown, source: functionSource(text, place, count) };
  return { ...shown, missing: finder ? `${file} is not in the source tree` : '--source DIR names a tree' };
}

/** Crash's layout: `FILE: kernel/fork.c`, `LINE: 617`, and the lines with `*` before the one that is meant. */
export function listingLines(listing: SourceListing, command: string): string[] {
  const mark = listing.doubt === undefined ? '' : FORCED;
  const out = [`FILE: ${listing.file}${mark}`, `LINE: ${listing.line}${mark}`, ''];
  if (listing.source) out.push(...listedSource(listing.source, listing.line));
  else out.push(`${command}: ${listing.place}: source code is not available`);
  if (listing.missing !== undefined) out.push(`(${listing.missing})`);
  return out;
}

/** Functions whose files are known: the folder of the machine that built the kernel is what stands before these. */
const LANDMARKS: readonly (readonly [name: string, file: string])[] = [
  ['panic', 'kernel/panic.c'],
  ['entry_SYSCALL_64', 'arch/x86/entry/entry_64.S'],
  ['vectors', 'arch/arm64/kernel/entry.S'],
];

const buildFolders: (prog: Program) => readonly string[] = perOwner((prog: Program) => {
  const found = new Set<string>();
  for (const [name, file] of LANDMARKS) {
    const at = prog.findSymbol(name)?.address;
    // The first instructions may belong to no line: room for tracing.
    const path = at === undefined ? undefined : (prog.sourceAt(at) ?? prog.sourceAt(at + 16n))?.at(-1)?.file;
    if (path?.endsWith(`/${file}`)) found.add(path.slice(0, -file.length));
  }
  return [...found];
});

function treePath(prog: Program, path: string): string {
  const folder = buildFolders(prog).find((f) => path.startsWith(f));
  return (folder === undefined ? path : path.slice(folder.length)).replace(/^\.\//, '');
}
