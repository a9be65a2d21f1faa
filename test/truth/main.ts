import { existsSync, globSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { changedAfter } from './changed-after.ts';
import type { Check } from './check.ts';
import { compareDump } from './compare-dump.ts';

/**
 * Holds the answers about every dump of the lab against the kernel's own words. Prints, for each subject, how much was
 * compared, what is explained by what ran between the guest's listing and its crash, and what is wrong.
 * Arguments: names or globs of dumps; `--verbose` prints explained differences too.
 */
const lab = process.env.INQUEST_LAB || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'inquest', 'lab');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { verbose: { type: 'boolean', default: false }, lab: { type: 'string', default: join(lab, 'dumps') } },
});

const wanted = positionals.length > 0 ? positionals : ['*'];
const dumps = [...new Set(wanted.flatMap((w) => globSync(join(values.lab, w, 'console.log'))))].map(dirname).sort();
const totals = new Map<string, { checked: number; explained: number; wrong: number }>();
const notes: string[] = [];
const absent: string[] = [];
let unreadable = 0;

function add(name: string, check: Check): string {
  const t = totals.get(check.subject) ?? { checked: 0, explained: 0, wrong: 0 };
  t.checked += check.checked;
  t.explained += check.explained;
  t.wrong += check.wrong;
  totals.set(check.subject, t);
  for (const note of check.notes) {
    if (values.verbose || note.startsWith('WRONG')) notes.push(`${name}: ${check.subject}: ${note}`);
  }
  if (check.absent !== undefined) absent.push(`${name}: ${check.subject}: ${check.absent}`);
  if (check.checked === 0) return check.absent === undefined ? '-' : 'cannot be had';
  return check.wrong > 0 ? `${check.checked}/${check.wrong}!` : String(check.checked);
}

/** Of a damaged dump only the share of right answers is told. */
function kept(check: Check): string {
  return `${check.subject} ${check.checked - check.wrong}/${check.checked}`;
}

for (const dir of dumps) {
  const name = basename(dir);
  const files = filesOf(dir);
  if (files.length === 0) continue;
  try {
    const { checks, incomplete } = await compareDump(
      files,
      readFileSync(join(dir, 'console.log'), 'latin1'),
      metaOf(dir).vmlinux,
    );
    if (incomplete) {
      console.log(`${name.padEnd(36)} incomplete (${incomplete}); answers kept: ${checks.map(kept).join(', ')}`);
      continue;
    }
    const mode = metaOf(dir).scenario;
    const comparable = checks.filter((c) => {
      const why = changedAfter(mode, c.subject);
      if (why !== undefined) absent.push(`${name}: ${c.subject}: not compared, ${why}`);
      return why === undefined;
    });
    console.log(`${name.padEnd(36)} ${comparable.map((c) => `${c.subject} ${add(name, c)}`).join(', ')}`);
  } catch (e) {
    unreadable++;
    console.log(`${name.padEnd(36)} FAILED ${(e as Error).message}`);
    if (values.verbose) console.log((e as Error).stack);
  }
}

function metaOf(dir: string): { readonly files?: string[]; readonly vmlinux?: string; readonly scenario?: string } {
  const meta = join(dir, 'meta.json');
  return existsSync(meta) ? JSON.parse(readFileSync(meta, 'utf8')) : {};
}

function filesOf(dir: string): string[] {
  return (metaOf(dir).files ?? ['vmcore']).map((f) => join(dir, f)).filter((f) => existsSync(f));
}

console.log(`\n${'subject'.padEnd(14)} ${'checked'.padStart(8)} ${'explained'.padStart(10)} ${'wrong'.padStart(6)}`);
let wrong = unreadable;
for (const [subject, t] of totals) {
  wrong += t.wrong;
  console.log(
    `${subject.padEnd(14)} ${String(t.checked).padStart(8)} ${String(t.explained).padStart(10)} ${String(t.wrong).padStart(6)}`,
  );
}
if (absent.length > 0) console.log(`\nwhat a dump does not have:\n${absent.join('\n')}`);
if (notes.length > 0) console.log(`\n${notes.join('\n')}`);
console.log(`\n${dumps.length} dumps, ${unreadable} unreadable, ${wrong} wrong`);
process.exitCode = dumps.length > 0 && wrong === 0 ? 0 : 1;
