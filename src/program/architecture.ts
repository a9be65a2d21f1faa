import type { Addr, Bytes, PhysAddr } from '../base/units.ts';
import type { Translate } from '../memory/address-space.ts';
import type { PagingFormat } from '../memory/page-walk.ts';
import type { PhysicalMemory } from '../memory/physical.ts';
import type { DumpImage } from './dump-format.ts';
import type { InstructionSetName } from './instruction.ts';
import type { Program } from './program.ts';
import type { UnwindSupport } from './unwind-support.ts';
import type { Vmcoreinfo } from './vmcoreinfo.ts';

/** Register values of one frame, by the index of `Architecture.registers`; absent when not known. */
export type RegisterValues = (bigint | undefined)[];

/** A part of the kernel's address space that is physically contiguous: tried before the page tables. */
export interface LinearRange {
  readonly start: Addr;
  /** Exclusive; up to 2^64. */
  readonly end: Addr;
  readonly phys: PhysAddr;
}

/** How the kernel of a dump maps its memory; found by the architecture from headers, VMCOREINFO and memory. */
export interface KernelMap {
  /** PAGE_SIZE of the kernel. */
  readonly pageSize: Bytes;
  /** Bits of a kernel virtual address. */
  readonly vaBits: number;
  /** Distance by which KASLR moved the kernel, when known. */
  readonly kaslrOffset?: bigint;
  /** Physical address of the kernel's top-level page table. */
  readonly root: PhysAddr;
  /** The page tables lie in a part of memory that is not in the dump: the map is what headers state. */
  readonly unproved?: boolean;
  readonly linear: readonly LinearRange[];
  /** Kernel half: linear ranges first, then the kernel's page tables. */
  readonly translate: Translate;
  /** User half of a process. @param pgd value of `mm->pgd`, a kernel virtual address */
  readonly userTranslate: (pgd: Addr) => Translate;
  /** Kernel virtual address of the direct map of `phys`. */
  readonly directMap: (phys: PhysAddr) => Addr;
  /** How its page tables are walked step by step and their entries read. Absent: translations have no steps. */
  readonly tables?: PageTables;
  /** Virtual address of `struct page` of page frame 0 (vmemmap base), when the kernel uses a virtual memory map. */
  readonly vmemmap?: Addr;
}

/** The page tables of a kernel, for those who want to see every entry. */
export interface PageTables {
  readonly format: PagingFormat;
  /** The kernel's names of the levels, root first: `PGD`, `PUD`, `PMD`, `PTE`. */
  readonly levelNames: readonly string[];
  /** Of the tables below `root`, where those of a process may differ from the kernel's. Absent: they do not. */
  readonly tablesAt?: (root: PhysAddr) => Pick<PageTables, 'format' | 'levelNames'> | undefined;
  /** Debuggers of this CPU print entries of the kernel's tables by virtual address, and its root apart. */
  readonly entryAddresses: 'virtual' | 'physical';
  /** Bits of an entry that the CPU reads as zero address: names of the flags that are set; empty when it maps nothing. */
  flagNames(entry: bigint): readonly string[];
  /** Physical address in an entry of the last level. */
  address(entry: bigint): PhysAddr;
  /** Where an address of the kernel lies that the CPU maps without its tables; undefined of others. */
  readonly withoutTables?: (at: Addr) => PhysAddr | undefined;
  /** What an entry without a page says of swap space: number of the area, and slot in it. */
  swap(entry: bigint): { readonly type: number; readonly offset: bigint } | undefined;
}

