import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { madeUpReport } from '../../test/build/made-up-report.ts';

const root = resolve(import.meta.dirname, '../..');
const cli = join(root, 'dist/inquest.cjs');
if (!existsSync(cli)) execFileSync(process.execPath, [join(root, 'scripts/build.ts'), '--cli']);
const sample = join(root, 'samples/amd64-6.1-softirq.vmcore');
const folder = mkdtempSync(join(tmpdir(), 'inquest-forms-'));
after(() => rmSync(folder, { recursive: true }));

function inquest(...args: readonly string[]): { status: number | null; out: string; err: string } {
  const options = { encoding: 'utf8', timeout: 60_000, maxBuffer: 1 << 28, cwd: folder } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], options);
  return { status, out: stdout, err: stderr.replace(/^inquest: [^\n]* \.\.\.\n/gm, '') };
}

test('a saved report says what the dump says, in every form and language', () => {
  const json = join(folder, 'saved.json');
  assert.equal(inquest('report', sample, '--json', '-o', json).status, 0);
  for (const form of [
    ['--format', 'text'],
    ['--format', 'md', '--lang', 'zh'],
    ['--format', 'html'],
  ]) {
    const fromDump = inquest('report', sample, ...form);
    assert.equal(fromDump.status, 0);
    assert.ok(fromDump.out.length > 4000);
    assert.equal(inquest('report', json, ...form).out, fromDump.out, form.join(' '));
  }
});

test('Chinese text has the same facts under other words', () => {
  const zh = inquest('report', sample, '--lang', 'zh').out;
  assert.match(zh, /^内核崩溃：BUG 断言，位于 __slab_free\+0x118\/0x2d0$/m);
  assert.match(zh, /软中断，CPU 1（irq 栈），打断了 lab-churn \(pid 153\)，当时在 do_user_addr_fault/);
});

test('redacted: the host is gone, the diagnosis stays', () => {
  const { out } = inquest('report', sample, '--redact', '--format', 'json');
  const report = JSON.parse(out) as { system: { nodename: string }; crash: { function: string } };
  assert.equal(report.system.nodename, 'host-1');
  assert.equal(report.crash.function, '__slab_free');
  assert.ok(!/\blab\b/.test(out));
});

test('four saved reports, all short of memory and all giving back inodes: compare says so', () => {
  const files = [112.5, 98, 104, 87].map((mib, i) => {
    const made = madeUpReport();
    const memory = { ...made.memory, MemTotal: 15_728_640, MemFree: Math.round(mib * 1024), SwapTotal: 0 };
    const file = join(folder, `dump-${i}.json`);
    writeFileSync(file, JSON.stringify({ ...made, memory }));
    return file;
  });
  const { status, out } = inquest('compare', ...files);
  assert.equal(status, 0);
  assert.match(out, /^4 deaths, 1 cause$/m);
  assert.match(out, /All 4 died with about 100\.4 MB free, in slab reclaim/);
  const page = inquest('compare', ...files, '--format', 'html', '--lang', 'zh').out;
  assert.match(page, /^<!doctype html>\n<html lang="zh-Hans">/);
  const data = JSON.parse(inquest('compare', ...files, '--json', '--redact').out) as { dumps: { name: string }[] };
  assert.deepEqual(
    data.dumps.map((d) => d.name),
    ['dump-1', 'dump-2', 'dump-3', 'dump-4'],
  );
});

test('what makes no sense is one line and status 1 or 2', () => {
  const broken = join(folder, 'broken.json');
  writeFileSync(broken, '{ "crash": 1 }');
  for (const [args, status, message] of [
    [['compare', sample], 2, /two or more/],
    [['fixes', sample], 1, /needs --git/],
    [['report', sample, '--git', '/x'], 1, /takes no --git/],
    [['fixes', sample, '--git', folder], 2, /not a git repository/],
    [['report', broken], 2, /no report of a crash/],
    [['report', sample, '--lang', 'fr'], 1, /en and zh/],
    [['report', sample, '--redact=some'], 1, /--redact=all/],
    [[sample, '--redact'], 1, /belongs to inquest report/],
  ] as const) {
    const result = inquest(...args);
    assert.equal(result.status, status, args.join(' '));
    assert.match(result.err, message);
    assert.equal(result.err.split('\n').length, 2, result.err);
  }
});

test('the page is written to a file whole', () => {
  const file = join(folder, 'page.html');
  assert.equal(inquest('report', sample, '--format', 'html', '-o', file).status, 0);
  assert.match(readFileSync(file, 'utf8'), /<\/html>\n$/);
});
