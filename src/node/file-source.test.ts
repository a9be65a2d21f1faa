import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { BadDataError, UsageError } from '../base/errors.ts';
import { openFileSource } from './file-source.ts';

const folder = mkdtempSync(join(tmpdir(), 'inquest-'));
after(() => rmSync(folder, { recursive: true }));

test('reads at any offset, short only at the end', () => {
  const path = join(folder, 'file');
  writeFileSync(path, 'abcdefgh');
  const source = openFileSource(path);
  assert.equal(source.size, 8);
  assert.equal(source.name, path);
  const into = new Uint8Array(4);
  assert.equal(source.read(2, into), 4);
  assert.equal(String.fromCharCode(...into), 'cdef');
  assert.equal(source.read(6, into), 2);
  assert.equal(source.read(100, into), 0);
  source.close();
  source.close();
});

test('what cannot be opened is said in one line', () => {
  const loop = join(folder, 'loop');
  symlinkSync(loop, loop);
  const fifo = join(folder, 'fifo');
  assert.equal(spawnSync('mkfifo', [fifo]).status, 0);
  for (const [path, what] of [
    [join(folder, 'missing'), 'no such file'],
    [fifo, 'not a regular file; copy the dump to one first'],
    [folder, 'is a directory, not a dump'],
    [loop, 'too many symbolic links'],
    [join(folder, 'file', 'below'), 'no such file: a part of the path is not a directory'],
    ['/dev/null', 'not a regular file; copy the dump to one first'],
  ] as const) {
    assert.throws(() => openFileSource(path), { constructor: UsageError, message: `${path}: ${what}` });
  }
});

test('a file without read permission', () => {
  const path = join(folder, 'secret');
  writeFileSync(path, 'x');
  chmodSync(path, 0);
  const isRoot = process.geteuid?.() === 0; // root may read everything, so be somebody else for a moment
  if (isRoot) process.seteuid?.(65534);
  try {
    assert.throws(() => openFileSource(path), {
      constructor: UsageError,
      message: `${path}: no permission to read it`,
    });
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
});

test('an error while reading names the offset', () => {
  const unmapped = openFileSource('/proc/self/mem');
  assert.throws(() => unmapped.read(0x10, new Uint8Array(2)), {
    constructor: BadDataError,
    message: '/proc/self/mem: offset 0x10: cannot be read: input/output error',
  });
  unmapped.close();
  assert.throws(() => unmapped.read(0x10, new Uint8Array(2)), {
    constructor: BadDataError,
    message: /has been closed/,
  });
});