export interface Architecture {
  /** As `uname -m` prints it. */
  readonly name: string;
  readonly elfMachine: number;
  readonly pointerSize: 4 | 8;
  readonly littleEndian: boolean;
  /** Of `struct elf_prstatus`, the content of a CPU's NT_PRSTATUS note: Linux include/linux/elfcore.h. */
  readonly prstatusSize?: Bytes;
  /**
   * The lowest address at which its kernels keep anything that a pointer leads to. Absent: the upper half is the kernel's
   * and the lower half a process's. Where it is lower, both have address spaces of their own, and an address alone does
   * not tell which one it is of.
   */
  readonly kernelStart?: Addr;
  /**
   * Bits by which the addresses of each half differ, in a kernel whose addresses have `vaBits`: what does not continue them with
   * zeros or ones alone is no address. Absent: that is not told from a value.
   */
  readonly halfBits?: (vaBits: number) => number;
  /** What its kernels print of an address that could not be used. Absent: all of it. */
  readonly printedAddress?: (address: Addr) => Addr;
  /** Page sizes in bytes that its kernels are built for, and bits of a kernel address; for the support matrix. */
  readonly pageSizes?: readonly Bytes[];
  readonly vaBits?: readonly number[];
  /** Whether VMCOREINFO text belongs to a kernel of this CPU; for files that state no machine. */
  recognise(vmcoreinfo: Vmcoreinfo): boolean;
  /** Names in the order of the DWARF register numbers of the CPU's ABI. */
  readonly registers: readonly string[];
  /**
   * The VMCOREINFO text at the place where its kernels leave the address of it; the file need not have it then.
   * Absent: there is no such place.
   */
  readonly vmcoreinfo?: (memory: PhysicalMemory) => string | undefined;
  /** @throws AnalysisError that says what is missing */
  kernelMap(image: DumpImage, info: Vmcoreinfo): KernelMap;
  /**
   * What of VMCOREINFO can be told from memory alone, for a dump that has lost it: the kernel is found by what its page
   * tables look like. Reads all of memory. Absent: such a dump cannot be opened.
   */
  readonly recoverInfo?: (memory: PhysicalMemory) => string | undefined;
  /** Absent: no stack traces yet. */
  readonly unwind?: UnwindSupport;
  /**
   * Data addresses that the machine code of a function names, in the order of the code; what is computed in other ways
   * is left out. Absent: variables that the kernel's symbol table lacks cannot be found from code.
   * @param code the function's bytes @param at its address
   */
  readonly dataReferences?: (code: Uint8Array, at: Addr) => readonly DataReference[];
  /**
   * KASAN_SHADOW_OFFSET of its kernels: added to an eighth of an address for the byte that KASAN's generic mode keeps of it.
   * Absent: it differs from kernel to kernel.
   */
  readonly kasanShadowOffset?: Addr;
  /** Where its kernels put the parts of their address space. Absent: they are not told. */
  readonly addressLayout?: (prog: Program) => AddressLayout;
  /** The per-CPU structure with what the kernel knows of a CPU: its symbol and type. */
  readonly cpuInfo?: { readonly symbol: string; readonly type: string };
  /** Where the CPU goes on exceptions and interrupts, by their number. Absent: it has no table of them. */
  readonly interruptVectors?: (prog: Program) => readonly InterruptVector[];
  /** Which count of `direct_pages_count[]` is of pages of so many KiB. Absent: as the kernel of most CPUs has it. */
  readonly directPages?: readonly { readonly kib: number; readonly index: number }[];
  /** The tables of system calls, the native one first. Absent: they are not known. */
  readonly systemCallTables?: readonly SystemCallTable[];
  /** What its kernels are made of. Absent: no disassembly. */
  readonly instructionSet?: InstructionSetName;
  /**
   * The relocations that compilers write into the debug sections of objects and modules, by `r_type`.
   * Absent: modules' debug information cannot be read.
   */
  readonly relocations?: Readonly<Record<number, DataRelocation>>;
  /** The relocations of machine code in modules, by `r_type`. Absent: modules' code cannot be told from their files. */
  readonly textRelocations?: Readonly<Record<number, TextRelocation>>;
}

/** Where the kernel finds the functions of system calls: an array of pointers. */
export interface SystemCallTable {
  /** What programs are called that use it. */
  readonly abi: string;
  readonly symbol: string;
  /** Functions whose code names it, where no symbol does. */
  readonly users?: readonly string[];
}

/** An entry of the table by which a CPU finds its interrupt handlers. */
export interface InterruptVector {
  readonly vector: number;
  /** 0n when the entry is empty. */
  readonly handler: Addr;
}

/** First addresses of the parts of a kernel's address space; those that are not known are absent. */
export interface AddressLayout {
  /** The direct map of physical memory. */
  readonly directMap?: Addr;
  readonly vmalloc?: Addr;
  readonly vmemmap?: Addr;
  /** Where the kernel's own text was linked to, apart from KASLR. */
  readonly kernelText?: Addr;
  readonly modules?: Addr;
}

/** How a relocation changes data: symbol plus addend, minus the place's address when it is relative. */
export interface DataRelocation {
  /** Of the place, in bytes; 0 changes nothing. */
  readonly size: 0 | 1 | 2 | 4 | 8;
  readonly relative?: boolean;
  /** What is done with the value that stands there: the place is set by default. */
  readonly apply?: 'add' | 'subtract';
  /** Which part of the place it is, where not the whole: the low 6 bits, or a ULEB128 number that keeps its length. */
  readonly field?: 'low-6' | 'uleb128';
}

/** How a relocation changes machine code. */
export interface TextRelocation extends DataRelocation {
  /** Bits of the 4-byte word that loading fills in, where the value is not worth computing: they count as unknown. */
  readonly mask?: number;
}

/** A data address in machine code: taken, or read or written directly. */
export interface DataReference {
  readonly address: Addr;
  readonly access: 'address' | 'memory';
}
