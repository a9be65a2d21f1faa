import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AptState, aptState, download, parseDebName, unpack } from './apt.ts';
import type { Arch } from './machines.ts';
import { labDir } from './places.ts';
import { run, shell, step } from './run.ts';

/** A folder with unpacked packages and all they depend on: enough to chroot into a compiler, nothing is configured. */
export interface DebRoot {
  readonly dir: string;
  readonly state: AptState;
}

interface Contents {
  /** Packages that were asked for (with all they depend on), so that asking again costs nothing. */
  asked: string[];
  /** name -> version of everything unpacked. */
  unpacked: Record<string, string>;
}

function contentsOf(dir: string): Contents {
  const file = join(dir, '.contents.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Contents) : { asked: [], unpacked: {} };
}

/** The merged-/usr links, and the few things a maintainer script would have made. */
async function skeleton(dir: string): Promise<void> {
  mkdirSync(join(dir, 'dev'), { recursive: true });
  mkdirSync(join(dir, 'tmp'), { recursive: true });
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    mkdirSync(join(dir, 'usr', name), { recursive: true });
    if (!existsSync(join(dir, name))) symlinkSync(`usr/${name}`, join(dir, name));
  }
  await shell('[ -c "$1/dev/null" ] || mknod -m 666 "$1/dev/null" c 1 3', dir);
}

async function links(dir: string): Promise<void> {
  await shell(
    'cd "$1/usr/bin"; [ -e sh ] || [ ! -e dash ] || ln -s dash sh; [ -e awk ] || [ ! -e mawk ] || ln -s mawk awk',
    dir,
  );
}

/** `roots/<name>` in the cache with these packages and their dependencies; adds what is missing. */
export async function debRoot(name: string, suite: string, arch: Arch, packages: readonly string[]): Promise<DebRoot> {
  const dir = join(labDir, 'roots', name);
  const state = await aptState(suite, arch);
  const contents = contentsOf(dir);
  if (packages.every((p) => contents.asked.includes(p))) return { dir, state };
  await step(
    `packages for ${name}`,
    async () => {
      await skeleton(dir);
      const uris = await run('apt-get', [
        '-c',
        state.conf,
        'install',
        '--print-uris',
        '-qq',
        '-y',
        '--no-install-recommends',
        ...packages,
      ]);
      const wanted = [...uris.matchAll(/^'[^']*' (\S+\.deb) /gm)].flatMap((m) => parseDebName(m[1] ?? '') ?? []);
      const missing = wanted.filter((p) => contents.unpacked[p.name] === undefined);
      if (missing.length > 0)
        await unpack(
          await download(
            state,
            missing.map((p) => `${p.name}=${p.version}`),
          ),
          dir,
        );
      for (const p of missing) contents.unpacked[p.name] = p.version;
      contents.asked = [...new Set([...contents.asked, ...packages])];
      await links(dir);
      writeFileSync(join(dir, '.contents.json'), JSON.stringify(contents, null, 1));
      return missing.length;
    },
    (count) => `${count} packages`,
  );
  return { dir, state };
}

/** Runs a program inside the root, with a /proc that only it sees (objtool of newer kernels reads its limits there). */
export function chrootRun(root: DebRoot, program: string, args: readonly string[]): Promise<string> {
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/' };
  const script = 'mkdir -p "$1/proc"; mount -t proc proc "$1/proc"; exec chroot "$@"';
  return run('unshare', ['--mount', 'sh', '-euc', script, 'lab', root.dir, program, ...args], {
    env: { ...process.env, ...env },
  });
}

/** Unpacks packages alone, without what they depend on, into a folder of the cache (once). */
export async function plainPackages(
  name: string,
  suite: string,
  arch: Arch,
  packages: readonly string[],
): Promise<string> {
  const dir = join(labDir, 'roots', name);
  if (existsSync(join(dir, '.complete'))) return dir;
  const state = await aptState(suite, arch);
  await step(`packages for ${name}`, async () => {
    await unpack(await download(state, packages), dir);
    writeFileSync(join(dir, '.complete'), '');
  });
  return dir;
}
