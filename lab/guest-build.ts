import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { aptState, download, unpack } from './apt.ts';
import { makeBuiltModule } from './built-kernel.ts';
import { chrootRun, type DebRoot, debRoot } from './deb-root.ts';
import { headerPackages, isBuilt, type Kernel } from './kernels.ts';
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

/** The crash modules: their sources in guest/ without `.c`, and the Makefile of each. */
const MAKEFILES = {
  labcrash: 'Makefile',
  labmore: 'Makefile-more',
  labmem: 'Makefile-mem',
  labhang: 'Makefile-hang',
  labdrv: 'Makefile-drv',
  labkasan: 'Makefile-kasan',
} as const;
export type CrashModule = keyof typeof MAKEFILES;

/** A crash module for a kernel; built when it or the kernel changed. Returns its path. */
export async function crashModule(k: Kernel, name: CrashModule = 'labcrash'): Promise<string> {
  const makefile = MAKEFILES[name];
  const hash = sourceHash([`${name}.c`, makefile], k.release, JSON.stringify(k.packages));
  const out = join(place('modules'), `${k.tag}-${hash}.ko`);
  if (existsSync(out)) return out;
  const root = isBuilt(k.tag) ? undefined : await buildRoot(k);
  await step(`module ${k.tag}`, async () => {
    const work = root ? join(root.dir, 'build') : join(place('tmp'), `module-${k.tag}`);
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work);
    copyFileSync(join(guestDir, `${name}.c`), join(work, `${name}.c`));
    copyFileSync(join(guestDir, makefile), join(work, 'Makefile'));
    const cross = crossPrefix(k.arch);
    const args = cross === '' ? [] : [`ARCH=${MACHINES[k.arch].kernelArch}`, `CROSS_COMPILE=${cross}`];
    if (!root) await makeBuiltModule(work);
    else await chrootRun(root, 'make', ['-C', `/usr/src/linux-headers-${k.release}`, 'M=/build', ...args, 'modules']);
    copyFileSync(join(work, `${name}.ko`), `${out}.part`);
    await shell('mv "$1.part" "$1"', out);
  });
  return out;
}

/**
 * A static user-side program of the guests.
 * @param name of its source in guest/ without `.c`
 * @param included other sources that it includes
 */
export async function userProgram(arch: Arch, name = 'labproc', included: readonly string[] = []): Promise<string> {
  const sources = [`${name}.c`, ...included];
  const out = join(place('modules'), `${name}-${arch}-${sourceHash(sources)}`);
  if (existsSync(out)) return out;
  const { userSuite, triplet } = MACHINES[arch];
  const more = triplet === undefined ? [] : [`libc6-dev-${arch}-cross`, ...compilerPackages(arch)];
  const root = await debRoot(`build-${userSuite}`, userSuite, 'amd64', [...BASE, ...more]);
  await step(`${name} ${arch}`, async () => {
    for (const source of sources) copyFileSync(join(guestDir, source), join(root.dir, 'tmp', source));
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
