import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AptState, aptState, dependsOf, download, hasPackage, searchNames, unpack } from './apt.ts';
import { type BuiltSpec, takeBuiltKernel } from './built-kernel.ts';
import type { Arch } from './machines.ts';
import { labDir, place } from './places.ts';
import { step } from './run.ts';

/** A kernel the lab boots: a Debian suite's newest one of a series and flavour. */
export interface KernelSpec {
  readonly suite: string;
  readonly arch: Arch;
  /** Extended regular expression for the version part of `linux-image-<version>-<flavour>`. */
  readonly version: string;
  readonly flavour: string;
  /** Debian keeps no headers of it: its guests have no crash module. */
  readonly bare?: true;
}

export const KERNELS = {
  // The newest 5.10 whose debug package can still be downloaded: later ones are listed, but gone from the pool.
  'amd64-5.10': { suite: 'bullseye', arch: 'amd64', version: '5\\.10\\.0-43', flavour: 'cloud-amd64' },
  'arm64-5.10': { suite: 'bullseye', arch: 'arm64', version: '5\\.10\\.0-32', flavour: 'cloud-arm64' },
  'amd64-6.1': { suite: 'bookworm', arch: 'amd64', version: '6\\.1\\.', flavour: 'cloud-amd64' },
  'amd64-6.12': { suite: 'trixie', arch: 'amd64', version: '6\\.12\\.', flavour: 'cloud-amd64' },
  'amd64-6.1-rt': { suite: 'bookworm', arch: 'amd64', version: '6\\.1\\.', flavour: 'rt-amd64' },
  'amd64-6.12-rt': { suite: 'trixie', arch: 'amd64', version: '6\\.12\\.', flavour: 'rt-amd64' },
  'arm64-6.12-rt': { suite: 'trixie', arch: 'arm64', version: '6\\.12\\.', flavour: 'rt-arm64' },
  'amd64-6.16': { suite: 'trixie-backports', arch: 'amd64', version: '6\\.16\\.', flavour: 'cloud-amd64', bare: true },
  'amd64-6.17': { suite: 'trixie-backports', arch: 'amd64', version: '6\\.17\\.', flavour: 'cloud-amd64', bare: true },
  'amd64-6.18': { suite: 'trixie-backports', arch: 'amd64', version: '6\\.18\\.', flavour: 'cloud-amd64', bare: true },
  'amd64-7.3': { suite: 'trixie-backports', arch: 'amd64', version: '7\\.3\\.', flavour: 'cloud-amd64' },
  'arm64-6.16': { suite: 'trixie-backports', arch: 'arm64', version: '6\\.16\\.', flavour: 'cloud-arm64', bare: true },
  'arm64-6.17': { suite: 'trixie-backports', arch: 'arm64', version: '6\\.17\\.', flavour: 'cloud-arm64', bare: true },
  'arm64-6.18': { suite: 'trixie-backports', arch: 'arm64', version: '6\\.18\\.', flavour: 'cloud-arm64', bare: true },
  'arm64-7.3': { suite: 'trixie-backports', arch: 'arm64', version: '7\\.3\\.', flavour: 'cloud-arm64' },
  'amd64-6.12-server': { suite: 'trixie', arch: 'amd64', version: '6\\.12\\.', flavour: 'amd64' },
  'amd64-sid': { suite: 'sid', arch: 'amd64', version: '[0-9]+\\.[0-9]+', flavour: 'cloud-amd64' },
  'arm64-6.1': { suite: 'bookworm', arch: 'arm64', version: '6\\.1\\.', flavour: 'cloud-arm64' },
  'arm64-6.12-16k': { suite: 'bookworm', arch: 'arm64', version: '6\\.12\\.', flavour: 'arm64-16k' },
  'ppc64el-6.1': { suite: 'bookworm', arch: 'ppc64el', version: '6\\.1\\.', flavour: 'powerpc64le' },
  'ppc64el-6.12-64k': { suite: 'trixie', arch: 'ppc64el', version: '6\\.12\\.', flavour: 'powerpc64le-64k' },
  'ppc64el-6.12': { suite: 'trixie', arch: 'ppc64el', version: '6\\.12\\.', flavour: 'powerpc64le' },
  'arm64-sid': { suite: 'sid', arch: 'arm64', version: '[0-9]+\\.[0-9]+', flavour: 'cloud-arm64' },
  'loong64-sid': { suite: 'sid', arch: 'loong64', version: '[0-9]+\\.[0-9]+', flavour: 'loong64' },
  'riscv64-6.12': { suite: 'trixie', arch: 'riscv64', version: '6\\.12\\.', flavour: 'riscv64' },
  's390x-6.1': { suite: 'bookworm', arch: 's390x', version: '6\\.1\\.', flavour: 's390x' },
  's390x-sid': { suite: 'sid', arch: 's390x', version: '[0-9]+\\.[0-9]+', flavour: 's390x' },
  's390x-6.12': { suite: 'trixie', arch: 's390x', version: '6\\.12\\.', flavour: 's390x' },
} as const satisfies Record<string, KernelSpec>;

