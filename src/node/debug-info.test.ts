import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { debugElf } from '../../test/build/debug-elf-writer.ts';
import { kernelBuildId } from '../program/kernel-build-id.ts';
import { debugDoubts } from '../report/debug-doubts.ts';
import { HostDebugInfo } from './debug-info.ts';
import { type OpenedDump, openDump } from './open-dump.ts';

const sample = join(resolve(import.meta.dirname, '../..'), 'samples/amd64-6.1-softirq.vmcore');
const folder = mkdtempSync(join(tmpdir(), 'inquest-debug-info-'));
const opened: OpenedDump[] = [];
const server = createServer((_, response) => response.writeHead(answers ? 200 : 404).end(answers));
let answers: Uint8Array | undefined;
after(() => {
  for (const dump of opened) dump.close();
  server.close();
  rmSync(folder, { recursive: true });
});

async function program(): Promise<OpenedDump['program']> {
  const dump = await openDump([sample]);
  opened.push(dump);
  return dump.program;
}

test('a server is asked only after all places; what it had not is told together with the package', async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  process.env.DEBUGINFOD_URLS = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env.DEBUGINFOD_CACHE_PATH = folder;
  try {
    const without = await program();
    const host = new HostDebugInfo(without, { given: [], usual: true, force: false });
    await host.start();
    assert.deepEqual(debugDoubts(without), []);
    assert.equal(await host.fetchMissing(() => {}), false);
    assert.match(debugDoubts(without)[0]?.why ?? '', /apt install linux-image-\S+-dbg; http:.*HTTP status 404/);
    host.close();

    const prog = await program();
    answers = debugElf({ buildId: kernelBuildId(prog) as string });
    const second = new HostDebugInfo(prog, { given: [], usual: true, force: false });
    await second.start();
    const seen: string[] = [];
    assert.equal(await second.fetchMissing((what) => seen.push(what)), true);
    assert.match(seen[0] ?? '', /buildid\/[0-9a-f]{40}\/debuginfo$/);
    assert.deepEqual(debugDoubts(prog), []);
    assert.equal(await second.fetchMissing(() => {}), false);
    second.close();
  } finally {
    delete process.env.DEBUGINFOD_URLS;
    delete process.env.DEBUGINFOD_CACHE_PATH;
  }
});

test('a named file of the right build is used without a doubt, one without a build-id is refused', async () => {
  const prog = await program();
  const right = join(folder, 'right');
  writeFileSync(right, debugElf({ buildId: kernelBuildId(prog) as string }));
  const host = new HostDebugInfo(prog, { given: [right], usual: false, force: false });
  await host.start();
  assert.deepEqual(debugDoubts(prog), []);
  host.close();
  const nameless = join(folder, 'nameless');
  writeFileSync(nameless, debugElf({}));
  const other = new HostDebugInfo(await program(), { given: [nameless], usual: false, force: false });
  await assert.rejects(other.start(), /nameless: build-id \(none\), but the kernel that crashed has/);
});
