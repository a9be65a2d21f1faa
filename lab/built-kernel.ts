import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aptState, download } from './apt.ts';
import { chrootRun, type DebRoot, debRoot } from './deb-root.ts';
import type { Arch } from './machines.ts';
import { shell, step } from './run.ts';

/** A kernel that the lab builds from a source package of Debian, since Debian builds none like it. */
export interface BuiltSpec {
  readonly suite: string;
  readonly arch: Arch;
  /** `6.12` of `linux-source-6.12`. */
  readonly source: string;
  /** Files of kernel-config/ without `.config`; a later one wins. What none of them names is off. */
  readonly configs: readonly string[];
}

/** What came of it; packages as in `Kernel`. */
export interface BuiltKernel {
  readonly release: string;
  readonly packages: Readonly<Record<string, string>>;
}

const COMPILER = ['dash', 'bash', 'coreutils', 'sed', 'grep', 'mawk', 'findutils', 'diffutils', 'perl', 'make'];
const TOOLS = ['gcc', 'libc6-dev', 'flex', 'bison', 'bc', 'libelf-dev', 'dwarves', 'gzip', 'xz-utils', 'tar', 'cpio'];
const SETTINGS = ['KBUILD_BUILD_USER=lab', 'KBUILD_BUILD_HOST=lab'];

/** The root with what builds kernels and, once it was built, all that modules for it need. */
function builtRoot(suite: string): Promise<DebRoot> {
  return debRoot(`build-${suite}`, suite, 'amd64', [...COMPILER, ...TOOLS]);
}

/**
 * Builds a kernel (an hour on two cores) and puts it where a fetched one would be: the image and an empty folder
 * of modules in `dir`/root, vmlinux in `dir`/debug, and in the build root `/usr/src/linux-headers-<release>`.
 */
export async function buildKernel(tag: string, spec: BuiltSpec, dir: string): Promise<BuiltKernel> {
  const root = await builtRoot(spec.suite);
  const config = configText(spec);
  const version = await sourceTree(root, spec);
  const out = `/usr/src/build-${tag}`;
  const make = (...targets: string[]): Promise<string> =>
    chrootRun(root, 'nice', ['make', '-j2', '-C', `/usr/src/linux-source-${spec.source}`, `O=${out}`, ...targets]);
  const release = await step(`build ${tag}`, async () => {
    const objects = join(root.dir, out);
    rmSync(objects, { recursive: true, force: true });
    mkdirSync(objects);
    writeFileSync(join(objects, 'wanted.config'), config);
    await make(`KCONFIG_ALLCONFIG=${out}/wanted.config`, 'allnoconfig');
    refuseMissing(config, readFileSync(join(objects, '.config'), 'utf8'));
    await make(...SETTINGS, 'bzImage', 'modules');
    const name = readFileSync(join(objects, 'include/config/kernel.release'), 'utf8').trim();
    install(objects, dir, name);
    await shell('find "$1" -name "*.[oa]" ! -path "*/scripts/*" -delete; rm -f "$1"/vmlinux*', objects);
    const headers = join(root.dir, `usr/src/linux-headers-${name}`);
    await shell('rm -rf "$2"; mv "$1" "$2"', objects, headers);
    return name;
  });
  const hash = createHash('sha256').update(config).digest('hex').slice(0, 16);
  return { release, packages: { [`linux-source-${spec.source}`]: version, config: hash } };
}

function configText(spec: BuiltSpec): string {
  const files = spec.configs.map((c) => join(import.meta.dirname, 'kernel-config', `${c}.config`));
  return files.map((f) => readFileSync(f, 'utf8')).join('');
}

/** What an option needs may be off, and then it is off without a word. @throws Error naming the options */
function refuseMissing(wanted: string, got: string): void {
  const lines = new Set(got.split('\n'));
  const last = new Map([...wanted.matchAll(/^(CONFIG_\w+)=.*$/gm)].map((m) => [m[1] ?? '', m[0]]));
  const missing = [...last.values()].filter((line) => !line.endsWith('=n') && !lines.has(line));
  if (missing.length > 0) throw new Error(`the kernel's configuration refuses ${missing.join(' ')}`);
}

/** Unpacks the source package in the root (once); returns its version. */
async function sourceTree(root: DebRoot, spec: BuiltSpec): Promise<string> {
  const name = `linux-source-${spec.source}`;
  const there = join(root.dir, 'usr/src', name, '.version-of-package');
  if (!existsSync(there))
    await step(`source ${name}`, async () => {
      const [file] = await download(await aptState(spec.suite, spec.arch), [name]);
      if (!file) throw new Error(`no package ${name} was fetched`);
      const unpack = 'dpkg-deb --fsys-tarfile "$1" | tar -xO "./usr/src/$2.tar.xz" | tar -xJ -C "$3/usr/src"; rm "$1"';
      await shell(`rm -rf "$3/usr/src/$2"; ${unpack}`, file.path, name, root.dir);
      writeFileSync(there, file.version);
    });
  return readFileSync(there, 'utf8');
}

/** Copies what was built to where the lab looks for a kernel. */
function install(objects: string, dir: string, release: string): void {
  const boot = join(dir, 'root/boot');
  const debug = join(dir, 'debug/usr/lib/debug/boot');
  for (const d of [boot, debug, join(dir, 'root/lib/modules', release)]) mkdirSync(d, { recursive: true });
  copyFileSync(join(objects, 'arch/x86/boot/bzImage'), join(boot, `vmlinuz-${release}`));
  copyFileSync(join(objects, '.config'), join(boot, `config-${release}`));
  copyFileSync(join(objects, 'System.map'), join(boot, `System.map-${release}`));
  copyFileSync(join(objects, 'vmlinux'), join(debug, `vmlinux-${release}`));
}
