import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readLines } from '../../src/log/read-lines.ts';
import { templateText } from '../../src/log/template-hash.ts';
import { findReports } from '../../src/oops/find-reports.ts';
import { mayMatter } from '../../src/oops/may-matter.ts';
import { LogEngine } from '../../src/session/log-engine.ts';
import { OWN_CORPUS, readCorpus } from './read-corpus.ts';

const cases = readCorpus(OWN_CORPUS);
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

test('the engine, which leaves out lines that do not matter, finds what it finds in every line', () => {
  for (const { name, log } of cases) {
    const plain = findReports(readLines(bytesOf(log)))[0];
    const engine = new LogEngine();
    engine.push(bytesOf(log));
    const report = [...engine.end({ files: [name] }).reports].sort((a, b) => a.firstLine - b.firstLine)[0];
    assert.equal(report?.title, plain?.title, name);
    assert.equal(report?.type, plain?.type, name);
    assert.equal(report?.corrupted, plain && plain.corrupted !== false, name);
    assert.equal(report?.signature, plain?.signature, name);
  }
});

test('whether a line may begin a report does not depend on its numbers', () => {
  const seen = new Map<string, { readonly matters: boolean; readonly text: string }>();
  let mattering = 0;
  for (const { log } of cases) {
    for (const { text } of readLines(bytesOf(log))) {
      const template = templateText(text);
      const matters = mayMatter(text);
      const before = seen.get(template);
      if (!before) seen.set(template, { matters, text });
      else assert.equal(matters, before.matters, `${text} | ${before.text}`);
      if (matters) mattering++;
    }
  }
  assert.ok(mattering > 500, `${mattering} lines`);
  assert.ok(seen.size > 3000, `${seen.size} templates`);
});