/** Kernels that somebody has built (`built-kernel.ts`). */
export const BUILT = {
  'amd64-6.12-kasan': { suite: 'bookworm', arch: 'amd64', configs: ['base', 'kasan'] },
} as const satisfies Record<string, BuiltSpec>;

export type KernelTag = keyof typeof KERNELS | keyof typeof BUILT;

/** Whether crash modules can be built for it. */
export function hasHeaders(tag: KernelTag): boolean {
  return isBuilt(tag) || (KERNELS[tag] as KernelSpec).bare === undefined;
}

export function isBuilt(tag: KernelTag): tag is keyof typeof BUILT {
  return Object.hasOwn(BUILT, tag);
}

/** An unpacked kernel. */
export interface Kernel {
  readonly tag: KernelTag;
  readonly arch: Arch;
  readonly suite: string;
  readonly release: string;
  /** name -> version of the packages it came from: part of every dump's recipe. */
  readonly packages: Readonly<Record<string, string>>;
  /** Where the packages are unpacked. */
  readonly root: string;
}

/** Orders version texts by their numbers. */
export function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

function readKernel(tag: KernelTag): Kernel | undefined {
  const file = join(labDir, 'kernels', tag, 'kernel.json');
  if (!existsSync(file)) return undefined;
  const { suite, arch } = isBuilt(tag) ? BUILT[tag] : KERNELS[tag];
  const saved = JSON.parse(readFileSync(file, 'utf8')) as Pick<Kernel, 'release' | 'packages'>;
  return { tag, suite, arch, ...saved, root: join(labDir, 'kernels', tag, 'root') };
}

/** Newest first. Debian's own signed images only: the unsigned, debug and meta packages have other names. */
async function releases(state: AptState, spec: KernelSpec): Promise<string[]> {
  // nothing but a number of the ABI may stand before the flavour: `rt-amd64` is not `amd64`
  const names = await searchNames(state, `^linux-image-${spec.version}[^-]*(-[0-9]+)?-${spec.flavour}$`);
  return names
    .map((n) => n.slice('linux-image-'.length))
    .sort(compareVersions)
    .reverse();
}

/** The image, since 7.x in several packages. */
async function imagePackages(state: AptState, release: string): Promise<string[]> {
  const names = ['image', 'binary', 'modules', 'base'].map((part) => `linux-${part}-${release}`);
  const there = await Promise.all(names.map((name) => hasPackage(state, name)));
  return names.filter((_, i) => there[i]);
}

/**
 * The kernel `tag`, fetched and unpacked, or taken from where it was built, when it is not in the cache (delete `kernels/<tag>` for a newer one). Not every
 * listed version can be downloaded (the pools of security updates keep fewer), so it tries from the newest down.
 */
