import { hex64 } from '../base/hex.ts';
import type { Program } from '../program/program.ts';
import type { Block } from './block.ts';
import { arrayOf, integer, object, optional, record, type Schema, string } from './schema.ts';

/** What the files of a dump say of themselves. */
export interface DumpHeaderData {
  readonly format: string;
  readonly files: readonly { readonly name: string; readonly size: number }[];
  /** By name, as the header has them; QEMU leaves most of them empty. */
  readonly header: Readonly<Record<string, string>>;
  readonly vmcoreinfo: readonly string[];
  readonly deviceDumps?: readonly string[];
  readonly problems?: readonly string[];
}

export const dumpHeaderSchema: Schema = object('What the files of the dump say of themselves (`-n`, `-D`).', {
  format: string('The format, for people.'),
  files: arrayOf('The files.', object('One.', { name: string('Name.'), size: integer('Bytes.') })),
  header: record('Fields of the header that are filled in, by name.', string('Value.')),
  vmcoreinfo: arrayOf('The VMCOREINFO text; empty when there is none.', string('Line.')),
  deviceDumps: optional(arrayOf('Names of what drivers added.', string('Name.'))),
  problems: optional(arrayOf('What is wrong with the files.', string('A sentence.'))),
});

export function dumpHeaderData({ image, vmcoreinfo }: Program): DumpHeaderData {
  const { header, deviceDumps, problems } = image;
  const text = vmcoreinfo.text.trimEnd();
  const seconds = header.timestampSeconds;
  const fields: Readonly<Record<string, string | undefined>> = {
    ...header.utsname,
    timestamp: seconds ? new Date(seconds * 1000).toISOString() : undefined,
    dump_level: header.dumpLevel?.toString(),
    phys_base: header.physBase === undefined ? undefined : hex64(header.physBase),
    block_size: header.blockSize?.toString(),
    nr_cpus: header.cpuCount?.toString(),
    machine_type: image.elfMachine?.toString(),
    cpu_notes: image.cpuNotes.length.toString(),
  };
  return {
    format: image.format,
    files: (image.files ?? []).map(({ name, size }) => ({ name: name.replace(/^.*[\\/]/, ''), size })),
    header: Object.fromEntries(Object.entries(fields).filter((f): f is [string, string] => f[1] !== undefined)),
    vmcoreinfo: text === '' ? [] : text.split('\n'),
    ...(deviceDumps && deviceDumps.length > 0 && { deviceDumps: deviceDumps.map((d) => d.name) }),
    ...(problems.length > 0 && { problems }),
  };
}

export function* dumpHeaderBlocks(data: DumpHeaderData): Iterable<Block> {
  const facts: (readonly [string, string])[] = [['format', data.format]];
  for (const { name, size } of data.files) facts.push(['file', `${name}  (${size} bytes)`]);
  facts.push(...Object.entries(data.header));
  for (const name of data.deviceDumps ?? []) facts.push(['device dump', name]);
  yield { kind: 'facts', width: 20, facts };
  yield { kind: 'lines', lines: ['', 'vmcoreinfo:', ...data.vmcoreinfo.map((line) => `  ${line}`)] };
  if (data.problems) yield { kind: 'lines', lines: ['', ...data.problems.map((p) => `(${p})`)] };
}
