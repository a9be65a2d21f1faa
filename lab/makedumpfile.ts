import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { debRoot, plainPackages } from './deb-root.ts';
import type { Arch } from './machines.ts';
import { shell } from './run.ts';

/** The command line that runs sid's makedumpfile (it knows zstd; the tool handles only its own architecture). */
async function command(arch: Arch): Promise<string[]> {
  const { dir } = await debRoot(`tools-sid-${arch}`, 'sid', arch, ['makedumpfile']);
  const program = ['usr/bin', 'usr/sbin'].map((d) => join(dir, d, 'makedumpfile')).find((p) => existsSync(p));
  if (program === undefined) throw new Error('sid’s makedumpfile package has no program');
  if (arch === 'arm64') {
    const user = await plainPackages('qemu-user', 'bookworm', 'amd64', ['qemu-user-static']);
    return [join(user, 'usr/bin/qemu-aarch64-static'), '-L', dir, program];
  }
  return [
    join(dir, 'usr/lib64/ld-linux-x86-64.so.2'),
    '--library-path',
    join(dir, 'usr/lib/x86_64-linux-gnu'),
    program,
  ];
}

/** Runs makedumpfile; with `stdout`, what it writes to its standard output (the flattened form) goes to that file. */
export async function makedumpfile(arch: Arch, args: readonly string[], stdout?: string): Promise<void> {
  const words = [...(await command(arch)), ...args];
  if (stdout === undefined) await shell('"$@" < /dev/null', ...words);
  else await shell('out=$1; shift; "$@" > "$out" < /dev/null', stdout, ...words);
}
