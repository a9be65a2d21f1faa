import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { openImage } from '../../src/dump/open-image.ts';
import { nodeCodecs } from '../../src/node/codecs.ts';
import { openFileSource } from '../../src/node/file-source.ts';
import type { DumpImage } from '../../src/program/ports.ts';
import { writeLz4, writeTar, writeXz, writeZip } from '../build/archive-writer.ts';
import { type CoreNote, writeElfCore, writeNotes } from '../build/elf-core-writer.ts';
import { writeFlattened } from '../build/flattened-writer.ts';
import { type KdumpOptions, writeKdump } from '../build/kdump-writer.ts';
import { pageCompressors } from '../build/page-compressors.ts';
import { writeAvml, writeLime } from '../build/ram-image-writer.ts';
import { writeVmwareState } from '../build/vmware-writer.ts';
import type { FuzzDump } from './plan.ts';

const PAGE = 4096;
const GIB = 2 ** 30;

/** A run of pages that are there. */
interface Run {
  readonly start: number;
  readonly data: Uint8Array;
}

/** Bytes, or runs of them with nothing between. */
type Content = Uint8Array | { readonly size: number; readonly runs: readonly Run[] };

/** What a form is made of; each part is made when it is asked for. */
class Parts {
  readonly file: Uint8Array;
  readonly image: DumpImage;
  #runs: readonly Run[] | undefined;

  constructor(dump: FuzzDump) {
    const [path] = dump.files as readonly [string];
    this.file = new Uint8Array(readFileSync(path));
    this.image = openImage([openFileSource(path)], nodeCodecs());
  }

  get runs(): readonly Run[] {
    this.#runs ??= runsOf(this.image);
    return this.#runs;
  }

  /** Where RAM begins. */
  get start(): number {
    return Math.floor((this.runs[0]?.start ?? 0) / GIB) * GIB;
  }

  get end(): number {
    return Math.max(...this.runs.map((r) => r.start + r.data.length));
  }

  get kdump(): KdumpOptions {
    const pages = new Map<number, Uint8Array>();
    for (const { start, data } of this.runs)
      for (let at = 0; at < data.length; at += PAGE) pages.set((start + at) / PAGE, data.subarray(at, at + PAGE));
    const { vmcoreinfo = '', header, cpuNotes } = this.image;
    const {
      sysname = '',
      nodename = '',
      release = '',
      version = '',
      machine = '',
      domainname = '',
    } = header.utsname ?? {};
    return {
      pages,
      maxPfn: this.end / PAGE,
      vmcoreinfo,
      notes: writeNotes(cpuNotes.map(prstatus)),
      utsname: [sysname, nodename, release, version, machine, domainname],
    };
  }

  get raw(): Content {
    return {
      size: this.end - this.start,
      runs: this.runs.map(({ start, data }) => ({ start: start - this.start, data })),
    };
  }
}

function runsOf(image: DumpImage): Run[] {
  const runs: { start: number; parts: Uint8Array[] }[] = [];
  for (const { start, end } of image.memory.ranges()) {
    for (let at = start; at < end; at += PAGE) {
      const page = new Uint8Array(PAGE);
      if (image.memory.read(at, page) !== undefined) continue;
      const last = runs.at(-1);
      if (last && last.start + last.parts.length * PAGE === at) last.parts.push(page);
      else runs.push({ start: at, parts: [page] });
    }
  }
  return runs.map(({ start, parts }) => ({ start, data: Buffer.concat(parts) }));
}

const NT_PRSTATUS = 1;

function prstatus(desc: Uint8Array): CoreNote {
  return { name: 'CORE', type: NT_PRSTATUS, desc };
}

/** The memory of an image as an ELF file. */
export function elfOf(image: DumpImage, runs: readonly Run[] = runsOf(image)): Uint8Array {
  const info = { name: 'VMCOREINFO', type: 0, desc: new TextEncoder().encode(image.vmcoreinfo ?? '') };
  return writeElfCore({
    segments: runs.map(({ start, data }) => ({ phys: start, data })),
    notes: [...image.cpuNotes.map(prstatus), info],
    machine: image.elfMachine ?? (image.header.utsname?.machine === 'aarch64' ? 183 : 62),
  });
}

const kdump = (parts: Parts, codec: keyof typeof pageCompressors): Uint8Array =>
  writeKdump({ ...parts.kdump, compressor: pageCompressors[codec] });

function split(parts: Parts): Uint8Array[] {
  const middle = Math.floor((parts.start + parts.end) / 2 / PAGE);
  const options = { ...parts.kdump, compressor: pageCompressors.none };
  const part = (start: number, end: number): Uint8Array => writeKdump({ ...options, split: { start, end } });
  return [part(0, middle), part(middle, options.maxPfn)];
}

