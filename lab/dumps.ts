import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CpioEntry, PLAIN, PROGRAM } from './cpio.ts';
import { type CrashModule, crashModule, sourceHash, userProgram } from './guest-build.ts';
import { opsFiles, storageFiles, writeInitrd } from './initrd.ts';
import { fetchedVmlinux, hasHeaders, type Kernel, kernel, kernelImage } from './kernels.ts';
import { type Arch, MACHINES } from './machines.ts';
import { opsHash } from './ops-recipe.ts';
import { dumpDir, guestDir, place } from './places.ts';
import { type BootOptions, type BootResult, boot, type DumpFormat } from './qemu.ts';
import { log, shell, step } from './run.ts';
import type { Scenario } from './scenarios.ts';

/** `meta.json` of a dump's folder. */
export interface DumpMeta {
  readonly name: string;
  readonly arch: Arch;
  readonly release: string;
  readonly scenario: string;
  /** What wrote the file and in which form. */
  readonly format: string;
  readonly cmdline: string;
  readonly memMiB: number;
  readonly smp: number;
  /** File names in the dump's folder: one, or the parts of a split set. */
  readonly files: readonly string[];
  /** The crash module, in the dump's folder, where the kernel can have one. */
  readonly module?: string;
  /** vmlinux with debug information, where it was fetched. */
  readonly vmlinux?: string;
  readonly secondsToCrash?: number;
  /** Hash of everything the dump depends on. */
  readonly recipe: string;
}

const TRIES = 3;
/** What the guests are made of; the big one has more. */
const GUEST = ['init', 'labproc.c', 'labcrash.c', 'Makefile'];
const BIG_GUEST = ['init-big', 'labbig.c'];
const STORAGE_GUEST = ['init-storage', 'labdm.c'];
const OPS_GUEST = ['init-ops', 'labops.c'];
/** Guests with a crash module of their own instead of labcrash. */
const MODULE_GUESTS = { more: 'labmore', mem: 'labmem', hang: 'labhang', drv: 'labdrv', kasan: 'labkasan' } as const;

