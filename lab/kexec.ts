import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type CpioEntry, PLAIN, PROGRAM } from './cpio.ts';
import { debRoot } from './deb-root.ts';
import {
  bootUntilRight,
  type DumpMeta,
  freshDumpDir,
  guestParts,
  isFresh,
  kernelArguments,
  recipeOf,
  scenarioRecipe,
  writeMeta,
} from './dumps.ts';
import { crashModule } from './guest-build.ts';
import { writeInitrd } from './initrd.ts';
import { fetchedVmlinux, type Kernel, kernel, kernelImage } from './kernels.ts';
import { dumpDir, place } from './places.ts';
import { run, shell, step } from './run.ts';
import type { Scenario } from './scenarios.ts';

/** The crash that a capture kernel saves; its `/proc/vmcore` is the source of every other file form. */
export const KEXEC: Scenario = {
  name: 'amd64-6.1-kexec',
  kernel: 'amd64-6.1',
  mode: 'rcuinode',
  append: 'crashkernel=192M lab.kdump=1 lab.churn=2 lab.nohog=1',
  memMiB: 640,
  timeoutSeconds: 300,
};
/** The copy of /proc/vmcore. */
export const RAW_ELF: string = `${KEXEC.name}-rawelf`;

/** A program and the shared libraries it wants, as files of an initramfs. */
async function programWithLibraries(root: string, program: string): Promise<CpioEntry[]> {
  const loader = join(root, 'lib64/ld-linux-x86-64.so.2');
  const path = ['lib', 'usr/lib'].map((d) => join(root, d, 'x86_64-linux-gnu')).join(':');
  const listed = await run(loader, ['--library-path', path, '--list', program]);
  const libraries = [...listed.matchAll(/=> (\/\S+)/g)].flatMap((m) => m[1] ?? []);
  return [
    { path: `bin/${basename(program)}`, mode: PROGRAM, data: readFileSync(program) },
    { path: 'lib64/ld-linux-x86-64.so.2', mode: PROGRAM, data: readFileSync(loader) },
    ...libraries
      .filter((l) => !l.includes('ld-linux'))
      .map((l) => ({ path: `lib/${basename(l)}`, mode: PLAIN, data: readFileSync(l) })),
  ];
}

function unique(entries: readonly CpioEntry[]): CpioEntry[] {
  return [...new Map(entries.map((e) => [e.path, e])).values()];
}

/** The guest's initramfs with kexec in it, and inside that the capture kernel with its own initramfs. */
async function kexecInitrd(k: Kernel, module: string, program: string): Promise<string> {
  const { dir } = await debRoot('tools-bookworm-amd64', 'bookworm', 'amd64', ['kexec-tools', 'makedumpfile']);
  const tool = (name: string): string =>
    ['usr/bin', 'usr/sbin'].map((d) => join(dir, d, name)).find((p) => existsSync(p)) ?? name;
  const capture = join(place('initrd'), `${k.tag}-capture.gz`);
  await writeInitrd(capture, k, { extra: await programWithLibraries(dir, tool('makedumpfile')) });
  const out = join(place('initrd'), `${k.tag}-kexec.gz`);
  const more = [
    { path: 'vmlinuz', mode: PLAIN, data: readFileSync(kernelImage(k)) },
    { path: 'kdump.gz', mode: PLAIN, data: readFileSync(capture) },
  ];
  const extra = unique([...(await programWithLibraries(dir, tool('kexec'))), ...more]);
  await writeInitrd(out, k, { crashModule: module, userProgram: program, extra });
  return out;
}

async function crashAndCapture(k: Kernel, recipe: string): Promise<string> {
  const { program } = await guestParts(k);
  const module = await crashModule(k);
  const initrd = await kexecInitrd(k, module, program);
  const disk = join(place('tmp'), 'kdump.img');
  await shell('rm -f "$1"; truncate -s 2G "$1"; mkfs.ext4 -q -F "$1"', disk);
  const dir = freshDumpDir(KEXEC.name);
  const raw = freshDumpDir(RAW_ELF);
  const console = join(dir, 'console.log');
  const result = await bootUntilRight(KEXEC, {
    arch: k.arch,
    kernel: kernelImage(k),
    initrd,
    append: kernelArguments(KEXEC),
    memMiB: KEXEC.memMiB ?? 640,
    smp: 2,
    nodes: 1,
    console,
    timeoutSeconds: KEXEC.timeoutSeconds ?? 300,
    until: 'LAB: kdump saved',
    disk,
    dumps: [],
  });
  await shell(
    'debugfs -R "dump vmcore $2" "$1"; debugfs -R "dump vmcore.elf $3" "$1"; [ -s "$2" ]; [ -s "$3" ]',
    disk,
    join(dir, 'vmcore'),
    join(raw, 'vmcore'),
  );
  await shell('fallocate -d "$1"', join(raw, 'vmcore'));
  rmSync(disk);
  copyFileSync(console, join(raw, 'console.log'));
  for (const d of [dir, raw]) copyFileSync(module, join(d, 'labcrash.ko'));
  const common = {
    arch: k.arch,
    release: k.release,
    scenario: KEXEC.mode,
    cmdline: result.cmdline,
    memMiB: KEXEC.memMiB ?? 640,
    smp: 2,
    nodes: 1,
  };
  const vmlinux = fetchedVmlinux(k);
  const meta: Omit<DumpMeta, 'name' | 'format'> = {
    ...common,
    files: ['vmcore'],
    module: 'labcrash.ko',
    secondsToCrash: result.seconds,
    recipe,
    ...(vmlinux !== undefined && { vmlinux }),
  };
  writeMeta({ name: KEXEC.name, format: 'kdump zlib level 31 by makedumpfile in the capture kernel', ...meta });
  writeMeta({ name: RAW_ELF, format: 'ELF, copy of /proc/vmcore', ...meta });
  return `saved after ${result.seconds.toFixed(0)} s${result.tries > 1 ? `, took ${result.tries} boots` : ''}`;
}

/** A real kexec crash: panic, capture kernel, /proc/vmcore. */
export async function ensureKexecDump(): Promise<void> {
  const k = await kernel(KEXEC.kernel);
  const recipe = recipeOf(scenarioRecipe(KEXEC, k), 'kexec');
  if ([KEXEC.name, RAW_ELF].every((n) => isFresh(n, recipe))) {
    console.log(`${KEXEC.name.padEnd(44)}       - s  there already`);
    return;
  }
  await step(
    KEXEC.name,
    () => crashAndCapture(k, recipe),
    (note) => note,
  );
}

/** Where the copy of /proc/vmcore is. */
export function rawElfPath(): string {
  return join(dumpDir(RAW_ELF), 'vmcore');
}
