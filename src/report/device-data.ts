import type { ProblemData } from './problems.ts';
import { problemsSchema } from './problems.ts';
import { arrayOf, boolean, hexString, integer, nullable, object, optional, type Schema, string } from './schema.ts';

/** What the command `dev` answers. */
export interface CharData {
  readonly address: string;
  readonly major: number;
  readonly firstMinor: number;
  readonly minors: number;
  readonly name: string;
  readonly cdev: string | null;
  readonly operations: string | null;
  readonly operationsName: string | null;
}

export interface BlockData {
  readonly address: string;
  readonly major: number;
  readonly name: string;
  readonly disks: readonly {
    readonly gendisk: string;
    readonly name: string;
    readonly operations: string;
    readonly operationsName: string | null;
  }[];
}

export interface ResourceData {
  readonly address: string;
  readonly start: string;
  readonly end: string;
  readonly name: string | null;
  readonly depth: number;
}

export interface BusData {
  readonly address: string;
  readonly parent: string | null;
  readonly name: string;
  readonly devices: readonly {
    readonly address: string;
    readonly name: string;
    readonly class: number;
    readonly vendor: number;
    readonly device: number;
    readonly type: string | null;
  }[];
}

export interface DiskData {
  readonly major: number;
  readonly firstMinor: number;
  readonly gendisk: string;
  readonly name: string;
  readonly requestQueue: string;
  readonly sectors: string;
  readonly reads: number | null;
  readonly writes: number | null;
  readonly requests: readonly { readonly address: string; readonly write: boolean }[] | null;
}

export interface DumpData {
  readonly index: number;
  readonly offset: number;
  readonly size: number;
  readonly name: string;
}

export interface DevicesData {
  readonly characterDevices?: readonly CharData[];
  readonly blockDevices?: readonly BlockData[];
  readonly ports?: readonly ResourceData[];
  readonly memory?: readonly ResourceData[];
  readonly buses?: readonly BusData[];
  readonly disks?: readonly DiskData[];
  readonly deviceDumps?: readonly DumpData[];
  /** Of one device dump: its words. */
  readonly words?: readonly string[];
  readonly written?: string;
  readonly problems?: readonly ProblemData[];
}

const operationsSchema = {
  operations: nullable(hexString('Its table of functions.')),
  operationsName: nullable(string('The symbol of that table.')),
};

const resourceSchema = object('`struct resource`.', {
  address: hexString('Where it is.'),
  start: hexString('First port or address.'),
  end: hexString('Last port or address.'),
  name: nullable(string('Who has it.')),
  depth: integer('How many resources it lies inside.'),
});

const diskSchema = object('`struct gendisk`.', {
  major: integer('Major number.'),
  firstMinor: integer('First minor number.'),
  gendisk: hexString('Where it is.'),
  name: string('Name.'),
  requestQueue: hexString('`struct request_queue`.'),
  sectors: string('Size in sectors of 512 bytes, decimal.'),
  reads: nullable(integer('Reads that the device is working on.')),
  writes: nullable(integer('Writes and other requests that send it data.')),
  requests: nullable(
    arrayOf(
      'What it is working on; null for a disk that keeps no requests.',
      object('`struct request`.', { address: hexString('Where it is.'), write: boolean('It sends data.') }),
    ),
  ),
});

const busSchema: Schema = object('`struct pci_bus`.', {
  address: hexString('Where it is.'),
  parent: nullable(hexString('The bus above; null for a root.')),
  name: string('Domain and number.'),
  devices: arrayOf(
    'In the order of the bus.',
    object('`struct pci_dev`.', {
      address: hexString('Where it is.'),
      name: string('Domain, bus, slot and function.'),
      class: integer('Base class times 256 and sub-class.'),
      vendor: integer('Vendor id.'),
      device: integer('Device id.'),
      type: nullable(string('Of PCI Express; null for other devices.')),
    }),
  ),
});

/** Shape of `DevicesData`. */
export const devicesSchema: Schema = object('Devices.', {
  characterDevices: optional(
    arrayOf(
      'In the order of the kernel.',
      object('`struct char_device_struct`.', {
        address: hexString('Where it is.'),
        major: integer('Major number.'),
        firstMinor: integer('First minor number.'),
        minors: integer('How many.'),
        name: string('Name of the driver or device.'),
        cdev: nullable(hexString('`struct cdev`; null when the driver keeps it elsewhere.')),
        ...operationsSchema,
      }),
    ),
  ),
  blockDevices: optional(
    arrayOf(
      'In the order of the kernel.',
      object('`struct blk_major_name`.', {
        address: hexString('Where it is.'),
        major: integer('Major number.'),
        name: string('Name of the driver.'),
        disks: arrayOf(
          'Disks with this number.',
          object('`struct gendisk`.', {
            gendisk: hexString('Where it is.'),
            name: string('Name.'),
            ...operationsSchema,
          }),
        ),
      }),
    ),
  ),
  ports: optional(arrayOf('With -i: I/O ports, each before those inside it.', resourceSchema)),
  memory: optional(arrayOf('With -i: memory, each before those inside it.', resourceSchema)),
  buses: optional(arrayOf('With -p: each before those below it.', busSchema)),
  disks: optional(arrayOf('With -d and -D.', diskSchema)),
  deviceDumps: optional(
    arrayOf(
      'With -V and -v: device dumps.',
      object('NT_VMCOREDD.', {
        index: integer('For -v.'),
        offset: integer('Of the data in the file, in bytes.'),
        size: integer('In bytes.'),
        name: string('Of the device.'),
      }),
    ),
  ),
  words: optional(arrayOf('With -v: the data as words of 64 bits.', hexString('A word.'))),
  written: optional(string('With -v and a file: its name.')),
  problems: optional(problemsSchema),
});
