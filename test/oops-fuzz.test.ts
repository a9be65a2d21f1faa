import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { logReportSchema } from '../src/report/log-report.ts';
import { logReportBlocks } from '../src/report/log-report-blocks.ts';
import { renderText } from '../src/report/render-text.ts';
import { schemaProblems } from '../src/report/schema-check.ts';
import { LogEngine } from '../src/session/log-engine.ts';
import { seededRandom } from './build/byte-writer.ts';
import { type LogMessage, writtenForms } from './build/log-forms.ts';
import { OWN_CORPUS, readCorpus } from './corpus/read-corpus.ts';
import type { Random } from './fuzz/file-damage.ts';
import { logDamage } from './fuzz/log-damage.ts';

/**
 * Damaged and hostile logs give answers, in time that grows as the log does. INQUEST_FUZZ sets the number of damaged logs
 * for a longer search, INQUEST_FUZZ_LOGS names a folder with more logs to damage.
 */
const ROUNDS = Number(process.env.INQUEST_FUZZ ?? 150);
const FIRST = Number(process.env.INQUEST_FUZZ_FROM ?? 1);
const LIMIT_MS = 5000;
const GROWTH = 2.2;
const samples = resolve(import.meta.dirname, '../samples');

/** Everything that is done with a log; text and JSON as they would be printed. */
function explain(log: Uint8Array, chunk = 0x10000): { text: string; reports: number } {
  const engine = new LogEngine();
  for (let at = 0; at < log.length; at += chunk) engine.push(log.subarray(at, at + chunk));
  const report = engine.end({ files: ['log'] });
  assert.deepEqual(schemaProblems(logReportSchema, JSON.parse(JSON.stringify(report))), []);
  return { text: [...renderText(logReportBlocks(report, true))].join(''), reports: report.reports.length };
}

/** The end of a sample's console, where its report is. */
function consoleOf(name: string): string {
  const text = gunzipSync(readFileSync(join(samples, `${name}.console.log.gz`))).toString('latin1');
  return text.split(/\r*\n/).slice(-160).join('\n');
}

function messagesOf(console: string): LogMessage[] {
  return [...console.matchAll(/^\[ *(\d+)\.(\d{6})\] (.*)$/gm)].map((m, i) => ({
    micros: Number(m[1]) * 1e6 + Number(m[2]),
    level: i % 8,
    text: m[3] as string,
  }));
}

function sources(): Uint8Array[] {
  const consoles = ['amd64-6.1-softirq', 'arm64-6.1-softirq'].map(consoleOf);
  const folder = process.env.INQUEST_FUZZ_LOGS;
  const more = folder === undefined ? [] : readdirSync(folder).map((name) => readFileSync(join(folder, name)));
  const messages = messagesOf(consoles[0] as string);
  return [
    ...consoles.map((text) => Buffer.from(text, 'latin1')),
    ...writtenForms.map((f) => f.write(messages)),
    ...readCorpus(OWN_CORPUS).map((c) => Buffer.from(c.log)),
    ...more,
  ].map((bytes) => new Uint8Array(bytes));
}

function damage(logs: readonly Uint8Array[], random: Random): Uint8Array {
  const log = logs[random(logs.length)] as Uint8Array;
  const other = logs[random(logs.length)] as Uint8Array;
  const kinds = Object.values(logDamage);
  return (kinds[random(kinds.length)] as (typeof kinds)[number])(log, other, random);
}

test('damaged logs are explained', (t) => {
  const logs = sources();
  let longest = 0;
  let found = 0;
  for (let seed = FIRST; seed < FIRST + ROUNDS; seed++) {
    const random = seededRandom(seed);
    const log = damage(logs, random);
    const start = performance.now();
    try {
      found += explain(log, 1 + random(5000)).reports;
    } catch (e) {
      throw new Error(`seed ${seed}: ${e instanceof Error ? e.stack : e}`, { cause: e });
    }
    const took = performance.now() - start;
    assert.ok(took < LIMIT_MS, `seed ${seed} took ${took.toFixed(0)} ms`);
    longest = Math.max(longest, took);
  }
  assert.ok(found > ROUNDS / 3, `${found} reports in spite of the damage`);
  t.diagnostic(`longest: ${longest.toFixed(0)} ms`);
});