export async function kernel(tag: KernelTag): Promise<Kernel> {
  const there = readKernel(tag);
  if (there !== undefined) return there;
  const dir = place('kernels', tag);
  if (isBuilt(tag)) {
    const built = await takeBuiltKernel(tag, BUILT[tag], dir);
    writeFileSync(join(dir, 'kernel.json'), JSON.stringify(built, null, 1));
    return readKernel(tag) as Kernel;
  }
  const spec: KernelSpec = KERNELS[tag];
  const state = await aptState(spec.suite, spec.arch);
  const root = join(dir, 'root');
  await step(
    `kernel ${tag}`,
    async () => {
      let last = new Error(`${spec.suite} has no kernel ${spec.version}*-${spec.flavour}`);
      for (const release of (await releases(state, spec)).slice(0, 6)) {
        try {
          const files = await download(state, await imagePackages(state, release));
          rmSync(root, { recursive: true, force: true });
          await unpack(files, `${root}.part`);
          renameSync(`${root}.part`, root);
          const packages = Object.fromEntries(files.map((f) => [f.name, f.version]));
          writeFileSync(join(dir, 'kernel.json'), JSON.stringify({ release, packages }, null, 1));
          return release;
        } catch (error) {
          last = error as Error;
        }
      }
      throw last;
    },
    (release) => release,
  );
  return readKernel(tag) as Kernel;
}

function firstThat(paths: readonly string[], what: string): string {
  const path = paths.find((p) => existsSync(p));
  if (path === undefined) throw new Error(`${what}: none of ${paths.join(', ')}`);
  return path;
}

/** The bootable image. Newest kernels keep it beside their modules. */
export function kernelImage(k: Kernel): string {
  const names = [`boot/vmlinuz-${k.release}`, `boot/vmlinux-${k.release}`, `usr/lib/modules/${k.release}/vmlinuz`];
  return firstThat(
    names.map((n) => join(k.root, n)),
    `no kernel image of ${k.release}`,
  );
}

export function kernelModulesDir(k: Kernel): string {
  const names = ['lib', 'usr/lib'].map((lib) => join(k.root, lib, 'modules', k.release));
  return firstThat(names, `no modules of ${k.release}`);
}

/** Header packages of a kernel: the flavour's, the common part, and the names of the build tools and compiler they want. */
export async function headerPackages(k: Kernel): Promise<{ headers: string[]; kbuild: string; gcc: string }> {
  const state = await aptState(k.suite, k.arch);
  const own = `linux-headers-${k.release}`;
  const depends = await dependsOf(state, own);
  const common = depends.filter((d) => /^linux-headers-.*-common/.test(d));
  const kbuild = depends.find((d) => d.startsWith('linux-kbuild-'));
  const version = depends.map((d) => /gcc-(\d+)/.exec(d)?.[1]).find((v) => v !== undefined);
  if (kbuild === undefined || version === undefined)
    throw new Error(`${own} depends on ${depends.join(' ')}: no kbuild or compiler`);
  return { headers: [own, ...common], kbuild, gcc: version };
}

function debugDir(k: Kernel): string {
  return join(labDir, 'kernels', k.tag, 'debug');
}

/** The kernel's vmlinux with debug information, where it has been fetched. */
export function fetchedVmlinux(k: Kernel): string | undefined {
  return ['boot/vmlinux-R', 'vmlinux-R', 'lib/modules/R/vmlinux']
    .map((n) => join(debugDir(k), 'usr/lib/debug', n.replace('R', k.release)))
    .find((p) => existsSync(p));
}

/** The kernel's vmlinux with debug information (a big download), for peers and for kernels without BTF. */
export async function debugVmlinux(k: Kernel): Promise<string> {
  if (fetchedVmlinux(k) === undefined) {
    const state = await aptState(k.suite, k.arch);
    await step(`debug symbols ${k.tag}`, async () =>
      unpack(await download(state, [`linux-image-${k.release}-dbg`]), debugDir(k), ['*/vmlinux*']),
    );
  }
  const found = fetchedVmlinux(k);
  if (found === undefined) throw new Error(`no vmlinux in linux-image-${k.release}-dbg`);
  return found;
}
