import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { installOnMachine } from './apt.ts';
import { debRoot } from './deb-root.ts';
import { type Arch, MACHINES } from './machines.ts';
import { place } from './places.ts';
import { Qmp } from './qmp.ts';
import { log, shell } from './run.ts';

export type DumpFormat = 'kdump-zlib' | 'elf' | 'elf-paging';

export interface BootOptions {
  readonly arch: Arch;
  readonly kernel: string;
  readonly initrd: string;
  readonly append: string;
  readonly memMiB: number;
  readonly smp: number;
  /** Nodes of memory and CPUs. */
  readonly nodes: number;
  readonly cpu?: string | undefined;
  /** Serial console goes here. */
  readonly console: string;
  readonly timeoutSeconds: number;
  /** Console text that ends the boot; default: the end of a panic. */
  readonly until?: string | undefined;
  /** Console text upon which an NMI is injected. */
  readonly nmiAt?: string | undefined;
  /** Console text upon which a command is given to QEMU's monitor. */
  readonly monitorAt?: { readonly text: string; readonly command: string } | undefined;
  /** More devices, as QEMU's -device takes them. */
  readonly devices?: readonly string[] | undefined;
  /** A third disk, written for real; the others are snapshots. */
  readonly disk?: string;
  /** A third disk with ext4 that takes so many bytes a second. */
  readonly slowDisk?: number | undefined;
  /** A third disk for the device mapper, an NVMe disk with XFS and a SCSI disk with Btrfs. */
  readonly storage?: boolean;
  /** What to dump when it ended, and where to. */
  readonly dumps: readonly { readonly format: DumpFormat; readonly path: string }[];
}

export interface BootResult {
  readonly ended: 'reached' | 'timeout' | 'exited';
  readonly seconds: number;
  readonly cmdline: string;
}

/** An ext4 disk and a swap disk, shared by all boots (never written). */
async function disks(): Promise<[ext4: string, swap: string]> {
  const dir = place('disks');
  const ext4 = join(dir, 'ext4.img');
  const swap = join(dir, 'swap.img');
  await shell(
    '[ -f "$1" ] || { truncate -s 64M "$1.part"; mkfs.ext4 -q -F -L lab "$1.part"; mv "$1.part" "$1"; }',
    ext4,
  );
  await shell('[ -f "$1" ] || truncate -s 128M "$1"', swap);
  return [ext4, swap];
}

function commandLine(o: BootOptions): string {
  const { console, append = '' } = MACHINES[o.arch];
  return `console=${console} panic=0 ${append} ${o.append}`.replaceAll(/ +/g, ' ').trim();
}

/** Memory and CPUs in equal shares on the nodes of a machine that has several. */
function nodeArgs({ nodes, memMiB }: BootOptions): string[] {
  if (nodes < 2) return [];
  return Array.from({ length: nodes }, (_, i) => [
    ...['-object', `memory-backend-ram,id=m${i},size=${memMiB / nodes}M`],
    ...['-numa', `node,nodeid=${i},memdev=m${i}`],
  ]).flat();
}

async function qemuArgs(o: BootOptions, qmpSocket: string): Promise<string[]> {
  const m = MACHINES[o.arch];
  const args = [
    '-machine',
    m.machine,
    '-accel',
    'tcg',
    '-cpu',
    o.cpu ?? m.cpu,
    '-m',
    `${o.memMiB}`,
    '-smp',
    `${o.smp}`,
  ];
  args.push(...nodeArgs(o));
  args.push('-no-reboot', '-kernel', o.kernel, '-initrd', o.initrd, '-append', commandLine(o));
  if (m.vmcoreinfo) args.push('-device', 'vmcoreinfo');
  if (m.stopsInPanic) args.push('-action', 'panic=pause');
  args.push(...(m.extra ?? []));
  args.push(
    '-qmp',
    `unix:${qmpSocket},server=on,wait=off`,
    '-serial',
    `file:${o.console}`,
    '-monitor',
    'none',
    '-display',
    'none',
  );
  args.push(
    '-netdev',
    'user,id=n0,restrict=on',
    '-device',
    `virtio-net-${m.bus},netdev=n0${m.bus === 'pci' ? ',romfile=' : ''}`,
  );
  const [ext4, swap] = await disks();
  const slow = o.slowDisk === undefined ? '' : `,throttling.bps-write=${o.slowDisk}`;
  const drives = [`${ext4},snapshot=on`, `${swap},snapshot=on`];
  if (o.disk !== undefined) drives.push(`${o.disk},snapshot=off`);
  if (slow !== '') drives.push(`${ext4},snapshot=on${slow}`);
  if (o.storage) drives.push(`${ext4},snapshot=on`);
  for (const [i, drive] of drives.entries()) {
    args.push('-drive', `file=${drive},if=none,id=d${i},format=raw`);
    args.push('-device', `virtio-blk-${m.bus},drive=d${i}`);
  }
  if (o.storage) args.push(...(await storageArgs()));
  for (const device of o.devices ?? []) args.push('-device', device);
  return args;
}

/** An NVMe disk with XFS and a SCSI disk with Btrfs, made once and never written. */
async function storageArgs(): Promise<string[]> {
  await installOnMachine(['xfsprogs', 'btrfs-progs']);
  const image = async (kind: 'xfs' | 'btrfs'): Promise<string> => {
    const path = join(place('disks'), `${kind}.img`);
    const make = '[ -f "$1" ] || { truncate -s 320M "$1.part"; mkfs.$2 -q -f -L lab "$1.part"; mv "$1.part" "$1"; }';
    await shell(make, path, kind);
    return `file=${path},if=none,id=${kind},format=raw,snapshot=on`;
  };
  return [
    ...['-drive', await image('xfs'), '-device', 'nvme,drive=xfs,serial=lab'],
    ...['-device', 'virtio-scsi-pci', '-drive', await image('btrfs'), '-device', 'scsi-hd,drive=btrfs,id=scsi'],
  ];
}

