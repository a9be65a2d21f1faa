import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
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
  git('checkout', '-q', 'v6.1.192');
  put(join(repository, 'mm/slub.c'), 'not committed\n');
  assert.deepEqual(sourceTree(repository, debian).find('mm/slub.c')?.lines, ['tagged']);
  const bare = join(base, 'bare');
  execFileSync('git', ['clone', '-q', '--bare', repository, bare], { stdio: 'ignore' });
  assert.deepEqual(sourceTree(bare, debian).find('./mm/slub.c')?.lines, ['tagged']);
  assert.match(
    sourceTree(bare, { release: '6.1.190' }).find('mm/slub.c')?.doubt ?? '',
    /the tree is of Linux 6\.1\.192/,
  );
});

test('a git repository: the names that distributions give their tags', () => {
  const repository = join(base, 'tags');
  const git = (...args: string[]): void => {
    const who = ['-c', 'user.name=t', '-c', 'user.email=t@example.org', '-c', 'commit.gpgsign=false'];
    execFileSync('git', ['-C', repository, ...who, ...args], { stdio: 'ignore' });
  };
  const cases: readonly (readonly [tag: string, release: string, version: string])[] = [
    ['debian/6.12.9-1_bpo12+1', '6.12.9+bpo-amd64', '#1 SMP PREEMPT_DYNAMIC Debian 6.12.9-1~bpo12+1 (2025-01-19)'],
    ['Ubuntu-6.8.0-45.45', '6.8.0-45-generic', '#45-Ubuntu SMP PREEMPT_DYNAMIC'],
    ['Ubuntu-hwe-6.8-6.8.0-45.45_22.04.1', '6.8.0-45-generic', '#45~22.04.1-Ubuntu SMP PREEMPT_DYNAMIC'],
    ['kernel-5.14.0-427.el9', '5.14.0-427.el9.aarch64+64k', '#1 SMP'],
    ['rpm-6.4.0-150600.23.17', '6.4.0-150600.23.17-default', '#1 SMP'],
    ['v6.10.2-arch1', '6.10.2-arch1-1', '#1 SMP'],
    ['6.6.0-28.0.0', '6.6.0-28.0.0.34.oe2403.x86_64', '#1 SMP'],
    ['v6.9-rc3', '6.9.0-rc3+', '#1 SMP'],
  ];
  put(join(repository, 'a.c'), 'first\n');
  git('init', '-q');
  git('add', '.');
  git('commit', '-q', '-m', 'first');
  for (const [tag] of cases) git('tag', tag);
  for (const [tag, release, version] of cases) {
    assert.equal(sourceTree(repository, { release, version }).find('/b/a.c')?.where, `${tag}:a.c`, release);
  }
  const hash = execFileSync('git', ['-C', repository, 'rev-parse', '--short=12', 'HEAD'], { encoding: 'utf8' }).trim();
  assert.equal(sourceTree(repository, { release: `6.9.0-00001-g${hash}-dirty` }).find('a.c')?.where, `${hash}:a.c`);
});

test('source where debug packages install it', () => {
  put(join(base, 'usr/src/debug/kernel-6.1/mm/slub.c'), 'one\n');
  assert.deepEqual(installedSource(base).find('/usr/src/debug/kernel-6.1/mm/slub.c')?.lines, ['one']);
  assert.equal(installedSource(base).find('mm/slub.c'), undefined);
});