/** A machine with a hole below its second region, and its CPUs' registers. */
function vmwareState({ start, end, image }: Parts): Uint8Array {
  const pages = (end - start) / PAGE;
  const half = Math.floor(pages / 2);
  const registers = image.cpuNotes.flatMap((note, cpu) => {
    const view = new DataView(note.buffer, note.byteOffset);
    const word = (index: number): bigint => view.getBigUint64(112 + 8 * index, true);
    return [
      ['rip', [cpu], word(16)],
      ['rsp', [cpu], word(19)],
      ['rbp', [cpu], word(4)],
    ] as const;
  });
  return writeVmwareState({
    memory: [
      ['regionsCount', [], 2],
      ['regionPageNum', [0], 0],
      ['regionPPN', [0], start / PAGE],
      ['regionSize', [0], half],
      ['regionPageNum', [1], half],
      ['regionPPN', [1], start / PAGE + half],
      ['regionSize', [1], pages - half],
    ],
    cpu: registers,
  });
}

function framesOf(bytes: Uint8Array, size: number): Uint8Array {
  const count = Math.ceil(bytes.length / size);
  return Buffer.concat(
    Array.from({ length: count }, (_, i) => zstdCompressSync(bytes.subarray(i * size, (i + 1) * size))),
  );
}

const NOTE = new TextEncoder().encode('notes of the machine\n'.repeat(20));
const BLOCK = 0x200000;

type Make = (parts: Parts) => readonly Content[];
interface Form {
  readonly make: Make;
  readonly type?: 'packed';
}

const PLAIN: Readonly<Record<string, Form>> = {
  elf: { make: (p) => [elfOf(p.image, p.runs)] },
  flat: { make: (p) => [writeFlattened(p.file, { recordSize: 0x8000, interleave: true })] },
  split: { make: split },
  lime: { make: (p) => [writeLime(p.runs)] },
  avml: { make: (p) => [writeAvml(p.runs, 8)] },
  raw: { make: (p) => [p.raw] },
};

const packed = (make: (file: Uint8Array) => Uint8Array): Form => ({ type: 'packed', make: (p) => [make(p.file)] });

/** Forms of the sample of x86-64, and of that of arm64: each format is there for one CPU at least, most for both. */
const FORMS: readonly [Readonly<Record<string, Form>>, Readonly<Record<string, Form>>] = [
  {
    ...PLAIN,
    none: { make: (p) => [kdump(p, 'none')] },
    zlib: { make: (p) => [kdump(p, 'zlib')] },
    vmss: { make: (p) => [vmwareState(p), p.raw] },
    gz: packed((file) => gzipSync(file, { level: 1 })),
    zip: packed((file) => writeZip({ 'dmesg.txt': NOTE, vmcore: file }, true)),
    tar: packed((file) => writeTar({ 'crash/dmesg.txt': NOTE, 'crash/vmcore': file })),
    xz: packed((file) => writeXz(file, BLOCK)),
  },
  {
    ...PLAIN,
    lzo: { make: (p) => [kdump(p, 'lzo')] },
    snappy: { make: (p) => [kdump(p, 'snappy')] },
    zst: packed((file) => zstdCompressSync(file)),
    'frames.zst': packed((file) => framesOf(file, BLOCK / 2)),
    lz4: packed((file) => writeLz4(file, true)),
    'stored.zip': packed((file) => writeZip({ 'dmesg.txt': NOTE, vmcore: file }, false)),
    'tar.gz': packed((file) => gzipSync(writeTar({ vmcore: file }), { level: 1 })),
    'one.xz': packed((file) => writeXz(file, file.length)),
  },
];

/**
 * The samples in every form that a dump may have, as files of a folder; made when they are not there or older than the sample.
 * @param only names of forms; all when it is left out
 */
export function formsOf(samples: readonly FuzzDump[], folder: string, only?: readonly string[]): FuzzDump[] {
  mkdirSync(folder, { recursive: true });
  return samples.flatMap((sample) => {
    let parts: Parts | undefined;
    return Object.entries(sample.name.startsWith('arm64') ? FORMS[1] : FORMS[0])
      .filter(([name]) => only === undefined || only.includes(name))
      .map(([name, { make, type }]): FuzzDump => {
        const base = join(folder, `${sample.name}.${name}`);
        const files =
          name === 'vmss' ? [`${base}`, `${base}.vmem`] : name === 'split' ? [`${base}.1`, `${base}.2`] : [base];
        if (!files.every((f) => isNewer(f, sample.files[0] as string))) {
          parts ??= new Parts(sample);
          for (const [n, content] of make(parts).entries()) write(files[n] as string, content);
        }
        return { name: `${sample.name}.${name}`, files, type: type ?? 'dump' };
      });
  });
}

function isNewer(file: string, than: string): boolean {
  return (
    existsSync(file) &&
    statSync(file).mtimeMs > Math.max(statSync(than).mtimeMs, statSync(import.meta.filename).mtimeMs)
  );
}

/** Under a name of its own first: what has the right name is whole. */
function write(path: string, content: Content): void {
  const fd = openSync(`${path}.${process.pid}`, 'w');
  try {
    const runs = content instanceof Uint8Array ? [{ start: 0, data: content }] : content.runs;
    for (const { start, data } of runs)
      for (let done = 0; done < data.length; ) done += writeSync(fd, data, done, data.length - done, start + done);
    if (!(content instanceof Uint8Array)) ftruncateSync(fd, content.size);
  } finally {
    closeSync(fd);
  }
  renameSync(`${path}.${process.pid}`, path);
}
