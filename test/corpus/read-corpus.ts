import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type CorpusCase, readCase } from './read-case.ts';

/** The project's own copy. */
export const OWN_CORPUS = join(import.meta.dirname, 'linux-reports.json.gz');

/** Logs of a folder (one file each) or of a packed file, by number. */
export function readCorpus(path: string): CorpusCase[] {
  const files: Record<string, string> = statSync(path).isDirectory()
    ? Object.fromEntries(readdirSync(path).map((name) => [name, readFileSync(join(path, name), 'utf8')]))
    : (JSON.parse(gunzipSync(readFileSync(path)).toString('utf8')) as Record<string, string>);
  return Object.entries(files)
    .map(([name, text]) => readCase(name, text))
    .sort((a, b) => Number(a.name) - Number(b.name) || a.name.localeCompare(b.name));
}
