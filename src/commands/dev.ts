import { AnalysisError, NotFoundError, UsageError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import { type Disk, disks } from '../kernel/block-device.ts';
import { blockDeviceNumbers, charDeviceNumbers } from '../kernel/device-number.ts';
import { type DiskRequests, diskRequests } from '../kernel/disk-requests.ts';
import { attempt } from '../kernel/note-problem.ts';
import { type PciBus, pciBuses } from '../kernel/pci.ts';
import { type Resource, resources } from '../kernel/resource.ts';
import type { DeviceDump, Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import type { Args } from '../report/args.ts';
import { type CommandContext, command } from '../report/command.ts';
import type { BlockData, BusData, DevicesData, DiskData, DumpData, ResourceData } from '../report/device-data.ts';
import { devicesSchema } from '../report/device-data.ts';
import { blockLines, busLines, charLines, diskLines, dumpLines, resourceLines } from '../report/device-lines.ts';
import { problemBlocks, problemsOf } from '../report/problems.ts';

export const dev = command<DevicesData>({
  name: 'dev',
  summary: 'devices, their resources, and disk I/O in flight',
  description: [
    'Character and block devices by their numbers. -i lists I/O ports and memory ranges with their users, -p PCI devices, -d the disks with the requests that their devices are working on, -V what drivers added to the dump file.',
  ],
  args: {
    options: [
      { flag: 'i', help: 'I/O ports and memory ranges' },
      { flag: 'p', help: 'PCI buses and devices' },
      { flag: 'd', help: 'disks with their I/O in flight; without ram and loop devices' },
      { flag: 'D', help: 'the same, of disks with any I/O in flight' },
      { flag: 'V', help: 'device dumps in the file' },
      { flag: 'v', value: 'index', help: 'one of them, as words; with a file name it is copied there' },
    ],
    operands: [{ name: 'file', help: 'with -v: where the device dump goes' }],
  },
  examples: [
    {
      line: 'dev -d',
      shows: 'Disks and what they are working on:',
      output: [
        'MAJOR GENDISK            NAME       REQUEST_QUEUE      TOTAL  READ WRITE',
        '  254 ffff8f13c231dc00   vda        ffff8f13c23212e8       1     0     1',
      ].join('\n'),
    },
    { line: 'dev -i', shows: 'Who uses which I/O ports and addresses:' },
  ],
  schema: devicesSchema,
  run(context, args) {
    const { prog } = context;
    if (args.has('i')) return resourceData(prog);
    if (args.has('p')) return busData(prog);
    if (args.has('d') || args.has('D')) return diskData(prog, args.has('D'));
    if (args.has('V') || args.has('v')) return dumpData(context, args);
    if (args.operands.length > 0) throw new UsageError('dev: a file is for -v');
    return deviceData(prog);
  },
  *blocks(data) {
    if (data.characterDevices) yield { kind: 'lines', lines: charLines(data.characterDevices) };
    if (data.blockDevices) yield { kind: 'lines', lines: blockLines(data.blockDevices) };
    if (data.ports) yield { kind: 'lines', lines: resourceLines(data.ports, 'ports') };
    if (data.memory) yield { kind: 'lines', lines: resourceLines(data.memory, 'memory') };
    if (data.buses) yield { kind: 'lines', lines: busLines(data.buses) };
    if (data.disks) yield { kind: 'lines', lines: diskLines(data.disks) };
    if (data.deviceDumps) yield { kind: 'lines', lines: dumpLines(data) };
    yield* problemBlocks(data);
  },
});

function symbolName(prog: Program, address: Addr): string | null {
  if (address === 0n) return null;
  try {
    const symbol = prog.symbolAt(address);
    if (!symbol) return null;
    return symbol.name + (address === symbol.address ? '' : `+${address - symbol.address}`);
  } catch (e) {
    if (e instanceof AnalysisError) return null;
    throw e;
  }
}

function deviceData(prog: Program): DevicesData {
  const chars = charDeviceNumbers(prog);
  const blocks = blockDeviceNumbers(prog);
  const problems: Problem[] = [];
  const known = attempt(problems, 'disks', () => disks(prog));
  const disksOf = (major: number): BlockData['disks'] =>
    (known?.disks ?? [])
      .filter((disk) => disk.major === major)
      .map((disk) => ({
        gendisk: hex64(disk.address),
        name: disk.name,
        operations: hex64(disk.operations),
        operationsName: symbolName(prog, disk.operations),
      }));
  return {
    characterDevices: chars.numbers.map(({ address, major, firstMinor, minors, name, cdev, operations }) => ({
      address: hex64(address),
      major,
      firstMinor,
      minors,
      name,
      cdev: cdev === 0n ? null : hex64(cdev),
      operations: operations === 0n ? null : hex64(operations),
      operationsName: symbolName(prog, operations),
    })),
    blockDevices: blocks.numbers.map(({ address, major, name }) => ({
      address: hex64(address),
      major,
      name,
      disks: disksOf(major),
    })),
    ...problemsOf(chars.problems, blocks.problems, problems, known?.problems),
  };
}

function resourceData(prog: Program): DevicesData {
  const list = (found: readonly Resource[]): ResourceData[] =>
    found.map(({ address, start, end, name, depth }) => ({
      address: hex64(address),
      start: hex64(start),
      end: hex64(end),
      name: name ?? null,
      depth,
    }));
  const ports = resources(prog, 'ioport_resource');
  const memory = resources(prog, 'iomem_resource');
  return {
    ports: list(ports.resources),
    memory: list(memory.resources),
    ...problemsOf(ports.problems, memory.problems),
  };
}

/** PCI_EXP_TYPE_..., include/uapi/linux/pci_regs.h, as crash names them. */
const EXPRESS_TYPES: readonly (string | undefined)[] = [
  'ENDPOINT',
  'LEG_END',
  undefined,
  undefined,
  'ROOT_PORT',
  'UPSTREAM',
  'DOWNSTREAM',
  'PCI_BRIDGE',
  'PCIE_BRIDGE',
  'RC_END',
  'RC_EC',
];

function busData(prog: Program): DevicesData {
  const { roots, problems } = pciBuses(prog);
  const buses: BusData[] = [];
  const add = (bus: PciBus): void => {
    buses.push({
      address: hex64(bus.address),
      parent: bus.parent === 0n ? null : hex64(bus.parent),
      name: bus.name,
      devices: bus.devices.map((device) => ({
        address: hex64(device.address),
        name: device.name,
        class: device.class,
        vendor: device.vendor,
        device: device.device,
        type: device.expressCapability === 0 ? null : (EXPRESS_TYPES[device.expressType] ?? `${device.expressType}`),
      })),
    });
    bus.buses.forEach(add);
  };
  roots.forEach(add);
  return { buses, ...problemsOf(problems) };
}

function diskData(prog: Program, busyOnly: boolean): DevicesData {
  const { disks: known, problems: found } = disks(prog);
  const problems = [...found];
  const list = known.map((disk) => ({
    disk,
    work: attempt(problems, `requests of ${disk.name}`, () => diskRequests(prog, disk, problems)),
  }));
  const shown = list.filter(({ work }) => !busyOnly || !work || work.reads + work.writes > 0);
  return { disks: shown.map(({ disk, work }) => oneDisk(disk, work)), ...problemsOf(problems) };
}

function oneDisk(disk: Disk, work: DiskRequests | undefined): DiskData {
  return {
    major: disk.major,
    firstMinor: disk.firstMinor,
    gendisk: hex64(disk.address),
    name: disk.name,
    requestQueue: hex64(disk.queue),
    sectors: `${disk.sectors}`,
    reads: work?.reads ?? null,
    writes: work?.writes ?? null,
    requests: work?.requests?.map(({ address, write }) => ({ address: hex64(address), write })) ?? null,
  };
}

/** A device dump is shown up to this size; a file takes it whole. */
const MOST_SHOWN = 0x100000;

/** @throws NotFoundError UsageError */
function dumpData({ prog, writeFile }: CommandContext, args: Args): DevicesData {
  const found = prog.image.deviceDumps ?? [];
  if (found.length === 0) throw new NotFoundError('device dumps', 'in this dump file');
  const data = ({ name, offset, size }: DeviceDump, index: number): DumpData => ({ index, offset, size, name });
  const wanted = args.value('v');
  if (wanted === undefined) return { deviceDumps: found.map(data) };
  const index = /^\d{1,6}$/.test(wanted) ? Number(wanted) : -1;
  const dump = found[index];
  if (!dump) throw new UsageError(`dev: no device dump ${wanted}; there are 0 to ${found.length - 1}`);
  const file = args.operands[0];
  if (file !== undefined) {
    if (!writeFile) throw new UsageError('dev: files cannot be written here');
    writeFile(file, dump.read(0, dump.size));
    return { deviceDumps: [data(dump, index)], written: file };
  }
  const bytes = dump.read(0, Math.min(dump.size, MOST_SHOWN) & ~7);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const words: string[] = [];
  for (let at = 0; at + 8 <= bytes.length; at += 8) words.push(hex64(view.getBigUint64(at, prog.arch.littleEndian)));
  const problems: Problem[] = [];
  if (dump.size > bytes.length) {
    problems.push({
      what: dump.name,
      why: `${dump.size - bytes.length} bytes more: give a file name to have them all`,
    });
  }
  return { deviceDumps: [data(dump, index)], words, ...problemsOf(problems) };
}
