import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { run, step } from './run.ts';

/** A kernel that Debian builds none like: whoever wants its dumps builds it (README.md) and says where. */
export interface BuiltSpec {
  readonly suite: string;
  readonly arch: 'amd64';
  /** Files of kernel-config/ without `.config`: what its configuration must have. */
  readonly configs: readonly string[];
}

/** What came of it; packages as in `Kernel`. */
export interface BuiltKernel {
  readonly release: string;
  readonly packages: Readonly<Record<string, string>>;
}

const VARIABLE = 'INQUEST_KERNEL_TREE';

/** The folder in which such a kernel was built. @throws Error when none is given */
function buildTree(): string {
  const given = process.env[VARIABLE];
  if (given === undefined || !existsSync(join(given, 'vmlinux')))
    throw new Error(`${VARIABLE} must name the folder in which the kernel was built: see lab/README.md`);
  return resolve(given);
}

/** Puts a built kernel where a fetched one would be: the image and an empty folder of modules in `dir`/root, vmlinux in `dir`/debug. */
export async function takeBuiltKernel(tag: string, spec: BuiltSpec, dir: string): Promise<BuiltKernel> {
  return step(`kernel ${tag}`, async () => {
    const tree = buildTree();
    const config = readFileSync(join(tree, '.config'), 'utf8');
    refuseMissing(spec, config);
    const release = readFileSync(join(tree, 'include/config/kernel.release'), 'utf8').trim();
    const boot = join(dir, 'root/boot');
    const debug = join(dir, 'debug/usr/lib/debug/boot');
    for (const d of [boot, debug, join(dir, 'root/lib/modules', release)]) mkdirSync(d, { recursive: true });
    copyFileSync(join(tree, 'arch/x86/boot/bzImage'), join(boot, `vmlinuz-${release}`));
    copyFileSync(join(tree, 'vmlinux'), join(debug, `vmlinux-${release}`));
    const version = /"([^"]*)"/.exec(readFileSync(join(tree, 'include/generated/utsversion.h'), 'utf8'))?.[1] ?? '';
    return { release, packages: { built: version } };
  });
}

/** What an option needs may be off, and then it is off without a word. @throws Error naming the options */
function refuseMissing({ configs }: BuiltSpec, got: string): void {
  const files = configs.map((c) => join(import.meta.dirname, 'kernel-config', `${c}.config`));
  const wanted = files.map((f) => readFileSync(f, 'utf8')).join('');
  const lines = new Set(got.split('\n'));
  const missing = [...wanted.matchAll(/^CONFIG_\w+=.*$/gm)].map((m) => m[0]).filter((line) => !lines.has(line));
  if (missing.length > 0) throw new Error(`the kernel's configuration lacks ${missing.join(' ')}`);
}

/** Builds a module in `work` for the kernel of the tree, with the compiler of this machine, which built that too. */
export async function makeBuiltModule(work: string): Promise<void> {
  await run('make', ['-C', buildTree(), `M=${work}`, 'modules']);
}
