import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { debugElf } from '../../test/build/debug-elf-writer.ts';
import { type DebuginfodOptions, debuginfodFromEnvironment, fetchDebuginfo } from './debuginfod.ts';

const id = '0123456789abcdef0123456789abcdef01234567';
const content = debugElf({ buildId: id, textSize: 100_000 });
const folder = mkdtempSync(join(tmpdir(), 'inquest-debuginfod-'));
const servers: Server[] = [];
after(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(folder, { recursive: true });
});

/** Starts a server on this machine; tells what it was asked. */
async function serve(handler: RequestListener): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer(handler);
  server.prependListener('request', ({ url, headers }) => asked.push(`${url} ${headers.range ?? ''}`.trim()));
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

/** As a server does that knows ranges. */
const whole: RequestListener = (request, response) => {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (from >= content.length) response.writeHead(416).end();
  else if (from === 0) response.writeHead(200, { 'content-length': content.length }).end(content);
  else {
    const range = `bytes ${from}-${content.length - 1}/${content.length}`;
    const part = content.subarray(from);
    response.writeHead(206, { 'content-range': range, 'content-length': part.length }).end(part);
  }
};

let caches = 0;
function options(urls: readonly string[], over: Partial<DebuginfodOptions> = {}): DebuginfodOptions {
  return { urls, cache: join(folder, `cache${caches++}`), idleMs: 5000, totalMs: 0, ...over };
}

test('a file is fetched once, into the layout of the other clients', async () => {
  const server = await serve(whole);
  const steps: number[] = [];
  const o = options([`${server.url}/`], { onProgress: (_, done, total) => steps.push(done, total ?? -1) });
  const path = join(o.cache, id, 'debuginfo');
  assert.deepEqual(await fetchDebuginfo(id, o), { path });
  assert.deepEqual(new Uint8Array(readFileSync(path)), new Uint8Array(content));
  assert.deepEqual(readdirSync(join(o.cache, id)), ['debuginfo']);
  assert.deepEqual(steps.slice(-2), [content.length, content.length]);
  assert.deepEqual(await fetchDebuginfo(id, o), { path });
  assert.deepEqual(server.asked, [`/buildid/${id}/debuginfo`]);
});

test('a broken transfer is continued where it ended', async () => {
  let first = true;
  const server = await serve((request, response) => {
    if (!first) return whole(request, response);
    first = false;
    response.writeHead(200, { 'content-length': content.length });
    response.write(content.subarray(0, 40_000));
    setTimeout(() => response.destroy(), 100); // what was sent is to arrive
  });
  const o = options([server.url]);
  const failed = await fetchDebuginfo(id, o);
  assert.ok('error' in failed);
  const [part] = readdirSync(join(o.cache, id));
  assert.equal(part, 'debuginfo.part');
  assert.ok('path' in (await fetchDebuginfo(id, o)));
  assert.match(server.asked[1] as string, /bytes=\d+-$/);
  assert.deepEqual(new Uint8Array(readFileSync(join(o.cache, id, 'debuginfo'))), new Uint8Array(content));
});

test('a server without ranges sends all again; a part that is too long is dropped', async () => {
  const plain = await serve((_, response) => response.writeHead(200).end(content));
  const o = options([plain.url]);
  mkdirSync(join(o.cache, id), { recursive: true });
  writeFileSync(join(o.cache, id, 'debuginfo.part'), content.subarray(0, 10));
  assert.ok('path' in (await fetchDebuginfo(id, o)));
  const ranged = await serve(whole);
  const p = options([ranged.url]);
  mkdirSync(join(p.cache, id), { recursive: true });
  writeFileSync(join(p.cache, id, 'debuginfo.part'), new Uint8Array(content.length + 5));
  assert.ok('path' in (await fetchDebuginfo(id, p)));
  assert.deepEqual(new Uint8Array(readFileSync(join(p.cache, id, 'debuginfo'))), new Uint8Array(content));
});

test('the next server is asked when one has nothing, is gone or sends something else', async () => {
  const none = await serve((_, response) => response.writeHead(404).end('no'));
  const other = await serve((_, response) => response.writeHead(200).end(debugElf({ buildId: 'ff'.repeat(20) })));
  const good = await serve(whole);
  const gone = 'http://127.0.0.1:1';
  assert.ok('path' in (await fetchDebuginfo(id, options([gone, none.url, other.url, good.url]))));
  const failed = await fetchDebuginfo(id, options([gone, none.url, other.url]));
  assert.ok('error' in failed);
  assert.match(failed.error, /ECONNREFUSED.*HTTP status 404.*what it sent has build-id ffff/);
});

test('redirects are followed, but not for ever and not to files', async () => {
  const good = await serve(whole);
  const moved = await serve((request, response) =>
    response.writeHead(302, { location: `${good.url}${request.url}` }).end(),
  );
  assert.ok('path' in (await fetchDebuginfo(id, options([moved.url]))));
  const round = await serve((request, response) => response.writeHead(302, { location: request.url }).end());
  const toFile = await serve((_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end());
  for (const { url } of [round, toFile]) assert.ok('error' in (await fetchDebuginfo(id, options([url]))));
  assert.equal(round.asked.length, 6);
});

test('a server that says nothing, and one that is too slow, are given up', async () => {
  const silent = await serve(() => {});
  const quiet = await fetchDebuginfo(id, options([silent.url], { idleMs: 100 }));
  assert.ok('error' in quiet);
  assert.match(quiet.error, /no byte in 0\.1 s/);
  const slow = await serve((_, response) => {
    response.writeHead(200, { 'content-length': content.length });
    const timer = setInterval(() => response.write('x'), 20);
    response.on('close', () => clearInterval(timer));
  });
  const late = await fetchDebuginfo(id, options([slow.url], { totalMs: 150 }));
  assert.ok('error' in late);
  assert.match(late.error, /not done in 0\.15 s/);
});

test('nothing is asked for what is no build-id, nor when no server is configured', async () => {
  const server = await serve(whole);
  const o = options([server.url]);
  assert.ok('error' in (await fetchDebuginfo('../../etc', o)));
  assert.deepEqual(server.asked, []);
  assert.equal(existsSync(o.cache), false);
  assert.equal(debuginfodFromEnvironment({}), undefined);
  assert.equal(debuginfodFromEnvironment({ DEBUGINFOD_URLS: 'ima:enforcing ftp://x' }), undefined);
  assert.deepEqual(
    debuginfodFromEnvironment({
      DEBUGINFOD_URLS: 'https://a ima:ignore http://b',
      DEBUGINFOD_CACHE_PATH: '/c',
      DEBUGINFOD_TIMEOUT: '5',
    }),
    { urls: ['https://a', 'http://b'], cache: '/c', idleMs: 5000, totalMs: 0 },
  );
});
