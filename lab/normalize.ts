import { closeSync, openSync, writeSync } from 'node:fs';
import { readAt } from './kdump-file.ts';

/** Sources: elf(5); the layout the kernel gives /proc/vmcore (kernel/kexec_file.c, fs/proc/vmcore.c). */
const EHDR = 64;
const PHDR = 56;
const PT_LOAD = 1;
const PT_NOTE = 4;
const PAGE = 4096;
const GIB = 1n << 30n;
const X86_KERNEL_MAP = 0xffffffff80000000n;
/** Device memory (video, firmware) that QEMU dumps too begins here in the lab's x86 guests. */
const X86_RAM_END = 0xc0000000n;

interface Load {
  readonly offset: number;
  readonly phys: bigint;
  readonly size: number;
}

interface CoreFile {
  readonly header: Buffer;
  readonly notes: Buffer;
  readonly info: Map<string, string>;
  readonly loads: readonly Load[];
}

function readCore(fd: number): CoreFile {
  const header = readAt(fd, 0, EHDR);
  const phoff = Number(header.readBigUInt64LE(32));
  const table = readAt(fd, phoff, header.readUInt16LE(56) * PHDR);
  const loads: Load[] = [];
  let notes: Buffer = Buffer.alloc(0);
  for (let at = 0; at < table.length; at += PHDR) {
    const offset = Number(table.readBigUInt64LE(at + 8));
    const size = Number(table.readBigUInt64LE(at + 32));
    if (table.readUInt32LE(at) === PT_NOTE) notes = readAt(fd, offset, size);
    if (table.readUInt32LE(at) === PT_LOAD) loads.push({ offset, size, phys: table.readBigUInt64LE(at + 24) });
  }
  const kept = keepKernelNotes(notes);
  return { header, loads, ...kept };
}

/** Only what the kernel itself would write: one NT_PRSTATUS for each CPU, and VMCOREINFO. */
function keepKernelNotes(notes: Buffer): Pick<CoreFile, 'notes' | 'info'> {
  const kept: Buffer[] = [];
  let info = new Map<string, string>();
  const pad = (n: number): number => (n + 3) & ~3;
  for (let at = 0; at + 12 <= notes.length; ) {
    const nameSize = notes.readUInt32LE(at);
    const dataSize = notes.readUInt32LE(at + 4);
    const dataAt = at + 12 + pad(nameSize);
    const end = dataAt + pad(dataSize);
    const name = notes.toString('latin1', at + 12, at + 12 + nameSize - 1);
    if (name === 'CORE' || name === 'VMCOREINFO') kept.push(notes.subarray(at, end));
    if (name === 'VMCOREINFO') info = parseInfo(notes.toString('latin1', dataAt, dataAt + dataSize));
    at = end;
  }
  if (info.size === 0) throw new Error('the dump has no VMCOREINFO note');
  return { notes: Buffer.concat(kept), info };
}

function parseInfo(text: string): Map<string, string> {
  const pairs = text.split('\n').map((l) => /^([^=]+)=(.*)$/.exec(l));
  return new Map(pairs.flatMap((m) => (m ? [[m[1] ?? '', m[2] ?? ''] as const] : [])));
}

function need(info: Map<string, string>, key: string): string {
  const value = info.get(key);
  if (value === undefined) throw new Error(`VMCOREINFO has no ${key}`);
  return value;
}

/** Virtual address of physical address 0 in the direct mapping, and where the kernel's image is. */
function mapping(info: Map<string, string>): { direct: bigint; text?: { virt: bigint; phys: bigint } } {
  const hex = (key: string): bigint => BigInt(`0x${need(info, key)}`);
  if (info.has('NUMBER(kimage_voffset)')) {
    // the linear map starts at -2^VA_BITS (since 5.4) with the first byte of memory
    return { direct: -(1n << BigInt(need(info, 'NUMBER(VA_BITS)'))) - BigInt(need(info, 'NUMBER(PHYS_OFFSET)')) };
  }
  // The direct mapping begins at a multiple of 1 GiB, and the lab's guests have at most that much memory: any address
  // in it tells where it begins.
  const stext = hex('SYMBOL(_stext)');
  const phys = stext - X86_KERNEL_MAP + BigInt(need(info, 'NUMBER(phys_base)'));
  return { direct: (hex('SYMBOL(mem_section)') / GIB) * GIB, text: { virt: stext, phys } };
}

function programHeader(type: number, offset: number, virt: bigint, phys: bigint, size: number): Buffer {
  const out = Buffer.alloc(PHDR);
  out.writeUInt32LE(type, 0);
  out.writeUInt32LE(type === PT_LOAD ? 7 : 0, 4);
  out.writeBigUInt64LE(BigInt(offset), 8);
  out.writeBigUInt64LE(BigInt.asUintN(64, virt), 16);
  out.writeBigUInt64LE(phys, 24);
  out.writeBigUInt64LE(BigInt(size), 32);
  out.writeBigUInt64LE(BigInt(size), 40);
  return out;
}

/**
 * Rewrites QEMU's ELF dump (without paging) as the ELF file a capture kernel's /proc/vmcore would have been.
 * makedumpfile reads only that: QEMU's has no virtual addresses, its program headers are not where makedumpfile looks,
 * and QEMU's kdump files carry a wrong phys_base (x86-64 with KASLR), a wrong block size (arm64) and no utsname.
 */
export function normalizeCore(from: string, to: string): void {
  const source = openSync(from, 'r');
  const target = openSync(to, 'w');
  const core = readCore(source);
  const { direct, text } = mapping(core.info);
  const loads = text === undefined ? core.loads : core.loads.filter((l) => l.phys < X86_RAM_END);
  const count = 1 + loads.length + (text === undefined ? 0 : 1);
  const notesAt = EHDR + PHDR * count;
  const align = (n: number): number => Math.ceil(n / PAGE) * PAGE;
  let at = align(notesAt + core.notes.length);
  const headers = [programHeader(PT_NOTE, notesAt, 0n, 0n, core.notes.length)];
  for (const load of loads) {
    if (text !== undefined && text.phys >= load.phys && text.phys < load.phys + BigInt(load.size)) {
      const into = Number(text.phys - load.phys); // the image a second time, at its own addresses
      const size = Math.min(64 << 20, load.size - into);
      headers.splice(1, 0, programHeader(PT_LOAD, at + into, text.virt, text.phys, size));
    }
    headers.push(programHeader(PT_LOAD, at, direct + load.phys, load.phys, load.size));
    copyRange(source, load.offset, target, at, load.size);
    at = align(at + load.size);
  }
  const header = Buffer.from(core.header);
  header.writeBigUInt64LE(BigInt(EHDR), 32);
  header.writeBigUInt64LE(0n, 40); // no section headers
  header.writeUInt16LE(headers.length, 56);
  header.fill(0, 58);
  const head = Buffer.concat([header, ...headers]);
  writeSync(target, head, 0, head.length, 0);
  writeSync(target, core.notes, 0, core.notes.length, notesAt);
  closeSync(source);
  closeSync(target);
}

function copyRange(source: number, from: number, target: number, to: number, size: number): void {
  const step = 4 << 20;
  for (let done = 0; done < size; done += step) {
    const part = readAt(source, from + done, Math.min(step, size - done));
    writeSync(target, part, 0, part.length, to + done);
  }
}
