import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { aptState, download, unpack } from './apt.ts';
import { chrootRun, type DebRoot, debRoot } from './deb-root.ts';
import { headerPackages, type Kernel } from './kernels.ts';
import { type Arch, compilerPackages, crossPrefix, MACHINES } from './machines.ts';
import { guestDir, place } from './places.ts';
import { shell, step } from './run.ts';

/** What a kernel's make wants beside the compiler. */
const BASE = ['dash', 'bash', 'coreutils', 'sed', 'grep', 'mawk', 'findutils', 'perl-base', 'make', 'gcc', 'libc6-dev'];

/** Short hash of texts and of files in guest/: the names of what was built from them. */
export function sourceHash(files: readonly string[], ...more: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(join(guestDir, file))).update('\0');
  for (const text of more) hash.update(text).update('\0');
  return hash.digest('hex').slice(0, 16);
}

/** The suite's own compiler (its build tools want its libc), with the headers of the kernel unpacked where they belong. */
async function buildRoot(k: Kernel): Promise<DebRoot> {
  const { headers, kbuild, gcc } = await headerPackages(k);
  const root = await debRoot(`build-${k.suite}`, k.suite, 'amd64', [...BASE, kbuild, ...compilerPackages(k.arch, gcc)]);
  if (!existsSync(join(root.dir, 'usr/src', headers[0] ?? '', 'Makefile'))) {
    const state = await aptState(k.suite, k.arch);
    await step(`headers ${k.tag}`, async () => unpack(await download(state, headers), root.dir));
  }
  return root;
}

/** The crash module for a kernel; built when it or the kernel changed. Returns its path. */
export async function crashModule(k: Kernel): Promise<string> {
  const hash = sourceHash(['labcrash.c', 'Makefile'], k.release, JSON.stringify(k.packages));
  const out = join(place('modules'), `${k.tag}-${hash}.ko`);
  if (existsSync(out)) return out;
  const root = await buildRoot(k);
  await step(`module ${k.tag}`, async () => {
    const work = join(root.dir, 'build');
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work);
    for (const name of ['labcrash.c', 'Makefile']) copyFileSync(join(guestDir, name), join(work, name));
    const cross = crossPrefix(k.arch);
    const args = cross === '' ? [] : [`ARCH=${MACHINES[k.arch].kernelArch}`, `CROSS_COMPILE=${cross}`];
    await chrootRun(root, 'make', ['-C', `/usr/src/linux-headers-${k.release}`, 'M=/build', ...args, 'modules']);
    copyFileSync(join(work, 'labcrash.ko'), `${out}.part`);
    await shell('mv "$1.part" "$1"', out);
  });
  return out;
}

/** A static user-side program of the guests. @param name of its source in guest/ without `.c` */
export async function userProgram(arch: Arch, name = 'labproc'): Promise<string> {
  const out = join(place('modules'), `${name}-${arch}-${sourceHash([`${name}.c`])}`);
  if (existsSync(out)) return out;
  const { userSuite, triplet } = MACHINES[arch];
  const more = triplet === undefined ? [] : [`libc6-dev-${arch}-cross`, ...compilerPackages(arch)];
  const root = await debRoot(`build-${userSuite}`, userSuite, 'amd64', [...BASE, ...more]);
  await step(`${name} ${arch}`, async () => {
    copyFileSync(join(guestDir, `${name}.c`), join(root.dir, `tmp/${name}.c`));
    await chrootRun(root, `/usr/bin/${crossPrefix(arch)}gcc`, [
      '-static',
      '-O1',
      '-g',
      '-pthread',
      '-o',
      `/tmp/${name}`,
      `/tmp/${name}.c`,
    ]);
    copyFileSync(join(root.dir, `tmp/${name}`), `${out}.part`);
    await shell('mv "$1.part" "$1"', out);
  });
  return out;
}
