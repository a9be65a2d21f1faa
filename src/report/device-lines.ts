import { hexPad } from '../base/hex.ts';
import type { BlockData, BusData, CharData, DevicesData, DiskData, ResourceData } from './device-data.ts';
import { center, digits } from './pad.ts';

const NONE = center('(none)', 16);

function deviceHeader(kind: string, column: string): string {
  return `${kind}    ${'NAME'.padEnd(13)}  ${center(column, 16)}  ${'OPERATIONS'.padEnd(16)}`;
}

function deviceLine(major: number, name: string, object: string | null, operations: string): string {
  const start = `${String(major).padStart(4)}      ${name.padEnd(13)}  `;
  return object === null ? start + NONE : `${start}${digits(object)}  ${operations}`;
}

/** Of `dev`, in crash's layout. */
export function* charLines(list: readonly CharData[]): Iterable<string> {
  yield deviceHeader('CHRDEV', 'CDEV');
  for (const one of list) {
    yield deviceLine(
      one.major,
      one.name,
      one.cdev,
      one.operationsName ?? (one.operations ? digits(one.operations) : ''),
    );
  }
  yield '';
}

/** Of `dev`, in crash's layout. */
export function* blockLines(list: readonly BlockData[]): Iterable<string> {
  yield deviceHeader('BLKDEV', ' GENDISK');
  for (const { major, name, disks: own } of list) {
    const disk = own.at(-1); // crash names one, the newest
    yield deviceLine(major, name, disk?.gendisk ?? null, disk ? (disk.operationsName ?? digits(disk.operations)) : '');
  }
}

/** Of `dev`, in crash's layout. */
export function* resourceLines(list: readonly ResourceData[], kind: 'ports' | 'memory'): Iterable<string> {
  // as /proc/ioports does: four digits where the whole range of ports has no more
  const width = kind === 'ports' && list.every(({ end }) => BigInt(end) <= 0xffffn) ? 4 : 8;
  const number = (hex: string): string => hexPad(BigInt(hex), width);
  yield `${center('RESOURCE', 16)}  ${center('RANGE', width * 2 + 1)}  NAME`;
  for (const { address, start, end, name } of list) {
    yield `${digits(address)}  ${number(start)}-${number(end)}  ${name ?? '<BAD>'}`;
  }
  if (kind === 'ports') yield '';
}

/** Of `dev`, in crash's layout. */
export function* busLines(buses: readonly BusData[]): Iterable<string> {
  const hex4 = (n: number): string => hexPad(n, 4);
  for (const { address, parent, name, devices } of buses) {
    if (parent === null) {
      yield `${center('ROOT BUS', 16)} BUSNAME`;
      yield `${digits(address)} ${name}`;
    } else {
      yield `  ${center('PCI BUS', 16)} ${center('PARENT BUS', 16)}`;
      yield `  ${digits(address)} ${digits(parent)}`;
    }
    if (devices.length > 0) {
      yield `  ${center('PCI DEV', 16)} ${center('DO:BU:SL.FN', 12)} CLASS   PCI_ID      TYPE   `;
    }
    for (const d of devices) {
      yield `  ${digits(d.address)} ${d.name}  ${hex4(d.class)}  ${hex4(d.vendor)}:${hex4(d.device)}  ${d.type ?? 'ENDPOINT'} `;
    }
    yield '';
  }
}

/** Disks of memory and files: crash leaves them out. */
const SKIPPED = /^(?:ram|loop)\d/;

/** Of `dev`, in crash's layout. */
export function* diskLines(list: readonly DiskData[]): Iterable<string> {
  yield 'MAJOR GENDISK            NAME       REQUEST_QUEUE      TOTAL  READ WRITE ';
  for (const disk of list) {
    if (SKIPPED.test(disk.name)) continue;
    const total = disk.reads === null || disk.writes === null ? null : disk.reads + disk.writes;
    const counts = [total, disk.reads, disk.writes].map((n) => `${String(n ?? '?').padStart(5)} `).join('');
    const start = `${String(disk.major).padStart(5)} ${digits(disk.gendisk).padEnd(18)} ${disk.name.padEnd(10)}`;
    yield `${start} ${digits(disk.requestQueue).padEnd(18)} ${counts}`;
  }
}

/** Of `dev`, in crash's layout. */
export function* dumpLines({ deviceDumps = [], words, written }: DevicesData): Iterable<string> {
  const [first] = deviceDumps;
  if (first && (words || written !== undefined)) {
    yield `DEVICE: ${first.name}`;
    if (written !== undefined) yield `${first.size} bytes copied from 0x${first.offset.toString(16)} to ${written}`;
    for (let i = 0; words && i < words.length; i += 2) {
      const place = (first.offset + i * 8).toString(16).padStart(16);
      yield `${place}:  ${words
        .slice(i, i + 2)
        .map(digits)
        .join(' ')}`;
    }
    return;
  }
  yield `INDEX  ${'OFFSET'.padEnd(18)} ${'SIZE'.padEnd(16)} NAME`;
  for (const { index, offset, size, name } of deviceDumps) {
    yield `${String(index).padStart(3)}    ${`0x${offset.toString(16)}`.padEnd(18)} ${String(size).padEnd(16)} ${name}`;
  }
}