export function readMeta(name: string): DumpMeta | undefined {
  const file = join(dumpDir(name), 'meta.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as DumpMeta) : undefined;
}

export function writeMeta(meta: DumpMeta): void {
  writeFileSync(join(dumpDir(meta.name), 'meta.json'), `${JSON.stringify(meta, null, 1)}\n`);
}

/** Whether the dump is in the cache, complete and made by this recipe. */
export function isFresh(name: string, recipe: string): boolean {
  const meta = readMeta(name);
  return meta?.recipe === recipe && meta.files.every((f) => existsSync(join(dumpDir(name), f)));
}

export function recipeOf(...inputs: readonly unknown[]): string {
  const text = JSON.stringify(inputs, (_, v) => (v instanceof RegExp ? v.source : v));
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** An empty folder for a dump. */
export function freshDumpDir(name: string): string {
  const dir = dumpDir(name);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  return dir;
}

export function dumpNames(s: Scenario): { name: string; format: DumpFormat }[] {
  const formats = s.formats ?? ['kdump-zlib'];
  return formats.map((format, i) => ({ format, name: i === 0 ? s.name : `${s.name}-${format}` }));
}

export function scenarioRecipe(s: Scenario, k: Kernel): string {
  const own = ownModule(s.guest);
  if (own !== undefined) return recipeOf(s, k.release, k.packages, sourceHash(ownSources(own)));
  if (s.guest === 'ops') return recipeOf(s, k.release, k.packages, opsHash(s.mode));
  const sources = moreSources(s.guest);
  const more = sources.length > 0 ? [sourceHash(sources)] : [];
  return recipeOf(s, k.release, k.packages, sourceHash(GUEST), ...more);
}

/** The initramfs of a kernel and its crash module, where it can have one. */
export async function guestParts(
  k: Kernel,
  guest?: Scenario['guest'],
): Promise<{ initrd: string; module: string | undefined; program: string }> {
  const own = ownModule(guest);
  if (own !== undefined) return moduleGuestParts(k, own);
  const module = hasHeaders(k.tag) ? await crashModule(k) : undefined;
  const program = await userProgram(k.arch);
  const extra = await moreFiles(k, guest);
  const hash = sourceHash([...GUEST, ...moreSources(guest)], JSON.stringify(k.packages));
  const initrd = join(place('initrd'), `${k.tag}-${hash}.gz`);
  if (!existsSync(initrd))
    await step(`initramfs ${k.tag}`, () =>
      writeInitrd(initrd, k, { ...(module && { crashModule: module }), userProgram: program, extra }),
    );
  return { initrd, module, program };
}

function ownModule(guest: Scenario['guest']): CrashModule | undefined {
  return guest !== undefined && guest in MODULE_GUESTS ? MODULE_GUESTS[guest as keyof typeof MODULE_GUESTS] : undefined;
}

/** Sources of a guest with a module of its own. */
function ownSources(own: CrashModule): string[] {
  return ['init', 'labproc.c', `${own}-proc.c`, `${own}.c`, own.replace('lab', 'Makefile-')];
}

/** The common guest with another module and the labproc that knows how to crash with it. */
async function moduleGuestParts(
  k: Kernel,
  own: CrashModule,
): Promise<{ initrd: string; module: string; program: string }> {
  const module = await crashModule(k, own);
  const program = await userProgram(k.arch, `${own}-proc`, ['labproc.c']);
  const initrd = join(place('initrd'), `${k.tag}-${sourceHash(ownSources(own), JSON.stringify(k.packages))}.gz`);
  const extra = [{ path: `lib/${own}.ko`, mode: PLAIN, data: readFileSync(module) }];
  if (!existsSync(initrd))
    await step(`initramfs ${k.tag}`, () => writeInitrd(initrd, k, { userProgram: program, extra }));
  return { initrd, module, program };
}

async function moreFiles(k: Kernel, guest: Scenario['guest']): Promise<CpioEntry[]> {
  if (guest === 'big') return bigGuestFiles(k);
  if (guest === 'storage') return storageGuestFiles(k);
  return guest === 'ops' ? opsGuestFiles(k) : [];
}

async function bigGuestFiles(k: Kernel): Promise<CpioEntry[]> {
  return [
    { path: 'init-big', mode: PROGRAM, data: readFileSync(join(guestDir, 'init-big')) },
    { path: 'bin/labbig', mode: PROGRAM, data: readFileSync(await userProgram(k.arch, 'labbig')) },
  ];
}

async function storageGuestFiles(k: Kernel): Promise<CpioEntry[]> {
  const image = join(place('disks'), 'loop.img');
  await shell('truncate -s 4M "$1.part"; mkfs.ext4 -q -F -O ^has_journal "$1.part"; mv "$1.part" "$1"', image);
  return [
    ...(await storageFiles(k)),
    { path: 'loop.img', mode: PLAIN, data: readFileSync(image) },
    { path: 'init-storage', mode: PLAIN, data: readFileSync(join(guestDir, 'init-storage')) },
    { path: 'bin/labdm', mode: PROGRAM, data: readFileSync(await userProgram(k.arch, 'labdm')) },
  ];
}

async function opsGuestFiles(k: Kernel): Promise<CpioEntry[]> {
  return [
    ...(await opsFiles(k)),
    { path: 'init-ops', mode: PROGRAM, data: readFileSync(join(guestDir, 'init-ops')) },
    { path: 'bin/labops', mode: PROGRAM, data: readFileSync(await userProgram(k.arch, 'labops')) },
  ];
}

/** What a guest has beyond the common one. */
function moreSources(guest: Scenario['guest']): readonly string[] {
  if (guest === 'ops') return OPS_GUEST;
  return guest === 'big' ? BIG_GUEST : guest === 'storage' ? STORAGE_GUEST : [];
}

export function kernelArguments(s: Scenario): string {
  return `lab.mode=${s.mode} lab.trigger=${s.trigger ?? 'init'} ${s.append ?? ''}`.trim();
}

/** Why a boot's console is not what was wanted, or undefined. Emulation is not perfect: boots hang or die of themselves. */
export function complaint(s: Scenario, result: Pick<BootResult, 'ended'>, text: string): string | undefined {
  if (result.ended !== 'reached') return `the boot ended by ${result.ended}`;
  if (/Oops: int3/.test(text)) return 'died of its own code patching';
  if (!s.early && !text.includes('\n== end')) return 'died before it told its truth';
  if (text.includes('LAB: no crash')) return 'the kernel noticed nothing';
  if (s.expect !== undefined && !s.expect.test(text)) return `nothing like ${s.expect.source} on the console`;
  return undefined;
}

/** Boots until the crash is the wanted one; returns the boot's result and how many boots it took. */
export async function bootUntilRight(s: Scenario, options: BootOptions): Promise<BootResult & { tries: number }> {
  let why: string | undefined;
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const result = await boot(options);
    const text = existsSync(options.console) ? readFileSync(options.console, 'latin1').replaceAll('\r', '') : '';
    why = complaint(s, result, text);
    if (why === undefined) return { ...result, tries };
    log(`boot ${tries}: ${why}\n`);
    console.log(`  ${s.name}: boot ${tries} of ${TRIES} refused: ${why}`);
    copyFileSync(options.console, join(place('log'), `${s.name}-boot${tries}.console.log`));
  }
  throw new Error(`no right crash in ${TRIES} boots, last: ${why}`);
}

async function bootScenario(s: Scenario, k: Kernel, recipe: string): Promise<string> {
  const { initrd, module } = await guestParts(k, s.guest);
  const outs = dumpNames(s).map((d) => ({ ...d, dir: freshDumpDir(d.name) }));
  const first = outs[0] as (typeof outs)[0];
  const options: BootOptions = {
    arch: k.arch,
    kernel: kernelImage(k),
    initrd,
    append: kernelArguments(s),
    memMiB: s.memMiB ?? MACHINES[k.arch].memMiB,
    smp: s.smp ?? 2,
    nodes: s.nodes ?? 1,
    cpu: s.cpu,
    console: join(first.dir, 'console.log'),
    timeoutSeconds: s.timeoutSeconds ?? 180,
    nmiAt: s.nmiAt,
    until: s.until,
    slowDisk: s.slowDisk,
    storage: s.guest === 'storage' || s.storage === true,
    monitorAt: s.monitorAt,
    devices: s.devices,
    dumps: outs.map((o) => ({ format: o.format, path: join(o.dir, 'vmcore') })),
  };
  const result = await bootUntilRight(s, options);
  const vmlinux = fetchedVmlinux(k);
  for (const o of outs) {
    if (o !== first) copyFileSync(options.console, join(o.dir, 'console.log'));
    const moduleName = `${ownModule(s.guest) ?? 'labcrash'}.ko`;
    if (module !== undefined) copyFileSync(module, join(o.dir, moduleName));
    const { arch, memMiB, smp } = options;
    const common = { arch, memMiB, smp, release: k.release, scenario: s.mode, cmdline: result.cmdline, recipe };
    writeMeta({
      name: o.name,
      ...common,
      format: `qemu ${o.format}`,
      files: ['vmcore'],
      ...(module !== undefined && { module: moduleName }),
      secondsToCrash: result.seconds,
      ...(vmlinux !== undefined && { vmlinux }),
    });
  }
  return `crash after ${result.seconds.toFixed(1)} s${result.tries > 1 ? `, took ${result.tries} boots` : ''}`;
}

/** Makes the dumps of a scenario unless the cache has them. */
export async function ensureDump(s: Scenario): Promise<void> {
  const k = await kernel(s.kernel);
  const recipe = scenarioRecipe(s, k);
  if (dumpNames(s).every((d) => isFresh(d.name, recipe))) console.log(`${s.name.padEnd(44)}       - s  there already`);
  else
    await step(
      s.name,
      () => bootScenario(s, k, recipe),
      (note) => note,
    );
}
