import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { debugElf } from '../../test/build/debug-elf-writer.ts';

const root = resolve(import.meta.dirname, '../..');
const cli = join(root, 'dist/inquest.cjs');
if (!existsSync(cli)) execFileSync(process.execPath, [join(root, 'scripts/build.ts'), '--cli']);
const sample = join(root, 'samples/amd64-6.1-softirq.vmcore');
const folder = mkdtempSync(join(tmpdir(), 'inquest-debug-'));
after(() => rmSync(folder, { recursive: true }));

function inquest(args: readonly string[], input = ''): { status: number | null; out: string; err: string } {
  const env = { ...process.env, HOME: folder, XDG_CACHE_HOME: folder, DEBUGINFOD_URLS: '' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    encoding: 'utf8',
    input,
    timeout: 60_000,
    cwd: folder,
    env,
  });
  return { status, out: stdout, err: stderr.replace(/^inquest: [^\n]* \.\.\.\n/gm, '') };
}

const other = join(folder, 'vmlinux');
writeFileSync(other, debugElf({ buildId: 'ff'.repeat(20), symbols: [{ name: 'panic', value: 0x1000, size: 16 }] }));

test('a vmlinux of another build is refused with both build-ids; --force uses it and says so', () => {
  for (const args of [
    [sample, other, '-c', 'bt'],
    [other, sample, '-c', 'bt'],
    [sample, '--debug', other, '-c', 'bt'],
    ['report', sample, other],
  ]) {
    const refused = inquest(args);
    assert.match(
      refused.err,
      /^inquest: \S+vmlinux: build-id (?:ff){20}, but the kernel that crashed has [0-9a-f]{40}; .*--force/,
    );
    assert.equal(refused.status, 2);
  }
  const forced = inquest([sample, other, '--force', '-c', 'bt -l']);
  assert.equal(forced.status, 0);
  assert.match(
    forced.out,
    /\(not complete: debug information: \S+vmlinux: its build-id (?:ff){20} is not [0-9a-f]{40}\)\n$/,
  );
});

test('bt -l without debug information says which package has it; --no-debug looks nowhere', () => {
  const searched = inquest([sample, '-c', 'bt -l']);
  assert.match(searched.out, /apt install linux-image-6\.1\.0-\S+-dbg\)\n$/);
  assert.equal(searched.status, 0);
  const plain = inquest([sample, '-c', 'bt']).out;
  assert.equal(inquest([sample, '--no-debug', '-c', 'bt -l']).out, plain);
  assert.ok(searched.out.startsWith(plain));
});

test('a folder is a place to look in, and what is named must be there', () => {
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  assert.equal(inquest([sample, empty, '--no-debug', '-c', 'sym panic']).out, inquest([sample, '-c', 'sym panic']).out);
  assert.match(inquest([sample, '--debug', join(folder, 'gone'), '-c', 'bt']).err, /gone: no such file/);
  assert.match(inquest([sample, '--source', join(folder, 'gone'), '-c', 'bt']).err, /gone: not a folder/);
});

test('symbolize: text without debug information stays as it is, and what is missing is said', () => {
  const text = 'Call Trace:\n panic+0x4/0x1000\n other+0x1/0x2 [mod]\n\ud7ff end';
  const { status, out, err } = inquest(['symbolize', '-', '--vmlinux', other, '--no-debug'], text);
  assert.equal(out, text);
  assert.equal(err, 'inquest: no file of module mod was found\n');
  assert.equal(status, 0);
  const missing = inquest(['symbolize', join(folder, 'nowhere'), '--vmlinux', other]);
  assert.match(missing.err, /nowhere/);
  assert.equal(missing.status, 2);
});

test('line: places of a file in the layout of faddr2line', () => {
  const found = inquest(['line', other, 'panic+0x4/0x1000', 'gone+0x1/0x2']);
  assert.equal(found.out, 'panic+0x4/0x1000:\n(no line information)\n\n');
  assert.match(found.err, /^inquest: no function gone in \S+vmlinux\n$/);
  assert.equal(found.status, 0);
  assert.equal(inquest(['line', other, 'gone']).status, 2);
});

test('wrong usage is told', () => {
  for (const [args, message] of [
    [['symbolize', 'log'], /needs --vmlinux/],
    [['symbolize', 'a', 'b', '--vmlinux', other], /takes one file/],
    [['line', other], /needs a file and places/],
    [['line', other, '+0x12'], /is no place such as/],
    [['line', other, 'panic', '-c', 'bt'], /takes no --command/],
  ] as const) {
    const result = inquest(args);
    assert.match(result.err, message);
    assert.notEqual(result.status, 0);
  }
});
