import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type CpioEntry, cpioArchive, DIRECTORY, PLAIN, PROGRAM } from './cpio.ts';
import { plainPackages } from './deb-root.ts';
import { type Kernel, kernelModulesDir } from './kernels.ts';
import { MACHINES } from './machines.ts';
import { guestDir } from './places.ts';
import { shell } from './run.ts';

/** Drivers of the guest's disks, network, file system and of the device that gives QEMU the kernel's VMCOREINFO. */
const DRIVERS = ['virtio_pci', 'virtio_mmio', 'virtio_blk', 'virtio_net', 'crc32c_generic', 'ext4', 'qemu_fw_cfg'];

const plainName = (name: string): string => name.replaceAll('-', '_');

/** Kernel modules by name, decompressed when asked for. */
class ModuleFiles {
  readonly #paths = new Map<string, string>();
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
    for (const file of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
      const m = /([^/]+)\.ko(\.xz|\.zst|\.gz)?$/.exec(file);
      if (m?.[1] !== undefined) this.#paths.set(plainName(m[1]), file);
    }
  }

  /** The module's ELF image, or undefined for what is built in. */
  async read(name: string): Promise<Buffer | undefined> {
    const file = this.#paths.get(name);
    if (file === undefined) return undefined;
    const path = join(this.#dir, file);
    if (path.endsWith('.ko')) return readFileSync(path);
    const plain = join(this.#dir, '.plain.ko');
    await shell('case $1 in *.xz) xz -dc "$1";; *.zst) zstd -qdc "$1";; *) gzip -dc "$1";; esac > "$2"', path, plain);
    return readFileSync(plain);
  }
}

/** What a module wants loaded first, from its .modinfo strings ("depends=a,b", "softdep=pre: c"). */
function prerequisites(image: Buffer): string[] {
  const text = image.toString('latin1');
  const depends = /\0depends=([^\0]*)\0/.exec(text)?.[1] ?? '';
  const soft = [...text.matchAll(/\0softdep=pre: ([^\0]*)\0/g)].flatMap((m) => (m[1] ?? '').split(/\s+/));
  return [...depends.split(','), ...soft].filter((n) => /^[\w-]+$/.test(n)).map(plainName);
}

/** Drivers and all they need, in the order in which they load, without those that are loaded before. */
async function driverImages(
  k: Kernel,
  names: readonly string[],
  before: readonly string[] = [],
): Promise<{ name: string; image: Buffer }[]> {
  const files = new ModuleFiles(kernelModulesDir(k));
  const done = new Set<string>();
  const out: { name: string; image: Buffer }[] = [];
  const add = async (name: string): Promise<void> => {
    if (done.has(name)) return;
    done.add(name);
    const image = await files.read(name);
    if (image === undefined) return;
    for (const first of prerequisites(image)) await add(first);
    out.push({ name: `${name}.ko`, image });
  };
  for (const name of [...before, ...names]) await add(name);
  const loaded = new Set(before.length > 0 ? (await driverImages(k, before)).map((d) => d.name) : []);
  return out.filter((d) => !loaded.has(d.name));
}

/** What the storage guest's disks and file systems want. */
const STORAGE_DRIVERS = ['nvme', 'virtio_scsi', 'sd_mod', 'xfs', 'btrfs', 'dm_mod', 'loop'];

/** The storage guest's modules and the list that its script loads them by. */
export async function storageFiles(k: Kernel): Promise<CpioEntry[]> {
  const drivers = await driverImages(k, STORAGE_DRIVERS, DRIVERS);
  const list = Buffer.from(drivers.map((d) => `${d.name}\n`).join(''));
  return [
    ...drivers.map((d) => ({ path: `lib/${d.name}`, mode: PLAIN, data: d.image })),
    { path: 'lib/storage.list', mode: PLAIN, data: list },
  ];
}

/** What the ops guest's deaths want; each mode loads its own. */
const OPS_DRIVERS = [
  ...['nvme', 'virtio_scsi', 'sd_mod', 'scsi_debug', 'nbd', 'loop', 'zram', 'dm_mod', 'dm_multipath', 'dm_round_robin'],
  ...['xfs', 'btrfs', 'fuse', 'overlay', 'nfsv3', 'virtio_balloon', 'softdog', 'hwpoison_inject'],
];

/** The ops guest's modules, and a list with a line for each: `nbd: a.ko b.ko nbd.ko`, what it needs before it. */
export async function opsFiles(k: Kernel): Promise<CpioEntry[]> {
  const images = new Map<string, Buffer>();
  let list = '';
  for (const name of OPS_DRIVERS) {
    const drivers = await driverImages(k, [name], DRIVERS);
    for (const d of drivers) images.set(d.name, d.image);
    list += `${name}: ${drivers.map((d) => d.name).join(' ')}\n`;
  }
  return [
    ...[...images].map(([name, data]) => ({ path: `lib/${name}`, mode: PLAIN, data })),
    { path: 'lib/ops.list', mode: PLAIN, data: Buffer.from(list) },
  ];
}

export interface InitrdParts {
  readonly crashModule?: string;
  /** It is /bin/labproc. */
  readonly userProgram?: string;
  /** More files by their path in the guest. */
  readonly extra?: readonly CpioEntry[];
}

async function busybox(k: Kernel): Promise<Buffer> {
  const root = await plainPackages(`busybox-${k.arch}`, MACHINES[k.arch].userSuite, k.arch, ['busybox-static']);
  const places = ['bin', 'usr/bin'].map((dir) => join(root, dir, 'busybox')); // trixie's packages name merged /usr
  return readFileSync(places.find((path) => existsSync(path)) ?? join(root, 'bin/busybox'));
}

/** Writes the guest's initramfs. */
export async function writeInitrd(out: string, k: Kernel, parts: InitrdParts): Promise<void> {
  const dirs = ['bin', 'lib', 'lib64', 'proc', 'sys', 'dev', 'mnt', 'tmp'];
  const entries: CpioEntry[] = dirs.map((path) => ({ path, mode: DIRECTORY }));
  const add = (path: string, mode: number, data: Uint8Array): void => void entries.push({ path, mode, data });
  const drivers = await driverImages(k, DRIVERS);
  add('init', PROGRAM, readFileSync(join(guestDir, 'init')));
  add('bin/busybox', PROGRAM, await busybox(k));
  for (const d of drivers) add(`lib/${d.name}`, PLAIN, d.image);
  add('lib/modules.list', PLAIN, Buffer.from(drivers.map((d) => `${d.name}\n`).join('')));
  if (parts.crashModule !== undefined) add('lib/labcrash.ko', PLAIN, readFileSync(parts.crashModule));
  if (parts.userProgram !== undefined) add('bin/labproc', PROGRAM, readFileSync(parts.userProgram));
  entries.push(...(parts.extra ?? []));
  writeFileSync(out, gzipSync(cpioArchive(entries), { level: 1 }));
}