/** Where Debian's QEMU looks for its modules, whatever it is told. */
const MODULES = 'usr/lib/x86_64-linux-gnu/qemu';
/** Starts a program in a view of its own of the files, in which the modules of this machine's QEMU are not seen. */
const HIDING = `m=$1; shift; [ ! -d /${MODULES} ] || mount --bind "$m" /${MODULES}; exec "$@"`;

/** The machine's own emulator, or one unpacked apart, started by its own loader with its own libraries and modules. */
async function emulator(arch: Arch): Promise<string[]> {
  const { program, package: name, qemuSuite } = MACHINES[arch];
  if (qemuSuite === undefined) {
    await installOnMachine([name]);
    return [program];
  }
  const { dir } = await debRoot(`qemu-${qemuSuite}`, qemuSuite, 'amd64', [name]);
  mkdirSync(join(dir, MODULES), { recursive: true });
  const hiding = ['unshare', '--mount', 'sh', '-euc', HIDING, 'lab', join(dir, MODULES)];
  const loader = [join(dir, 'lib64/ld-linux-x86-64.so.2'), '--library-path', join(dir, 'usr/lib/x86_64-linux-gnu')];
  return [...hiding, ...loader, join(dir, 'usr/bin', program), '-L', join(dir, 'usr/share/qemu')];
}

function consoleText(path: string): string {
  return existsSync(path) ? readFileSync(path, 'latin1') : '';
}

async function isStopped(qmpSocket: string): Promise<boolean> {
  const qmp = await Qmp.connect(qmpSocket);
  const state = (await qmp.call('query-status')) as { readonly status: string };
  qmp.close();
  return state.status === 'guest-panicked';
}

interface Action {
  readonly text: string;
  readonly call: string;
  readonly arguments: Record<string, unknown>;
}

function monitorAction({ text, command }: { readonly text: string; readonly command: string }): Action {
  return { text, call: 'human-monitor-command', arguments: { 'command-line': command } };
}

/** Waits for the end of the boot, in which the console grows. */
async function watch(o: BootOptions, child: ChildProcess, qmpSocket: string): Promise<BootResult['ended']> {
  const { stopsInPanic } = MACHINES[o.arch];
  const until = o.until ?? (stopsInPanic ? 'Kernel panic - not syncing' : 'end Kernel panic');
  const deadline = Date.now() + o.timeoutSeconds * 1000;
  const actions: Action[] = [
    ...(o.nmiAt === undefined ? [] : [{ text: o.nmiAt, call: 'inject-nmi', arguments: {} }]),
    ...(o.monitorAt === undefined ? [] : [monitorAction(o.monitorAt)]),
  ];
  let seen = -1;
  while (Date.now() < deadline) {
    await sleep(250);
    if (stopsInPanic && consoleText(o.console).includes(until)) {
      if (await isStopped(qmpSocket)) return 'reached';
      continue;
    }
    const size = existsSync(o.console) ? statSync(o.console).size : 0;
    if (size !== seen) {
      const text = consoleText(o.console);
      seen = size;
      if (text.includes(until)) return 'reached';
      const index = actions.findIndex((a) => text.includes(a.text));
      for (const action of index < 0 ? [] : actions.splice(index, 1)) {
        const qmp = await Qmp.connect(qmpSocket);
        const said = await qmp.call(action.call, action.arguments);
        log(`${action.call}: ${JSON.stringify(said)}\n`);
        qmp.close();
      }
    }
    if (child.exitCode !== null || child.signalCode !== null)
      return consoleText(o.console).includes(until) ? 'reached' : 'exited';
  }
  return 'timeout';
}

async function writeDumps(o: BootOptions, qmpSocket: string): Promise<void> {
  const qmp = await Qmp.connect(qmpSocket);
  for (const { format, path } of o.dumps) {
    rmSync(path, { force: true });
    const how = format.startsWith('elf') ? {} : { format };
    await qmp.call('dump-guest-memory', { paging: format === 'elf-paging', protocol: `file:${path}`, ...how });
    await shell('chmod 644 "$1"; if [ "$2" != kdump-zlib ]; then fallocate -d "$1"; fi', path, format); // zero pages need no disk
  }
  await qmp.call('quit');
  qmp.close();
}

function exited(child: ChildProcess, seconds: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
    child.on('exit', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Boots a guest under plain emulation, waits until it is down and writes its memory. */
export async function boot(o: BootOptions): Promise<BootResult> {
  const [program = '', ...first] = await emulator(o.arch);
  const qmpSocket = join(place('tmp'), `qmp-${process.pid}.sock`);
  rmSync(qmpSocket, { force: true });
  rmSync(o.console, { force: true });
  const args = [...first, ...(await qemuArgs(o, qmpSocket))];
  log(`$ ${program} ${args.join(' ')}\n`);
  const start = Date.now();
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const failed = new Promise<never>((_, reject) => child.on('error', reject));
  const stop = (): void => void child.kill('SIGKILL');
  process.once('exit', stop);
  try {
    const ended = await Promise.race([watch(o, child, qmpSocket), failed]);
    const seconds = (Date.now() - start) / 1000;
    if (ended === 'reached' && child.exitCode === null && o.dumps.length > 0) {
      await sleep(400); // the other CPUs come to rest
      await writeDumps(o, qmpSocket);
    }
    if (ended !== 'reached') child.kill('SIGKILL');
    await exited(child, 20);
    return { ended, seconds, cmdline: commandLine(o) };
  } finally {
    stop();
    process.off('exit', stop);
    rmSync(qmpSocket, { force: true });
  }
}
