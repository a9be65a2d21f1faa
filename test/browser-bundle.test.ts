import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';

const root = resolve(import.meta.dirname, '..');

test('the library bundles for a browser and loads in a world that has only TextDecoder besides the language', async () => {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/index.ts'],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'inquest',
    target: 'es2023',
    logLevel: 'silent',
  });
  const inputs = Object.keys(metafile.inputs);
  assert.ok(inputs.includes('src/index.ts'));
  assert.deepEqual(
    inputs.filter((path) => /^node:|^src\/(?:node|cli|server)\//.test(path)),
    [],
  );
  const world = createContext({ TextDecoder });
  const names = runInContext(`${outputFiles[0]?.text}\nObject.keys(inquest)`, world) as string[];
  assert.ok(names.includes('open'), `the library exports: ${names.join(', ')}`);
});
