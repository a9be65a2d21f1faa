import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';

/**
 * Builds the command-line program and runs the tests: all, or the files and patterns given as arguments.
 * All files share one process, which is twenty times faster than one process for each.
 */
const root = resolve(import.meta.dirname, '..');
const everything = ['src', 'scripts', 'test', 'lab', 'bench'].map((folder) => `${folder}/**/*.test.ts`);
const chosen = process.argv.slice(2);
const options = ['--test', '--test-isolation=none', '--test-timeout=120000', '--test-reporter=spec'];

function node(args: readonly string[]): number {
  // No test reads what an earlier run left in the user's cache, or writes there.
  const env = { ...process.env, INQUEST_NO_CACHE: '1' };
  return spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env }).status ?? 1;
}

process.exitCode =
  node([join(root, 'scripts/build.ts'), '--cli']) || node([...options, ...(chosen.length > 0 ? chosen : everything)]);
