import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { UsageError } from '../base/errors.ts';
import type { CrashReport } from '../report/crash-report.ts';
import { parseArguments } from './arguments.ts';

const root = resolve(import.meta.dirname, '../..');
const cli = join(root, 'dist/inquest.cjs');
if (!existsSync(cli)) execFileSync(process.execPath, [join(root, 'scripts/build.ts'), '--cli']);
const dump = join(root, 'samples/amd64-6.1-softirq.vmcore');
const home = mkdtempSync(join(tmpdir(), 'inquest-limits-'));
const env = { ...process.env, HOME: home, XDG_STATE_HOME: home };
// a command that never ends
const slow = join(home, 'slow.mjs');
const never = { description: [], args: {}, examples: [], schema: { type: 'object' }, name: 'never', summary: '' };
writeFileSync(slow, `export const never = { ...${JSON.stringify(never)}, run() { for (;;); }, blocks: () => [] };`);
after(() => rmSync(home, { recursive: true, force: true }));

function inquest(...args: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', env });
  return { status, out: stdout, err: stderr.replace(/^inquest: [^\n]* \.\.\.\n/gm, '') };
}

test('limits are read, and refused where they mean nothing', () => {
  assert.deepEqual(parseArguments(['d', '-c', 'ps', '--timeout', '1.5', '--memory=300']), {
    kind: 'commands',
    files: ['d'],
    steps: [{ line: 'ps' }],
    json: false,
    limits: { seconds: 1.5, mebibytes: 300 },
  });
  for (const argv of [
    ['d', '-c', 'ps', '--timeout', '0'],
    ['d', '-c', 'ps', '--memory', 'much'],
    ['symbolize', 'log', '--timeout', '5'],
    ['line', 'vmlinux', 'panic', '--memory', '5'],
  ]) {
    assert.throws(() => parseArguments(argv), UsageError, argv.join(' '));
  }
});

test('within the limits nothing changes', () => {
  const lines = ['-c', 'set 1', '-c', 'set', '-c', 'sys -t', '-c', 'ps 99999', '--json'];
  const free = inquest(dump, ...lines);
  const limited = inquest(dump, ...lines, '--timeout', '600', '--memory', '4096');
  assert.equal(free.status, 0);
  assert.deepEqual(limited, free);
});

test('a command that takes too long is stopped, and the next one goes on with what was set', () => {
  const { status, out, err } = inquest(
    dump,
    '-c',
    `extend ${slow}`,
    '-c',
    'set 1',
    '-c',
    'never',
    '-c',
    'set',
    '--timeout',
    '6',
  );
  assert.equal(status, 3, err);
  assert.match(err, /^inquest: 'never' was stopped: it took more than 6 s \(--timeout\)\n$/);
  assert.match(out, /PID: 1\n[\s\S]*PID: 1\n/);
});

test('what is stopped is an error in JSON', () => {
  const { status, out } = inquest(
    dump,
    '-c',
    `extend ${slow}`,
    '-c',
    'never',
    '-c',
    'sys -t',
    '--json',
    '--timeout',
    '6',
  );
  assert.equal(status, 3);
  const [, first, second] = (JSON.parse(out) as { commands: { error?: { code: string }; data?: object }[] }).commands;
  assert.equal(first?.error?.code, 'limit');
  assert.ok(second?.data);
});

test('what takes too much memory is stopped', () => {
  const { status, out, err } = inquest('report', dump, '--memory', '64');
  assert.equal(status, 3);
  assert.equal(out, '');
  assert.match(err, /^inquest: the report was stopped: the program took more than 64 MiB \(--memory\)\n$/);
});

test('of a report that is stopped there is what was found until then', () => {
  let seconds = 0.2;
  let cut = inquest('report', dump, '--format', 'json', '--timeout', String(seconds));
  // How long the first part takes is the machine's business.
  while (cut.status === 3 && cut.out === '') {
    seconds *= 1.15;
    cut = inquest('report', dump, '--format', 'json', '--timeout', String(seconds));
  }
  assert.equal(cut.status, 3, cut.err);
  const report = JSON.parse(cut.out) as CrashReport;
  assert.match(report.system.release ?? '', /^6\.1\./);
  assert.ok(report.cut?.parts.includes('storage'));
  assert.match(report.missing[0]?.why ?? '', /it took more than [\d.]+ s \(--timeout\); not made: [^;]*the storage/);
  assert.match(cut.err, /^inquest: the report was stopped: it took more than [\d.]+ s \(--timeout\)\n$/);
});

test('Ctrl-C ends a run with limits at once', async () => {
  const child = spawn(process.execPath, [cli, dump, '-c', `extend ${slow}`, '-c', 'never', '--timeout', '600'], {
    env,
  });
  await new Promise((done) => child.stdout.on('data', (text) => String(text).includes('MODULE') && done(undefined)));
  const start = Date.now();
  child.kill('SIGINT');
  const signal = await new Promise((done) => child.once('exit', (_, s) => done(s)));
  assert.equal(signal, 'SIGINT');
  assert.ok(Date.now() - start < 5000);
});
