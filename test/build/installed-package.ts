import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const root = resolve(import.meta.dirname, '../..');

/** A folder in which this package is installed, as npm would lay it out, with the examples beside it. */
export interface InstalledPackage {
  readonly folder: string;
  /** Runs a program there and returns what it printed; a failure's messages are thrown. */
  run(...args: readonly string[]): string;
  remove(): void;
}

/** Builds the library from the sources of this moment. */
export async function installPackage(): Promise<InstalledPackage> {
  const folder = mkdtempSync(join(tmpdir(), 'inquest-installed-'));
  const modules = join(folder, 'node_modules');
  const home = join(modules, 'inquest');
  mkdirSync(home, { recursive: true });
  const { exports, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, { default?: string }>;
    dependencies: Record<string, string>;
  };
  const entries = Object.values(exports).flatMap((e) => (e.default === undefined ? [] : [e.default]));
  await build({
    absWorkingDir: root,
    entryPoints: entries.map((file) => file.replace('./dist/', 'src/').replace(/\.js$/, '.ts')),
    outdir: join(home, 'dist'),
    outbase: 'src',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'neutral',
    packages: 'external',
    external: ['node:*'],
    target: 'node20',
    define: { INQUEST_VERSION: '"0"' },
    logLevel: 'silent',
  });
  cpSync(join(root, 'package.json'), join(home, 'package.json'));
  for (const name of Object.keys(dependencies)) symlinkSync(join(root, 'node_modules', name), join(modules, name));
  cpSync(join(root, 'examples'), folder, { recursive: true });
  return {
    folder,
    run(...args) {
      const env = { ...process.env, INQUEST_NO_CACHE: '1' };
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', env });
      if (status !== 0) throw new Error(`${args.join(' ')}: exit status ${status}: ${stderr}`);
      return stdout;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
