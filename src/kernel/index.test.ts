import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

/** What other helpers are made of: layouts, readers of parts, and what serves the commands alone. */
const INTERNAL = new Set(
  `bit-field frames-around function-calls function-name log-recover log-scan log-text printk-log-scan memory-window module-struct need-tasks node-memory
  note-problem page-cache-search panic-log pointer-members printk-log printk-ringbuffer slab-freelist slab-heads slab-layout
  slab-page srcu task-by-stack task-choice task-entry task-layout task-lookalikes task-slab-scan task-sources ticks variable
  wait-cycles wait-find wait-find-completion wait-find-spin wait-holders wait-interruptible wait-links
  wait-lock-list wait-queue-entry wait-ring wait-stack`.split(/\s+/),
);

test('every helper of the kernel is public', () => {
  const index = readFileSync(`${import.meta.dirname}/index.ts`, 'utf8');
  const files = globSync('*.ts', { cwd: import.meta.dirname }).filter((f) => !/\.test\.ts$|^index\.ts$/.test(f));
  const hidden = files.filter((f) => !index.includes(`'./${f}'`) && !INTERNAL.has(f.replace(/\.ts$/, '')));
  assert.deepEqual(hidden, [], 'export these from src/kernel/index.ts');
  const gone = [...INTERNAL].filter((name) => !files.includes(`${name}.ts`));
  assert.deepEqual(gone, []);
});

test('what is public is there, and takes no name twice', async () => {
  const helpers = (await import('./index.ts')) as Record<string, unknown>;
  for (const name of ['taskTable', 'logRecords', 'openFiles', 'slabCaches', 'fileLocks', 'vmas', 'listEntries']) {
    assert.equal(typeof helpers[name], 'function', name);
  }
  assert.ok(Object.keys(helpers).length > 100);
});
