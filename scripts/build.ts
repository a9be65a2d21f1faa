import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Script } from 'node:vm';
import { type BuildOptions, build, type Metafile } from 'esbuild';

/** Builds what is published: dist/inquest.cjs, the library's modules and their types. `--cli` builds the first alone. */
const root = resolve(import.meta.dirname, '..');
const { version, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string;
  exports: Record<string, { default?: string }>;
};

const shared = {
  absWorkingDir: root,
  bundle: true,
  target: 'node20',
  charset: 'ascii',
  define: { INQUEST_VERSION: JSON.stringify(version) },
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
} as const satisfies BuildOptions;

/**
 * The command-line program as one CommonJS file: one read, no module resolution, and functions that V8 compiles when they
 * are first called, or takes from its code cache (see launcher.ts). What the source loads by `import()` is evaluated only
 * when that line runs.
 */
async function buildCli(entry: string, outfile: string): Promise<Metafile> {
  const options = {
    ...shared,
    platform: 'node',
    format: 'cjs',
    minify: true,
    supported: { 'dynamic-import': false },
    define: { ...shared.define, 'import.meta.dirname': '__dirname' },
    write: false,
  } as const satisfies BuildOptions;
  const program = await build({ ...options, entryPoints: [entry] });
  const text = commentSafe(
    `(function(exports,require,module,__filename,__dirname){${program.outputFiles[0]?.text}\n})`,
  );
  const key = createHash('sha256').update(text).digest('hex').slice(0, 16);
  const launcher = await build({
    ...options,
    entryPoints: ['scripts/launcher.ts'],
    define: { PROGRAM: JSON.stringify({ key, length: text.length }) },
  });
  writeFileSync(join(root, outfile), `#!/usr/bin/env node\n${launcher.outputFiles[0]?.text}/*${text}*/\n`, 'latin1');
  chmodSync(join(root, outfile), 0o755);
  return program.metafile;
}

/** The same program without the two characters that end a comment: in strings, and where a regular expression ends in `*`. */
function commentSafe(text: string): string {
  if (/[^\0-\x7f]/.test(text)) throw new Error('the bundle is not ASCII');
  let safe = text;
  for (let at = safe.indexOf('*/'); at >= 0; at = safe.indexOf('*/', at + 1)) {
    const instead = (middle: string): string => `${safe.slice(0, at)}*${middle}/${safe.slice(at + 2)}`;
    // An open bracket means nothing in a string or a class of characters; in a regular expression it is an error.
    safe = instead(isProgram(instead('(')) ? '\\' : '(?:)');
  }
  new Script(safe);
  return safe;
}

function isProgram(text: string): boolean {
  try {
    new Script(text);
    return true;
  } catch {
    return false;
  }
}

/** The library: one ES module for each entry of package.json's `exports`, sharing chunks; packages stay imports. */
async function buildLibrary(): Promise<void> {
  const entryPoints = Object.values(exports)
    .map((target) => target.default)
    .filter((file) => file !== undefined)
    .map((file) => file.replace(/^\.\/dist\//, 'src/').replace(/\.js$/, '.ts'));
  await build({
    ...shared,
    entryPoints,
    outdir: 'dist',
    outbase: 'src',
    chunkNames: 'chunks/[hash]',
    platform: 'neutral',
    packages: 'external',
    external: ['node:*'],
    format: 'esm',
    splitting: true,
  });
}

/** A thread of its own, so a file of its own: it lies beside the bundle and is loaded when a dump is read from a server. */
async function buildHttpWorker(): Promise<void> {
  const entryPoints = ['src/node/http-worker.ts'];
  await build({
    ...shared,
    entryPoints,
    outfile: 'dist/http-worker.cjs',
    platform: 'node',
    format: 'cjs',
    minify: true,
  });
}

function emitTypes(): void {
  const tsc = join(root, 'node_modules/.bin/tsc');
  const { status } = spawnSync(tsc, ['-p', 'tsconfig.types.json'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error(`tsc -p tsconfig.types.json: exit status ${status}`);
}

/** Its WebAssembly module goes beside the bundle: it is read when the first instruction is shown. */
const DISASSEMBLER = '@alexaltea/capstone-js';

function copyDisassembler(): void {
  const file = fileURLToPath(import.meta.resolve('@alexaltea/capstone-js/dist/capstone.wasm'));
  writeFileSync(join(root, 'dist/capstone.wasm'), readFileSync(file));
}

/** Carries its WebAssembly module in its script; beside the bundle it is read when the first packed file is opened. */
const XZ = 'xz-decompress';

function copyXz(): void {
  const script = readFileSync(fileURLToPath(import.meta.resolve('xz-decompress')), 'latin1');
  const code = /data:application\/wasm;base64,([\w+/=]+)/.exec(script)?.[1];
  if (code === undefined) throw new Error(`node_modules/${XZ}: no WebAssembly module in its script`);
  writeFileSync(join(root, 'dist/xz.wasm'), Buffer.from(code, 'base64'));
}

/** The licences of the packages that were bundled must go with the bundle. */
function writeLicenses(metafile: Metafile): void {
  const packages = new Set<string>([DISASSEMBLER, XZ]);
  for (const input of Object.keys(metafile.inputs)) {
    const name = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
    if (name !== undefined) packages.add(name);
  }
  const texts = [...packages].sort().map((name) => {
    // This one states its licences at the top of its script and brings no text of them.
    if (name === XZ)
      return `${name}\n\n${readFileSync(join(root, 'scripts/xz-decompress-license.txt'), 'utf8').trim()}\n`;
    const [file] = globSync('LICEN[CS]E*', { cwd: join(root, 'node_modules', name) });
    if (file === undefined) throw new Error(`node_modules/${name}: no licence file to ship with the bundle`);
    return `${name}\n\n${readFileSync(join(root, 'node_modules', name, file), 'utf8').trim()}\n`;
  });
  writeFileSync(join(root, 'dist/third-party-licenses.txt'), texts.join(`\n${'-'.repeat(80)}\n\n`));
}

const { values } = parseArgs({ options: { cli: { type: 'boolean', default: false } } });
if (!values.cli) rmSync(join(root, 'dist'), { recursive: true, force: true });
mkdirSync(join(root, 'dist'), { recursive: true });
const metafile = await buildCli('src/cli/main.ts', 'dist/inquest.cjs');
writeLicenses(metafile);
copyDisassembler();
copyXz();
await buildHttpWorker();
if (!values.cli) {
  await buildLibrary();
  emitTypes();
}