test('a log cut anywhere is explained', () => {
  const [log] = sources() as [Uint8Array];
  const step = process.env.INQUEST_FUZZ === undefined ? 211 : 1;
  const whole = explain(log);
  assert.ok(whole.reports > 0);
  for (let size = 0; size < log.length; size += step) {
    explain(log.subarray(0, size));
    explain(log.subarray(size));
  }
});

/** Logs made to be slow: each of about that many bytes. */
const HOSTILE: Readonly<Record<string, (bytes: number) => string>> = {
  'one line': (n) => 'A'.repeat(n),
  'one line of blanks': (n) => ' '.repeat(n),
  brackets: (n) => '['.repeat(n),
  'stamps in one line': (n) => '[   12.345678] '.repeat(n / 15),
  'reports in one line': (n) => '[   12.345678] BUG: unable to handle kernel paging request '.repeat(n / 60),
  quotations: (n) => `${'> '.repeat(200)}\n`.repeat(n / 401),
  'escape sequences': (n) => '\u001b[31mtext\u001b[0m\u001b]0;'.repeat(n / 20),
  'unfinished escape strings': (n) => '\u001b]'.repeat(n / 2),
  'NUL bytes': (n) => '\0'.repeat(n),
  'CR alone': (n) => 'text\r'.repeat(n / 5),
  'empty lines': (n) => '\n'.repeat(n),
  'lines of all templates': (n) =>
    Array.from({ length: n / 24 }, (_, i) => `word${letters(i)} is another line`).join('\n'),
  'words of the kernel': (n) => 'BUG: WARNING: INFO: kernel Oops exception panic\n'.repeat(n / 48),
  'modules without end': (n) => `[    1.000000] Modules linked in:${' module_name(OE)'.repeat(n / 16)}\n`,
  'wrapped modules': (n) => `Modules linked in: ${`${'module '.repeat(11)}\n`.repeat(n / 78)}`,
  'code without end': (n) => `Code: ${'00 '.repeat(n / 3)}\n`,
  'frames without end': (n) =>
    `[    1.000000] BUG: unable to handle page fault\nCall Trace:\n${' function+0x12/0x34 [module]\n'.repeat(n / 30)}`,
  'cut here without end': (n) => '------------[ cut here ]------------\n'.repeat(n / 37),
  'warnings without end': (n) => 'WARNING: CPU: 1 PID: 2 at file.c:3 function+0x1/0x2\n'.repeat(n / 52),
  'many callers': (n) =>
    Array.from({ length: n / 60 }, (_, i) => `[    1.000000][T${i}] BUG: KASAN: use-after-free in f+0x1/0x2`).join(
      '\n',
    ),
  'fragments of /dev/kmsg': (n) => '4,1,1000000,c;BUG: text\n'.repeat(n / 24),
  'JSON that ends early': (n) => '{"MESSAGE":"text","__CURSOR":\n'.repeat(n / 30),
  'an export without end': (n) => `__CURSOR=1\n${'MESSAGE\n12345678text\n'.repeat(n / 21)}`,
  'parts of names': (n) => `Call Trace:\n${' a.b.c.d.e.f.g+0x1/\n'.repeat(n / 20)}`,
};

/** A word without digits, another for each number. */
function letters(n: number): string {
  return (
    [...n.toString(26)].map((c) => String.fromCharCode(0x67 + (Number.parseInt(c, 26) % 20))).join('') +
    'gh'.repeat(n % 7)
  );
}

/** CPU milliseconds of explaining a log. */
function cost(log: Uint8Array): number {
  const before = process.cpuUsage();
  explain(log);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

for (const [name, make] of Object.entries(HOSTILE)) {
  test(`${name}: twice the log takes twice the time`, (t) => {
    const bytes = process.env.INQUEST_FUZZ === undefined ? 200_000 : 4_000_000;
    const [one, two] = [bytes, bytes * 2].map((n) => new Uint8Array(Buffer.from(make(n), 'latin1'))) as [
      Uint8Array,
      Uint8Array,
    ];
    cost(one); // compiles
    let growth = Number.POSITIVE_INFINITY;
    let [single, double] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let attempt = 0; attempt < 12 && growth > GROWTH; attempt++) {
      single = Math.min(single, cost(one));
      double = Math.min(double, cost(two));
      // What a log of any size costs, and the clock's own steps, are no growth.
      growth = (double - 5) / single;
    }
    t.diagnostic(`${single.toFixed(0)} and ${double.toFixed(0)} ms`);
    assert.ok(growth <= GROWTH, `${single.toFixed(1)} ms, twice as much in ${double.toFixed(1)} ms`);
  });
}
