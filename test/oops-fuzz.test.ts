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
import { hostileLogs } from './fuzz/hostile-logs.ts';
import { logDamage } from './fuzz/log-damage.ts';

/**
 * Damaged and hostile logs give answers, in time that grows as the log does. INQUEST_FUZZ sets the number of damaged logs
 * for a longer search, INQUEST_FUZZ_LOGS names a folder with more logs to damage.
 */
const ROUNDS = Number(process.env.INQUEST_FUZZ ?? 150);
const FIRST = Number(process.env.INQUEST_FUZZ_FROM ?? 1);
const LIMIT_MS = 5000;
const HOSTILE_BYTES = 200_000;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this finds
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;
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

for (const [name, make] of Object.entries(hostileLogs)) {
  test(`a hostile log is explained: ${name}`, () => {
    const log = make(HOSTILE_BYTES);
    const { text } = explain(new Uint8Array(Buffer.from(log, 'latin1')));
    assert.ok(text.length > 0 && text.length < 4 * log.length + 4000, `${text.length} characters of ${log.length}`);
    assert.doesNotMatch(text, CONTROL);
  });
}
