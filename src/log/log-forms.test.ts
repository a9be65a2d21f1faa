import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { type LogMessage, writtenForms } from '../../test/build/log-forms.ts';
import type { LogLine } from './log-line.ts';
import { LogReader } from './log-reader.ts';
import { readLines } from './read-lines.ts';

const root = resolve(import.meta.dirname, '../..');

/** The last messages of a sample's console: the report of its death, and what came before. */
function sampleMessages(): LogMessage[] {
  const console = gunzipSync(readFileSync(join(root, 'samples/amd64-6.1-softirq.console.log.gz'))).toString('utf8');
  const messages: LogMessage[] = [];
  for (const line of console.split(/\r*\n/)) {
    const m = /^\[ *(\d+)\.(\d{6})\] (.*)$/.exec(line);
    if (!m) continue;
    const micros = Number(m[1]) * 1_000_000 + Number(m[2]);
    messages.push({ micros, level: messages.length % 8, caller: 'T225', text: m[3] as string });
  }
  return messages.slice(-120);
}

const messages = sampleMessages();

test('the sample has a report to write', () => {
  assert.equal(messages.length, 120);
  assert.ok(messages.some((m) => /Call Trace:/.test(m.text)));
  assert.ok(messages.some((m) => m.text.startsWith('Modules linked in:') && m.text.length > 80));
});

for (const form of writtenForms) {
  test(`${form.name}: every message as it was written`, () => {
    const written = form.write(messages);
    const lines = readLines(written).filter((line) => line.text !== '');
    const texts = messages.map((m) => m.text.trimEnd()).filter((text) => text !== '');
    // Who breaks a line at a run of blanks leaves one of them out.
    const told = (text: string): string => (form.name === 'quoted mail' ? text.replace(/ +/g, ' ') : text).trimEnd();
    assert.deepEqual(
      lines.map((line) => told(line.text)),
      texts.map(told),
    );
    const kept = messages.filter((m) => m.text.trimEnd() !== '');
    for (const [i, line] of lines.entries()) assertKept(line, kept[i] as LogMessage, form.keeps);
    const pieces: LogLine[] = [];
    const reader = new LogReader({ push: (line) => pieces.push(line) });
    for (let at = 0; at < written.length; at += 7) reader.push(written.subarray(at, at + 7));
    reader.end();
    assert.deepEqual(
      pieces.filter((line) => line.text !== ''),
      lines,
      'chunks of any length',
    );
  });
}

function assertKept(line: LogLine, message: LogMessage, keeps: readonly string[]): void {
  assert.equal(line.seconds, keeps.includes('seconds') ? message.micros / 1e6 : undefined, line.text);
  if (keeps.includes('level')) assert.equal(line.level, message.level, line.text);
  assert.equal(line.caller, keeps.includes('caller') ? message.caller : undefined);
  assert.equal(line.wall !== undefined, keeps.includes('wall'), line.wall);
}
