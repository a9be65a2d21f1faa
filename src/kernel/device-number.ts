import { CorruptError, FAULT_TEXT, NotFoundError } from '../base/errors.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { KernelStruct } from './kernel-struct.ts';
import { chainEntries } from './list.ts';
import { attempt, noteProblem } from './note-problem.ts';

/** CHRDEV_MAJOR_HASH_SIZE and BLKDEV_MAJOR_HASH_SIZE (include/linux/fs.h, block/genhd.c). */
const BUCKETS = 255;
const MAX_CHAIN = 100_000;

/** A range of device numbers that a driver reserved. */
export interface DeviceNumber {
  /** `struct char_device_struct` or `struct blk_major_name`. */
  readonly address: Addr;
  readonly major: number;
  readonly name: string;
}

/** A range of character devices: `struct char_device_struct`. */
export interface CharDeviceNumber extends DeviceNumber {
  readonly firstMinor: number;
  readonly minors: number;
  /** `struct cdev` of the range or of its first number; 0n for none. */
  readonly cdev: Addr;
  /** `struct file_operations` of the cdev; 0n for none. */
  readonly operations: Addr;
}

export interface DeviceNumbers<T> {
  /** In the order of the kernel's hash table. */
  readonly numbers: readonly T[];
  readonly problems: readonly Problem[];
}

/** `chrdevs`, as /proc/devices lists them. @throws NotFoundError MemoryFault */
export function charDeviceNumbers(prog: Program): DeviceNumbers<CharDeviceNumber> {
  const type = prog.type('char_device_struct');
  const offset = (member: string): number => prog.offset('char_device_struct', member);
  const at = { major: offset('major'), minor: offset('baseminor'), count: offset('minorct') };
  const [name, cdevAt, ops] = [offset('name'), offset('cdev'), prog.offset('cdev', 'ops')];
  const problems: Problem[] = [];
  const raw = new KernelStruct(prog, type.size);
  const mapped = attempt(problems, 'cdev_map', () => mappedDevices(prog, problems)) ?? new Map<number, Addr>();
  const numbers = walk(prog, 'chrdevs', offset('next'), problems, (address) => {
    load(raw, address, 'struct char_device_struct');
    const own = raw.pointer(cdevAt);
    const cdev = own === 0n ? (mapped.get(deviceNumber(raw.u32(at.major), raw.u32(at.minor))) ?? 0n) : own;
    const what = `cdev of character device ${raw.u32(at.major)}`;
    return {
      address,
      major: raw.u32(at.major),
      firstMinor: raw.u32(at.minor),
      minors: raw.u32(at.count),
      name: nameIn(prog, addrAdd(address, name), 'char_device_struct'),
      cdev,
      operations: cdev === 0n ? 0n : (attempt(problems, what, () => prog.memory.ulong(addrAdd(cdev, ops))) ?? 0n),
    };
  });
  return { numbers, problems };
}

/** `dev_t` of the kernel: 20 bits of minor number (include/linux/kdev_t.h). */
function deviceNumber(major: number, minor: number): number {
  return major * 2 ** 20 + minor;
}

/** `struct cdev` by the first number of its range: `cdev_map`, where `cdev_add()` puts them. */
function mappedDevices(prog: Program, problems: Problem[]): Map<number, Addr> {
  const map = prog.memory.ulong(prog.symbol('cdev_map'));
  const probes = prog.type('kobj_map').findMember('probes');
  const probe = probes?.type.resolve().target?.resolve().target; // several structures of the kernel are called `probe`
  const place = (member: string): Bytes => {
    const found = probe?.findMember(member);
    if (!found) throw new NotFoundError('member', `kobj_map.probes->${member}`);
    return found.offset;
  };
  const [next, dev, data] = [place('next'), place('dev'), place('data')];
  const found = new Map<number, Addr>();
  for (let i = 0; i < BUCKETS; i++) {
    const head = addrAdd(map, (probes?.offset ?? 0) + i * prog.pointerSize);
    try {
      for (const at of chainEntries(prog, head, 'cdev_map', { end: 0n, link: next, headLink: 0, max: MAX_CHAIN })) {
        found.set(prog.memory.u32(addrAdd(at, dev)), prog.memory.ulong(addrAdd(at, data)));
      }
    } catch (e) {
      noteProblem(problems, `cdev_map[${i}]`, e);
    }
  }
  return found;
}

/** `major_names`, as /proc/devices lists them. @throws NotFoundError MemoryFault */
export function blockDeviceNumbers(prog: Program): DeviceNumbers<DeviceNumber> {
  const offset = (member: string): number => prog.offset('blk_major_name', member);
  const [major, name] = [offset('major'), offset('name')];
  const problems: Problem[] = [];
  const raw = new KernelStruct(prog, prog.type('blk_major_name').size);
  const numbers = walk(prog, 'major_names', offset('next'), problems, (address) => {
    load(raw, address, 'struct blk_major_name');
    return { address, major: raw.u32(major), name: nameIn(prog, addrAdd(address, name), 'blk_major_name') };
  });
  return { numbers, problems };
}

function walk<T>(prog: Program, table: string, next: number, problems: Problem[], read: (at: Addr) => T): T[] {
  const start = prog.symbol(table);
  const found: T[] = [];
  for (let i = 0; i < BUCKETS; i++) {
    const what = `${table}[${i}]`;
    try {
      const shape = { end: 0n, link: next, headLink: 0, max: MAX_CHAIN };
      const head = addrAdd(start, i * prog.pointerSize);
      for (const address of chainEntries(prog, head, what, shape)) found.push(read(address));
    } catch (e) {
      noteProblem(problems, what, e);
    }
  }
  return found;
}

function load(raw: KernelStruct, address: Addr, what: string): void {
  const fault = raw.load(address);
  if (fault) throw new CorruptError(address, `${what} is ${FAULT_TEXT[fault]}`);
}

function nameIn(prog: Program, at: Addr, type: string): string {
  return prog.memory.cString(at, prog.findMember(type, 'name')?.type.resolve().size ?? 16);
}
