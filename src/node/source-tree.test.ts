import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { sourceLines } from '../report/source-text.ts';
import { installedSource, sourceTree } from './source-tree.ts';

const base = mkdtempSync(join(tmpdir(), 'inquest-source-'));
after(() => rmSync(base, { recursive: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function makefile(version: number, patch: number, sub: number): string {
  return `# SPDX\nVERSION = ${version}\nPATCHLEVEL = ${patch}\nSUBLEVEL = ${sub}\nEXTRAVERSION =\n`;
}

const debian = { release: '6.1.0-56-cloud-amd64', version: '#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)' };

test('a tree: the longest end of the path that it has', () => {
  const tree = join(base, 'tree');
  put(join(tree, 'Makefile'), makefile(6, 1, 192));
  put(join(tree, 'mm/slub.c'), 'one\ntwo\n');
  put(join(tree, 'slub.c'), 'wrong\n');
  const source = sourceTree(tree, debian);
  for (const path of ['mm/slub.c', './mm/slub.c', '/build/linux-6.1.192/debian/../mm/slub.c', '../../mm/slub.c']) {
    assert.deepEqual(source.find(path), { where: join(tree, 'mm/slub.c'), lines: ['one', 'two'] }, path);
  }
  for (const path of ['mm/gone.c', '', '/', 'mm', 'mm/slub.c\nx']) assert.equal(source.find(path), undefined, path);
  assert.throws(() => sourceTree(join(tree, 'Makefile'), debian), /not a folder/);
});

test('nothing outside the tree is read', () => {
  const tree = join(base, 'closed', 'tree');
  put(join(base, 'closed', 'secret'), 'secret\n');
  mkdirSync(tree, { recursive: true });
  for (const path of ['../secret', '/x/../../secret', join(base, 'closed', 'secret')]) {
    assert.equal(sourceTree(tree, debian).find(path), undefined, path);
  }
  assert.equal(installedSource(base).find('/usr/src/../../closed/secret'), undefined);
});

test('a tree of another version is told', () => {
  const tree = join(base, 'other');
  put(join(tree, 'Makefile'), makefile(5, 10, 0));
  put(join(tree, 'mm/slub.c'), 'one\n');
  assert.equal(sourceTree(tree, debian).find('mm/slub.c')?.doubt, 'the tree is of Linux 5.10, the kernel of 6.1.192');
  assert.equal(sourceTree(tree, { release: '5.10.0-rc3+' }).find('mm/slub.c')?.doubt, undefined);
});

test('a git repository: the tag of the release, else what is checked out and a doubt', () => {
  const repository = join(base, 'git');
  const git = (...args: string[]): void => {
    const who = ['-c', 'user.name=t', '-c', 'user.email=t@example.org', '-c', 'commit.gpgsign=false'];
    execFileSync('git', ['-C', repository, ...who, ...args], { stdio: 'ignore' });
  };
  put(join(repository, 'Makefile'), makefile(6, 1, 192));
  put(join(repository, 'mm/slub.c'), 'tagged\n');
  git('init', '-q');
  git('add', '.');
  git('commit', '-q', '-m', 'first');
  git('tag', 'v6.1.192');
  put(join(repository, 'mm/slub.c'), 'later\n');
  git('commit', '-q', '-a', '-m', 'second');
  assert.deepEqual(sourceTree(repository, debian).find('/build/x/mm/slub.c'), {
    where: 'v6.1.192:mm/slub.c',
    lines: ['tagged'],
  });
  const untagged = sourceTree(repository, { release: '6.1.192-custom' });
  assert.deepEqual(untagged.find('mm/slub.c')?.lines, ['tagged']);
  const unknown = sourceTree(repository, { release: '6.1.191' }).find('mm/slub.c');
  assert.deepEqual(unknown?.lines, ['later']);
  assert.match(unknown?.doubt ?? '', /the tree is of Linux 6\.1\.192, the kernel of 6\.1\.191/);
  assert.equal(sourceTree(repository, debian).find('mm/gone.c'), undefined);
});

test('source where debug packages install it', () => {
  put(join(base, 'usr/src/debug/kernel-6.1/mm/slub.c'), 'one\n');
  assert.deepEqual(installedSource(base).find('/usr/src/debug/kernel-6.1/mm/slub.c')?.lines, ['one']);
  assert.equal(installedSource(base).find('mm/slub.c'), undefined);
});

test('lines around one; a line that the file does not have is told', () => {
  const text = { where: 'x.c', lines: ['a', 'b', 'c', 'd', 'e'] };
  assert.deepEqual(
    sourceLines(text, 3, 1, 1).lines.map((l) => `${l.number}${l.text}`),
    ['2b', '3c', '4d'],
  );
  assert.equal(sourceLines(text, 1, 5, 4).lines.length, 5);
  assert.equal(sourceLines(text, 3, 1, 1).doubt, undefined);
  const beyond = sourceLines(text, 9, 1, 1);
  assert.match(beyond.doubt ?? '', /has 5 lines, but the line table says 9/);
  assert.deepEqual(
    beyond.lines.map((l) => l.number),
    [4, 5],
  );
});
