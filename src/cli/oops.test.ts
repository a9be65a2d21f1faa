import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { deflateRawSync, deflateSync, gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { encodeLz4 } from '../../test/build/lz4-writer.ts';
import { encodeLzo } from '../../test/build/page-compressors.ts';
import { type LogReport, logReportSchema } from '../report/log-report.ts';
import { schemaProblems } from '../report/schema-check.ts';

const root = resolve(import.meta.dirname, '../..');
const cli = join(root, 'dist/inquest.cjs');
if (!existsSync(cli)) execFileSync(process.execPath, [join(root, 'scripts/build.ts'), '--cli']);
const folder = mkdtempSync(join(tmpdir(), 'inquest-oops-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const sample = join(root, 'samples/amd64-6.1-softirq');
const consoleLog = gunzipSync(readFileSync(`${sample}.console.log.gz`));
/** The part that the kernel's own prefix stands before; the rest is other output on the console. */
const kernelLog = consoleLog
  .toString('latin1')
  .split(/\r*\n/)
  .filter((line) => /^\[ *\d+\.\d{6}\] /.test(line));

function oops(
  args: readonly string[],
  input: string | Uint8Array = '',
): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'oops', ...args], {
    encoding: 'utf8',
    input,
    timeout: 60_000,
    maxBuffer: 1 << 28,
    cwd: folder,
  });
  return { status, out: stdout, err: stderr };
}

function reportOf(args: readonly string[], input: string | Uint8Array = ''): LogReport {
  const { status, out, err } = oops([...args, '--json', '--no-debug'], input);
  assert.equal(status, 0, err);
  const report = JSON.parse(out) as LogReport;
  assert.deepEqual(schemaProblems(logReportSchema, report), []);
  return report;
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const whole = reportOf([file('console.log', consoleLog)]);

/** What must be the same however the log came. */
function assertSame(report: LogReport, what: string): void {
  const facts = ({ reports: [r] }: LogReport): unknown => [
    r?.title,
    r?.type,
    r?.frame,
    r?.signature,
    r?.traces,
    r?.registers,
  ];
  assert.deepEqual(facts(report), facts(whole), what);
}

test('a log from a file, from standard input, packed', () => {
  assert.equal(whole.reports.length, 1);
  assertSame(reportOf([], consoleLog), 'standard input');
  assertSame(reportOf(['-'], consoleLog), '-');
  assertSame(reportOf(['-'], gzipSync(consoleLog)), 'gzip on standard input');
  assertSame(reportOf([file('log.gz', gzipSync(consoleLog))]), 'gzip');
  assertSame(reportOf([file('log.zst', zstdCompressSync(consoleLog))]), 'zstd');
});

test('a dump: its log tells what the console told', () => {
  assertSame(reportOf([`${sample}.vmcore`]), 'dump');
});

test('parts of pstore in any order, packed by any of its codecs', () => {
  const size = Math.ceil(kernelLog.length / 5);
  const parts = Array.from({ length: 5 }, (_, i) => kernelLog.slice(i * size, (i + 1) * size).join('\n'));
  const header = (i: number): string => `Panic#1 Part${5 - i}\n`;
  const plain = parts.map((part, i) => file(`dmesg-efi-${i}`, `${header(i)}${part}\n`));
  assertSame(reportOf([...plain].reverse()), 'plain');
  const packers = [
    (part: Uint8Array) => deflateRawSync(part),
    (part: Uint8Array) => deflateSync(part),
    (part: Uint8Array) => zstdCompressSync(part),
    (part: Uint8Array) => encodeLzo(part),
    (part: Uint8Array) => encodeLz4(part),
  ];
  const packed = parts.map((part, i) => {
    const pack = packers[i] as (part: Uint8Array) => Uint8Array;
    return file(`dmesg-efi-${i}.enc.z`, pack(Buffer.from(`${header(i)}${part}\n`)));
  });
  assertSame(reportOf([...packed].reverse()), 'packed');
  const ramoops = parts.map((part, i) =>
    file(
      `dmesg-ramoops-${i}`,
      Buffer.concat([Buffer.from('====1701165400.000001-C\n'), deflateRawSync(`${header(i)}${part}\n`)]),
    ),
  );
  assertSame(reportOf([...ramoops].reverse()), 'ramoops');
});

test('text: what happened, the trace and the signature; --all has no other report here', () => {
  const { status, out, err } = oops([join(folder, 'console.log'), '--no-debug']);
  assert.equal(status, 0, err);
  const report = whole.reports[0];
  assert.ok(out.startsWith(`${report?.title}\n`));
  for (const text of ['Call trace', report?.signature, report?.message]) assert.ok(out.includes(text as string), text);
  assert.equal(oops([join(folder, 'console.log'), '--no-debug', '--all']).out, out);
});

test('what cannot be read', () => {
  const nowhere = oops([join(folder, 'nowhere')]);
  assert.equal(nowhere.status, 2);
  assert.match(nowhere.err, /^inquest: .*nowhere.*\n$/);
  assert.equal(oops(['--format', 'md']).status, 1);
  const damaged = gzipSync(consoleLog).subarray(0, 500);
  assert.match(oops([file('cut.gz', damaged)]).err, /^inquest: .*cut\.gz.*gzip/);
  const some = reportOf([join(folder, 'console.log'), join(folder, 'nowhere')]);
  assertSame(some, 'one of two');
  assert.match(some.problems?.[0]?.why ?? '', /no such file/);
  assert.match(oops([file('bad.enc.z', 'rubbish that is packed by nothing')]).err, /none of deflate/);
});
