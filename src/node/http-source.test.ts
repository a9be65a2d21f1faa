import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { rangeServer } from '../../test/build/range-server.ts';
import { samplePath } from '../../test/build/sample-dump.ts';
import { BadDataError, UsageError } from '../base/errors.ts';
import { openPacked } from './archive/open-packed.ts';
import { nodeCodecs } from './codecs.ts';
import { openHttp } from './http-source.ts';

const path = samplePath('arm64-6.1-softirq');
const whole = readFileSync(path);
const folder = mkdtempSync(join(tmpdir(), 'inquest-http-'));
after(() => rmSync(folder, { recursive: true }));

const places = [0, 5_000_000, 100, whole.length - 70_000, 5_100_000, 1_048_570];

function check(source: { read(at: number, into: Uint8Array): number }): void {
  for (const at of places) {
    const into = new Uint8Array(70_000);
    assert.equal(source.read(at, into), Math.min(70_000, whole.length - at));
    assert.ok(Buffer.compare(into, whole.subarray(at, at + 70_000)) === 0, `at ${at}`);
  }
  assert.equal(source.read(whole.length + 5, new Uint8Array(8)), 0);
}

test('ranges of a file, each fetched once, and kept for the next run', async () => {
  const server = await rangeServer({ path, ranges: true, etag: '"one"' });
  try {
    let fetched = 0;
    const options = { cacheFolder: folder, onFetch: (bytes: number) => (fetched += bytes) };
    const first = await openHttp(server.url, options);
    assert.equal(first.size, whole.length);
    check(first);
    first.close();
    assert.ok(fetched > 0 && fetched < whole.length, `${fetched} of ${whole.length} bytes`);
    const before = fetched;
    const again = await openHttp(server.url, options);
    check(again);
    again.close();
    assert.equal(fetched, before, 'the second run fetches nothing');
    const asked = await server.asked();
    assert.equal(new Set(asked.filter((r) => r !== 'bytes=0-0')).size, asked.filter((r) => r !== 'bytes=0-0').length);
  } finally {
    await server.close();
  }
});

test('another ETag is another file', async () => {
  const cacheFolder = join(folder, 'etag');
  for (const etag of ['"a"', '"b"']) {
    const server = await rangeServer({ path, ranges: true, etag });
    let fetched = 0;
    const source = await openHttp(server.url, { cacheFolder, onFetch: (n) => (fetched += n) });
    check(source);
    source.close();
    assert.ok(fetched > 0, etag);
    await server.close();
  }
});

test('a server without ranges sends the file whole', async () => {
  const server = await rangeServer({ path, ranges: false });
  const source = await openHttp(server.url);
  check(source);
  source.close();
  await server.close();
});

test('an answer that fails is asked for again, and one that keeps failing is an error with the address and the place', async () => {
  const once = await rangeServer({ path, ranges: true, failures: { 2: 503 } });
  const source = await openHttp(once.url);
  check(source);
  source.close();
  await once.close();
  const always = await rangeServer({ path, ranges: true, failures: { 2: 500, 3: 500, 4: 500 } });
  const broken = await openHttp(always.url);
  assert.throws(
    () => broken.read(0x50000, new Uint8Array(8)),
    (e) => {
      assert.ok(e instanceof BadDataError);
      assert.match(e.message, /vmcore: offset 0x40000: cannot be fetched: HTTP status 500/);
      return true;
    },
  );
  broken.close();
  await always.close();
});

test('what is not there, nobody who listens, and what is no address', async () => {
  const server = await rangeServer({ path, ranges: true, failures: { 1: 404 } });
  await assert.rejects(openHttp(server.url), /HTTP status 404/);
  await server.close();
  await assert.rejects(openHttp(server.url), UsageError);
  await assert.rejects(openHttp('http://'), /not an address/);
});

test('a server that stalls is given up once: what is there has to do', async () => {
  const server = await rangeServer({ path, ranges: true, stallFrom: 3, stallTo: 99 });
  const source = await openHttp(server.url, { idleMs: 1000 });
  const eight = new Uint8Array(8);
  assert.equal(source.read(0, eight), 8);
  for (let at = 0x100000; at < 0x800000; at += 0x100000) {
    assert.throws(() => source.read(at, eight), {
      code: 'bad-data',
      message: /cannot be fetched: no byte in 1 s/,
    });
  }
  assert.equal((await server.asked()).length, 3, 'no block waits again');
  assert.equal(source.read(16, eight), 8);
  source.close();
  await server.close();
  const silent = await rangeServer({ path, ranges: true, stallFrom: 1, stallTo: 99 });
  await assert.rejects(openHttp(silent.url, { idleMs: 50 }), /no answer: no byte in 0\.05 s/);
  await silent.close();
});

test('a packed file whose server stalls is a cut one', async () => {
  const packed = join(folder, 'vmcore.gz');
  writeFileSync(packed, gzipSync(whole, { level: 1 }));
  const server = await rangeServer({ path: packed, ranges: true, stallFrom: 5, stallTo: 99 });
  const source = await openHttp(server.url, { idleMs: 1000 });
  const [file] = await openPacked(source, { codecs: nodeCodecs(), isDump: () => true });
  assert.match(file?.problem ?? '', /only \d+ bytes could be unpacked: .*cannot be fetched/);
  const start = new Uint8Array(70_000);
  assert.equal(file?.read(0, start), start.length);
  assert.ok(Buffer.compare(start, whole.subarray(0, start.length)) === 0);
  file?.close();
  await server.close();
});
