import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { optimisedLater } from './optimise-later.ts';

test('what the work returns or throws comes through', async () => {
  assert.equal(await optimisedLater(async () => 7), 7);
  await assert.rejects(
    optimisedLater(async () => {
      throw new RangeError('its own');
    }),
    /its own/,
  );
});

test('code that was compiled afterwards is taken from a cache by a process that knows nothing of it', async () => {
  const { Script } = await import('node:vm');
  const source = '(function f() { return 1; })';
  const script = new Script(source);
  await optimisedLater(async () => script.runInThisContext()());
  const cache = script.createCachedData().toString('base64');
  const program = `
    const script = new (require('node:vm').Script)(${JSON.stringify(source)}, { cachedData: Buffer.from('${cache}', 'base64') });
    process.stdout.write(String(script.cachedDataRejected));`;
  const flags = process.execArgv.filter((f) => !f.startsWith('--test'));
  const { stdout } = spawnSync(process.execPath, [...flags, '-e', program], { encoding: 'utf8' });
  assert.equal(stdout, 'false');
});
