import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completeLockfile, type Lockfile, platformOf } from './lockfile.ts';

test('the platform is read from the name', () => {
  assert.deepEqual(platformOf('@biomejs/cli-linux-arm64-musl'), { os: ['linux'], cpu: ['arm64'], libc: ['musl'] });
  assert.deepEqual(platformOf('@x/binding-linux-arm-gnueabihf'), { os: ['linux'], cpu: ['arm'], libc: ['glibc'] });
  assert.deepEqual(platformOf('@esbuild/darwin-x64'), { os: ['darwin'], cpu: ['x64'] });
  assert.deepEqual(platformOf('@x/binding-win32-arm64-msvc'), { os: ['win32'], cpu: ['arm64'] });
  assert.deepEqual(platformOf('@x/binding-wasm32-wasi'), { cpu: ['wasm32'] });
  assert.equal(platformOf('fsevents'), undefined);
});

test('missing optional packages of other platforms are added, registries removed, the rest kept', () => {
  const tool = {
    version: '2.0.0',
    dev: true,
    resolved: 'somewhere',
    optionalDependencies: { '@a/tool-linux-x64': '2.0.0', '@a/tool-darwin-x64': '2.0.0', fsevents: '^1.0.0' },
  };
  const present = { version: '2.0.0', optional: true };
  const lock: Lockfile = {
    packages: { '': { version: '1.0.0' }, 'node_modules/tool': tool, 'node_modules/@a/tool-linux-x64': present },
  };
  assert.deepEqual(completeLockfile(lock), [
    "node_modules/tool: 'resolved' names a registry",
    'node_modules/@a/tool-darwin-x64@2.0.0: missing',
  ]);
  const added = { version: '2.0.0', dev: true, optional: true, os: ['darwin'], cpu: ['x64'] };
  assert.deepEqual(lock.packages['node_modules/@a/tool-darwin-x64'], added);
  assert.deepEqual(Object.keys(lock.packages), [
    '',
    'node_modules/@a/tool-darwin-x64',
    'node_modules/@a/tool-linux-x64',
    'node_modules/tool',
  ]);
  assert.equal('resolved' in tool, false);
  assert.deepEqual(completeLockfile(lock), []);
});
