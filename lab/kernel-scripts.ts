import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { aptState, download } from './apt.ts';
import { place } from './places.ts';
import { shell, step } from './run.ts';

const SCRIPTS = ['decode_stacktrace.sh', 'decodecode'] as const;

/**
 * A folder with the kernel's own scripts that decode traces, out of Debian's package of the kernel's source.
 * @param version `6.1` @param suite the Debian release that has it
 */
export async function kernelScripts(version = '6.1', suite = 'bookworm'): Promise<string> {
  const dir = place('peers', `kernel-scripts-${version}`);
  if (SCRIPTS.every((name) => existsSync(join(dir, name)))) return dir;
  await step(`scripts of linux ${version}`, async () => {
    const [file] = await download(await aptState(suite, 'amd64'), [`linux-source-${version}`]);
    if (!file) throw new Error(`no package linux-source-${version} was fetched`);
    // The archive in the package is read to its end: the scripts are far behind.
    const names = SCRIPTS.map((name) => `linux-source-${version}/scripts/${name}`).join(' ');
    await shell(
      `dpkg-deb --fsys-tarfile "$1" | tar -xO ./usr/src/linux-source-${version}.tar.xz |
        tar -xJ -C "$2" --strip-components=2 ${names}; rm "$1"`,
      file.path,
      dir,
    );
  });
  return dir;
}
