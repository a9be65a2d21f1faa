import { spawnSync } from 'node:child_process';

/** Installs a Debian package whose program is missing. @throws Error when that cannot be done, so that no test is skipped */
export function installed(program: string, ...packages: readonly string[]): void {
  const found = (): boolean => spawnSync('sh', ['-c', `command -v "$0"`, program]).status === 0;
  if (found()) return;
  if (process.getuid?.() !== 0) throw new Error(`${program} is missing: apt-get install ${packages.join(' ')}`);
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...packages]]) {
    spawnSync('apt-get', args, { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
  }
  if (!found()) throw new Error(`${program} is missing, and apt-get install ${packages.join(' ')} did not bring it`);
}
