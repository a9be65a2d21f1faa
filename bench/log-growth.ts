import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { hostileLogs } from '../test/fuzz/hostile-logs.ts';
import { measure } from './measure.ts';

/**
 * Logs made to be slow, each once small and once eight times as long, as whole processes of `inquest oops`: the time has to
 * grow as the log does. By CPU time, less that of an empty log. Time that grows with the square would be 64 times as much.
 * Exit status 1 beyond the limit.
 */
const SMALL = 500_000;
const TIMES = 8;
const LIMIT = 20;
const ROUNDS = 3;

const program = resolve(import.meta.dirname, '../dist/inquest.cjs');
const dir = mkdtempSync(join(tmpdir(), 'inquest-bench-'));
let failed = false;

function cost(name: string, text: string): number {
  const file = join(dir, name);
  writeFileSync(file, text, 'latin1');
  const run = measure([process.execPath, program, 'oops', file, '--json', '--no-debug']);
  // Status 1 where the log has no report.
  if (run.status !== 0 && run.status !== 1) throw new Error(`exit status ${run.status}`);
  JSON.parse(run.output);
  return run.cpuMs;
}

try {
  const empty = Math.min(...Array.from({ length: ROUNDS }, () => cost('empty', '')));
  console.log(`\noops: CPU ms of a log of ${SMALL / 1e6} MB, of one ${TIMES} times as long, and the growth`);
  for (const [what, make] of Object.entries(hostileLogs)) {
    let [one, many] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    let growth = Number.POSITIVE_INFINITY;
    for (let round = 0; round < ROUNDS && growth > LIMIT; round++) {
      one = Math.min(one, cost('small', make(SMALL)));
      many = Math.min(many, cost('long', make(SMALL * TIMES)));
      // Times as small as the clock's and the program's own unrest are no growth.
      growth = (many - empty) / Math.max(one - empty, empty / 4);
    }
    const times = [one - empty, many - empty].map((ms) => Math.max(0, ms).toFixed(0).padStart(7));
    console.log(
      `  ${what.padEnd(28)}${times.join('')}${growth.toFixed(1).padStart(7)}${growth > LIMIT ? '   LIMIT EXCEEDED' : ''}`,
    );
    failed ||= growth > LIMIT;
  }
} finally {
  rmSync(dir, { recursive: true });
}
process.exitCode = failed ? 1 : 0;
