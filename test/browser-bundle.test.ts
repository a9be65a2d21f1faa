import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import type { ByteSource } from '../src/base/byte-source.ts';
import { nodeCodecs } from '../src/node/codecs.ts';
import { nodeDisassembler } from '../src/node/disassembler.ts';
import type { Codecs } from '../src/program/ports.ts';
import { SAMPLES, samplePath } from './build/sample-dump.ts';

const root = resolve(import.meta.dirname, '..');
const cli = join(root, 'dist/inquest.cjs');

/** The library as one script, and what went into it. */
async function bundle(): Promise<{ text: string; inputs: string[] }> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    stdin: {
      contents: "export * from './src/index.ts'; export { crashReportBlocks } from './src/report/index.ts';",
      resolveDir: root,
    },
    bundle: true,
    write: false,
    metafile: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'inquest',
    target: 'es2023',
    logLevel: 'silent',
  });
  return { text: outputFiles[0]?.text ?? '', inputs: Object.keys(metafile.inputs) };
}

const { text, inputs } = await bundle();

test('the library bundles for a browser and loads in a world that has only TextDecoder besides the language', () => {
  assert.ok(inputs.includes('src/index.ts'));
  assert.deepEqual(
    inputs.filter((path) => /^node:|^src\/(?:node|cli|server)\//.test(path)),
    [],
  );
  const names = runInContext(`${text}\nObject.keys(inquest)`, createContext({ TextDecoder })) as string[];
  assert.ok(names.includes('open'), `the library exports: ${names.join(', ')}`);
});

/** What the page of a browser would do with a file that a user dropped on it. */
const PAGE = `
  const program = inquest.open([source], codecs);
  program.disassembler = disassembler;
  const report = inquest.makeReport(program);
  const text = [...inquest.renderText(inquest.crashReportBlocks(report))].join('');
  const { data } = new inquest.Session(program).run('ps');
  ({ text, json: JSON.stringify(report, null, 2) + '\\n', ps: JSON.stringify(data) });
`;

for (const name of SAMPLES) {
  test(`${name}: there it makes the report of the command line, from bytes and decoders that it is handed`, () => {
    if (!existsSync(cli)) execFileSync(process.execPath, [join(root, 'scripts/build.ts'), '--cli']);
    const bytes = readFileSync(samplePath(name));
    const source: ByteSource = {
      name: 'dropped.vmcore',
      size: bytes.length,
      read: (offset, into) => bytes.copy(into, 0, offset, offset + into.length),
    };
    const codecs: Codecs = nodeCodecs();
    const world = createContext({ TextDecoder, source, codecs, disassembler: nodeDisassembler() });
    const made = runInContext(`${text}\n${PAGE}`, world) as Record<string, string>;
    const run = (...args: string[]): string =>
      execFileSync(process.execPath, [cli, ...args], { encoding: 'utf8', maxBuffer: 1 << 26 });
    assert.equal(made.text, run('report', samplePath(name)));
    assert.equal(made.json, run('report', samplePath(name), '--format', 'json'));
    const { schema: _, command: __, ...ps } = JSON.parse(run(samplePath(name), '-c', 'ps', '--json'));
    assert.deepEqual(JSON.parse(made.ps ?? ''), ps);
  });
}
