import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareCase } from './compare-case.ts';
import { OWN_CORPUS, readCorpus } from './read-corpus.ts';

test('titles, types and marks of the corpus of console logs', () => {
  const results = readCorpus(OWN_CORPUS).map(compareCase);
  const share = (column: 'title' | 'type' | 'corrupted' | 'panicked' | 'main'): number =>
    results.filter((r) => r[column]).length / results.length;
  assert.ok(results.length > 300);
  assert.ok(share('title') >= 0.97, `titles: ${share('title')}`);
  assert.ok(share('type') >= 0.97, `types: ${share('type')}`);
  assert.ok(share('corrupted') >= 0.95, `corrupted: ${share('corrupted')}`);
  assert.ok(share('panicked') >= 0.95, `panicked: ${share('panicked')}`);
  assert.ok(share('main') >= 0.97, `the command line lists the expected report first: ${share('main')}`);
});
