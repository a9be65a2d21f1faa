import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { machineMirrors, openAptState } from './apt.ts';
import { chrootRun, debRoot } from './deb-root.ts';
import { run, shell, step } from './run.ts';

/** A program of another Debian, and the loader with the libraries that runs it here. */
export interface ForeignProgram {
  readonly program: string;
  readonly loader: string;
}

const TOOLS = [
  'dpkg-dev',
  'make',
  'gcc',
  'g++',
  'libc6-dev',
  'patch',
  'findutils',
  'sed',
  'grep',
  'tar',
  'coreutils',
  'dash',
];
/** What crash's source package wants for building. */
const LIBRARIES = [
  'binutils-dev',
  'bison',
  'gawk',
  'flex',
  'zlib1g-dev',
  'libncurses-dev',
  'liblzo2-dev',
  'libsnappy-dev',
];
const MORE = ['libzstd-dev', 'texinfo', 'libmpfr-dev', 'libgmp-dev', 'perl', 'diffutils', 'file', 'mawk', 'bash'];

/**
 * crash that runs on amd64 and reads dumps of arm64: Debian has no such package, so sid's source package is built with
 * `target=ARM64` in a root of its own (a quarter of an hour, once).
 */
export async function crashForArm64(): Promise<ForeignProgram> {
  const root = await debRoot('build-crash-sid', 'sid', 'amd64', [...TOOLS, ...LIBRARIES, ...MORE]);
  const { dir } = root;
  const loader = `${dir}/usr/lib64/ld-linux-x86-64.so.2 --library-path ${dir}/usr/lib/x86_64-linux-gnu`;
  const program = join(dir, 'build/crash-arm64');
  if (existsSync(program)) return { program, loader };
  await step('crash for arm64', async () => {
    const source = await unpackedSource(join(dir, 'build'));
    await chrootRun(root, '/bin/sh', ['-c', `cd /build/${source} && make -j2 target=ARM64 && mv crash ../crash-arm64`]);
    rmSync(join(dir, 'build', source), { recursive: true });
  });
  return { program, loader };
}

/** Fetches the source package, unpacks and patches it; the name of the folder. */
async function unpackedSource(into: string): Promise<string> {
  const { main } = await machineMirrors();
  const conf = await openAptState('sid-source', 'amd64', [`${main} sid main`], undefined, 'deb-src');
  mkdirSync(into, { recursive: true });
  await run('apt-get', ['-c', conf, 'source', '-q', '--download-only', 'crash'], { cwd: into });
  await shell('cd "$1"; rm -rf source; dpkg-source --no-check -x crash_*.dsc source; rm crash_*', into);
  if (!readdirSync(into).includes('source')) throw new Error(`${into}: crash's source was not unpacked`);
  return 'source';
}
