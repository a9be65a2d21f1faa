import { parseArgs } from 'node:util';
import { type CaseResult, compareCase } from './compare-case.ts';
import { OWN_CORPUS, readCorpus } from './read-corpus.ts';
import { countVariations } from './variations.ts';

/**
 * Reads every log of a corpus (a folder in syzkaller's test format; without an argument the project's own copy) and prints
 * how many titles, types and marks are right, by kind, and every miss. Exits with 1 below the targets. With --variations it
 * tells every log in other ways as well and prints how often the title follows.
 */
const TARGETS = { title: 0.97, type: 0.97, corrupted: 0.95, main: 0.97 } as const;
const COLUMNS = ['title', 'type', 'corrupted', 'panicked', 'frame', 'start', 'main'] as const;

const { positionals, values } = parseArgs({ allowPositionals: true, options: { variations: { type: 'boolean' } } });
const cases = readCorpus(positionals[0] ?? OWN_CORPUS);
const results = cases.map(compareCase);

function row(name: string, of: readonly CaseResult[]): string {
  const cells = COLUMNS.map((c) => `${of.filter((r) => r[c]).length}`.padStart(10));
  return `${name.padEnd(18)}${String(of.length).padStart(6)}${cells.join('')}`;
}

console.log(`${'kind'.padEnd(18)}${'logs'.padStart(6)}${COLUMNS.map((c) => c.padStart(10)).join('')}`);
for (const kind of [...new Set(results.map((r) => r.kind))].sort()) {
  console.log(
    row(
      kind,
      results.filter((r) => r.kind === kind),
    ),
  );
}
console.log(row('all', results));
const share = (column: (typeof COLUMNS)[number]): number => results.filter((r) => r[column]).length / results.length;
console.log(`${''.padEnd(24)}${COLUMNS.map((c) => `${(100 * share(c)).toFixed(1)} %`.padStart(10)).join('')}\n`);

for (const r of results) {
  const missed = COLUMNS.filter((c) => !r[c]);
  if (missed.length > 0) console.log(`${r.name}: ${missed.join(', ')}\n    wanted ${r.wanted}\n    got    ${r.got}`);
}
if (values.variations) {
  let [applies, follows] = [0, 0];
  for (const [what, count] of countVariations(cases)) {
    applies += count.applies;
    follows += count.follows;
    console.log(`${what.padEnd(34)}${count.follows} of ${count.applies}`);
    for (const miss of count.missed) console.log(`    ${miss}`);
  }
  console.log(`${'variations, all'.padEnd(34)}${follows} of ${applies}, ${((100 * follows) / applies).toFixed(1)} %\n`);
}
const below = Object.entries(TARGETS).filter(([column, target]) => share(column as keyof typeof TARGETS) < target);
for (const [column, target] of below) console.log(`${column} is below ${100 * target} %`);
process.exitCode = results.length === 0 || below.length > 0 ? 1 : 0;
