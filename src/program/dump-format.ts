import type { ByteSource } from '../base/byte-source.ts';
import type { Addr, Bytes, PhysAddr } from '../base/units.ts';
import type { PhysicalMemory } from '../memory/physical.ts';

export type CodecName = 'zlib' | 'lzo' | 'snappy' | 'zstd' | 'gzip';

/** Decodes one compressed block into `into`; returns the bytes written. Throws anything on damage. */
export type Decoder = (block: Uint8Array, into: Uint8Array) => Bytes;

/** The decompressors of a host. A decoder may have to be prepared (compiled) first; that is the host's affair. */
export interface Codecs {
  /** @throws UnsupportedError when the host has none or has not prepared it */
  decoder(name: CodecName): Decoder;
  /** A decoder that tells where the block ends in bytes that go on behind it: bytes read. Absent: not to be had. */
  endFinder?(name: CodecName): Decoder | undefined;
}

/** Facts that the file itself states, before any memory is read. Every one may be absent or, from QEMU, wrong. */
export interface ImageHeader {
  /** From the kdump header's `struct new_utsname`, in its order; empty fields left out. */
  readonly utsname?: Partial<Record<'sysname' | 'nodename' | 'release' | 'version' | 'machine' | 'domainname', string>>;
  /** When the dump was taken, in seconds since the epoch. */
  readonly timestampSeconds?: number;
  /** makedumpfile's filter level (0 to 31). */
  readonly dumpLevel?: number;
  /** `phys_base` of the kdump sub-header; QEMU writes garbage, so VMCOREINFO goes first. */
  readonly physBase?: bigint;
  /** Block size in bytes that the file counts in; QEMU's need not be the kernel's page size. */
  readonly blockSize?: Bytes;
  /** CPUs that the header counts. */
  readonly cpuCount?: number;
}

/** One opened dump: its physical memory and what its headers say. */
export interface DumpImage {
  /** For people, for example `kdump-compressed (zlib), flattened`. */
  readonly format: string;
  readonly memory: PhysicalMemory;
  readonly header: ImageHeader;
  /** `e_machine` of an ELF dump. */
  readonly elfMachine?: number;
  readonly littleEndian?: boolean;
  /** The VMCOREINFO text. */
  readonly vmcoreinfo?: string;
  /** `desc` of each NT_PRSTATUS note in file order; of QEMU one a CPU, of kexec one a CPU that answered. */
  readonly cpuNotes: readonly Uint8Array[];
  /** `desc` of each note that QEMU adds (`QEMUCPUState`: general registers, segments, CR0 to CR4), one a CPU. */
  readonly qemuNotes?: readonly Uint8Array[];
  /** The files that it was opened from, as they are. */
  readonly files?: readonly ByteSource[];
  /** What drivers added to the dump in a form of their own. */
  readonly deviceDumps?: readonly DeviceDump[];
  /** PT_LOAD segments that state a virtual address. */
  readonly virtualSegments: readonly { readonly virt: Addr; readonly phys: PhysAddr; readonly size: Bytes }[];
  /** Decoders that pages may need. */
  readonly codecs: readonly CodecName[];
  /** What is wrong with the file: truncated, incomplete, contradicting fields. One sentence each. */
  readonly problems: readonly string[];
}

/** Data of a device that its driver added to a dump (NT_VMCOREDD). */
export interface DeviceDump {
  /** `cxgb4_0000:02:00.4` */
  readonly name: string;
  /** Of the data, in the file. */
  readonly offset: Bytes;
  readonly size: Bytes;
  /** @throws BadDataError beyond the end */
  read(offset: Bytes, size: Bytes): Uint8Array;
}

export interface DumpFormat {
  readonly name: string;
  /** Who writes it and which forms of it are read; for the support matrix. */
  readonly summary?: string;
  /** How its pages may be compressed; absent: they are not. */
  readonly codecs?: readonly CodecName[];
  /** Several files may make up one dump. */
  readonly splits?: boolean;
  /** Its other file holds bare memory and has nothing that tells it. */
  readonly companion?: true;
  /** By content, never by name; reads a few bytes and must not throw. */
  probe(src: ByteSource): boolean;
  /**
   * @param src the file @param codecs for its pages @param more further files of a split set, in any order
   * @throws BadDataError
   */
  open(src: ByteSource, codecs: Codecs, more: readonly ByteSource[]): DumpImage;
}
