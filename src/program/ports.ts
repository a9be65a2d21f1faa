/**
 * The ports: what a dump format, a CPU, a debug format and a host provide. Each provider is one file in `dump/`,
 * `arch/` or `debug/` and one line in that folder's `index.ts`; what it cannot do, it leaves out.
 */
import type { ByteSource } from '../base/byte-source.ts';
import type { FaultReason } from '../base/errors.ts';
import type { Addr, Bytes, PhysAddr } from '../base/units.ts';
import type { Translate } from '../memory/address-space.ts';
import type { PagingFormat } from '../memory/page-walk.ts';
import type { PhysicalMemory } from '../memory/physical.ts';
import type { CType } from '../types/c-type.ts';
import type { InstructionSetName } from './instruction.ts';
import type { Program } from './program.ts';
import type { Vmcoreinfo } from './vmcoreinfo.ts';

// ---- hosts

export type CodecName = 'zlib' | 'lzo' | 'snappy' | 'zstd' | 'gzip';

/** Decodes one compressed block into `into`; returns the bytes written. Throws anything on damage. */
export type Decoder = (block: Uint8Array, into: Uint8Array) => Bytes;

/** The decompressors of a host. A decoder may have to be prepared (compiled) first; that is the host's affair. */
export interface Codecs {
  /** @throws UnsupportedError when the host has none or has not prepared it */
  decoder(name: CodecName): Decoder;
}

// ---- dump formats

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
  /** By content, never by name; reads a few bytes and must not throw. */
  probe(src: ByteSource): boolean;
  /**
   * @param src the file @param codecs for its pages @param more further files of a split set, in any order
   * @throws BadDataError
   */
  open(src: ByteSource, codecs: Codecs, more: readonly ByteSource[]): DumpImage;
}

// ---- CPUs

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
  /** Debuggers of this CPU print entries of the kernel's tables by virtual address, and its root apart. */
  readonly entryAddresses: 'virtual' | 'physical';
  /** Bits of an entry that the CPU reads as zero address: names of the flags that are set; empty when it maps nothing. */
  flagNames(entry: bigint): readonly string[];
  /** Physical address in an entry of the last level. */
  address(entry: bigint): PhysAddr;
  /** What an entry without a page says of swap space: number of the area, and slot in it. */
  swap(entry: bigint): { readonly type: number; readonly offset: bigint } | undefined;
}

export interface Architecture {
  /** As `uname -m` prints it. */
  readonly name: string;
  readonly elfMachine: number;
  readonly pointerSize: 4 | 8;
  readonly littleEndian: boolean;
  /** Page sizes in bytes that its kernels are built for, and bits of a kernel address; for the support matrix. */
  readonly pageSizes?: readonly Bytes[];
  readonly vaBits?: readonly number[];
  /** Whether VMCOREINFO text belongs to a kernel of this CPU; for files that state no machine. */
  recognise(vmcoreinfo: Vmcoreinfo): boolean;
  /** Names in the order of the DWARF register numbers of the CPU's ABI. */
  readonly registers: readonly string[];
  /** @throws AnalysisError that says what is missing */
  kernelMap(image: DumpImage, info: Vmcoreinfo): KernelMap;
  /** Absent: no stack traces yet. */
  readonly unwind?: UnwindSupport;
  /**
   * Data addresses that the machine code of a function names, in the order of the code; what is computed in other ways
   * is left out. Absent: variables that the kernel's symbol table lacks cannot be found from code.
   * @param code the function's bytes @param at its address
   */
  readonly dataReferences?: (code: Uint8Array, at: Addr) => readonly DataReference[];
  /** Where its kernels put the parts of their address space. Absent: they are not told. */
  readonly addressLayout?: (prog: Program) => AddressLayout;
  /** The per-CPU structure with what the kernel knows of a CPU: its symbol and type. */
  readonly cpuInfo?: { readonly symbol: string; readonly type: string };
  /** Where the CPU goes on exceptions and interrupts, by their number. Absent: it has no table of them. */
  readonly interruptVectors?: (prog: Program) => readonly InterruptVector[];
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

/** Where a frame's registers come from, from the surest to the weakest. */
export type FrameTrust = 'registers' | 'orc' | 'cfi' | 'frame-pointer' | 'scan';

/** Half-open range of a kernel stack. */
export interface StackRange {
  /** `task`, `irq`, `overflow`, `DF`, `NMI`, ... as the kernel's own dump names them. */
  readonly name: string;
  readonly low: Addr;
  readonly high: Addr;
}

/** One frame of a stack, as a CPU sees it. */
export interface Step {
  /** What is known of the registers in this frame; `pc` among them. */
  readonly registers: RegisterValues;
  readonly trust: FrameTrust;
  /** What debuggers print in brackets: where the return address lies, or the stack pointer of an interrupted frame. */
  readonly at: Addr;
  /** The pc is where execution was, not a return address. */
  readonly exact: boolean;
  /** An exception saved the registers of this frame, or a note did. */
  readonly saved: boolean;
  /** User space: the kernel's stack ends here. */
  readonly user?: boolean;
}

/** Why there is no further frame; `complete` when the stack really ends here. */
export interface StackEnd {
  readonly end: string;
  readonly complete: boolean;
}

/** The stacks that a walk may touch. Reads anywhere else are refused: a broken pointer must not lead astray. */
export interface StackMemory {
  readonly task: Addr;
  /** The task's own stack. */
  readonly own: StackRange;
  /** The stack that holds all `size` bytes at `at`. */
  find(at: Addr, size: Bytes): StackRange | undefined;
  /** The word at `at`, when that is 8-byte aligned and on one of the stacks. */
  word(at: Addr): bigint | undefined;
}

/** What the generic stepping loop asks of a CPU. */
export interface UnwindSupport {
  readonly pc: number;
  readonly sp: number;
  /** Where frames come from, the surest first; for the support matrix. */
  readonly frames?: readonly FrameTrust[];
  /** Registers that a function leaves as they were, by number: what call frame information does not say. */
  readonly calleeSaved?: readonly number[];
  /**
   * The register that points at where its caller's value is saved, in every function that has called another. Absent: no
   * register does so throughout.
   */
  readonly frameRecord?: number;
  /** Bytes of a call, where debuggers of this CPU show the call and not what comes behind it. */
  readonly callLength?: Bytes;
  /** Registers of a NT_PRSTATUS note's `desc`; undefined when it is too short. */
  prstatus(desc: Uint8Array, littleEndian: boolean): RegisterValues | undefined;
  /** The innermost frame of a task that does not run. @param task address of `struct task_struct` */
  blocked(prog: Program, task: Addr): Step;
  /** The stack of a task. */
  taskStack(prog: Program, task: Addr): StackRange;
  /** The further stacks of a CPU: for interrupts, NMIs, overflows. Those that cannot be found are left out. */
  cpuStacks(prog: Program, cpu: number): readonly StackRange[];
  /** The stack that `at` lies on, judged by the memory around it, where the kernel's variables do not lead to it. */
  stackAt?(prog: Program, at: Addr): StackRange | undefined;
  /** From a frame to its caller. */
  step(prog: Program, frame: Step, stack: StackMemory): Step | StackEnd;
  /** Whether the registers are those of user space. */
  isUser(prog: Program, registers: RegisterValues): boolean;
  /**
   * The exception frames (`struct pt_regs`) in a stack, told by their contents alone, ascending. Absent: they cannot be told.
   */
  exceptionFrames?(prog: Program, stack: StackRange): readonly ExceptionFrame[];
}

/** What an exception saved on a stack. */
export interface ExceptionFrame {
  readonly at: Addr;
  readonly registers: RegisterValues;
  /** It came from user space. */
  readonly user: boolean;
}

// ---- debug information

export interface KernelSymbol {
  readonly name: string;
  readonly address: Addr;
  /** Up to the next symbol when the table states none, as the kernel's own kallsyms does. */
  readonly size: Bytes;
  /** nm's letter; `?` when the table has none. */
  readonly letter: string;
  /** Module name; undefined for vmlinux. */
  readonly module?: string;
}

/** What a frame's registers are computed from: a register, the memory that one points to, or the caller's stack pointer. */
export type UnwindBase =
  | 'undefined'
  | 'prev-sp'
  | 'ax'
  | 'dx'
  | 'di'
  | 'bp'
  | 'sp'
  | 'r10'
  | 'r13'
  | 'bp-indirect'
  | 'sp-indirect';

/** A row of an unwind table: how to get from a frame to its caller. */
export interface UnwindRow {
  /** Stack pointer of the caller, or where saved registers lie: the base, dereferenced when it is indirect, plus offset. */
  readonly spBase: UnwindBase;
  readonly spOffset: Bytes;
  /** Where the caller's frame pointer is saved. */
  readonly bpBase: UnwindBase;
  readonly bpOffset: Bytes;
  readonly kind: 'call' | 'regs' | 'regs-partial' | 'undefined' | 'end-of-stack';
  /** The caller's pc is exact, not a return address. */
  readonly signal: boolean;
}

/** What one source of debug information answers; it is asked only for what it has. */
export interface DebugInfo {
  /** `name` with or without `struct `, `union `, `enum ` before it. */
  findType?(name: string): CType | undefined;
  findSymbol?(name: string): KernelSymbol | undefined;
  /** Like `findSymbol` in any loaded module; apart from it, because it has to read the tables of all of them. */
  findModuleSymbol?(name: string): KernelSymbol | undefined;
  /** Like `findType` in the types of loaded modules; apart from it for the same reason. */
  findModuleType?(name: string): CType | undefined;
  /** The symbol that covers `at`. */
  symbolAt?(at: Addr): KernelSymbol | undefined;
  /**
   * The symbol whose bytes hold `at`, as the size of each symbol tells that a file's table states; null when the address
   * is of that file and no symbol's, undefined when it is of none that states sizes.
   */
  symbolHolding?(at: Addr): KernelSymbol | null | undefined;
  /** Every symbol, ascending by address inside each object. */
  symbols?(): Iterable<KernelSymbol>;
  /** Every symbol of the kernel's own file, with what kernels leave out of their tables; ascending. */
  fileSymbols?(): Iterable<KernelSymbol>;
  /** Row for an instruction address (of a return address: minus one). */
  unwindRow?(pc: Addr): UnwindRow | undefined;
  /**
   * Source lines of an instruction address (of a return address: minus one), innermost first; the last is the function
   * that exists on its own. A function without line information is one frame with an empty `file`.
   */
  sourceAt?(pc: Addr): readonly SourceFrame[] | undefined;
  /**
   * The caller's registers by call frame information, of a frame that is at `pc` (of a return address: minus one).
   * @param read the word at an address, when it may be read
   */
  callerRegisters?(
    pc: Addr,
    registers: RegisterValues,
    read: (at: Addr) => bigint | undefined,
  ): CallerRegisters | undefined;
  /**
   * Parameters and local variables of the functions at a place, inlined ones first. @param registers of the frame
   */
  localsAt?(pc: Addr, frame: FrameRegisters): readonly LocalVariable[] | undefined;
  /** Like `findType`, from what tells arrays of arrays, and arrays of no elements from those of any number. */
  findExactType?(name: string): CType | undefined;
  /** Type of a global variable. */
  findVariableType?(name: string): CType | undefined;
  /** The constant of an enumeration by its name. */
  findEnumerator?(name: string): { readonly type: CType; readonly value: bigint } | undefined;
  /** Every named struct, union, enum and typedef, in no order. */
  namedTypes?(): Iterable<CType>;
  /** What the preprocessor puts in place of a name. */
  findMacro?(name: string): MacroDefinition | undefined;
  /** The `size` bytes at a run-time address as the file of the kernel or module has them, relocated. */
  fileText?(address: Addr, size: Bytes): FileText | undefined;
}

/** A macro of the kernel's source as it was defined last in the first file that defines it. */
export interface MacroDefinition {
  readonly name: string;
  /** Of a macro that is called like a function; `...` or `rest...` at the end when it takes any number. */
  readonly parameters?: readonly string[];
  /** What stands for it; may be empty. */
  readonly body: string;
}

/** Machine code as the file has it, as far as it can be compared with memory. */
export interface FileText {
  /** Name of the file. */
  readonly file: string;
  readonly bytes: Uint8Array;
  /** As long as `bytes`: bits that are set are filled in on loading, and the file does not tell them. Absent: none. */
  readonly unknown?: Uint8Array;
  /** By how much absolute addresses in the code differ in memory, when the file was linked for another address. */
  readonly moved: bigint;
  /** Why it may be the wrong file: then differences tell nothing. */
  readonly doubt?: string;
  /** The places in these bytes that file and kernel list for patching, the surest first; looked up when it is asked. */
  sites(): readonly PatchSite[];
}

/** A place that the kernel may rewrite at run time. */
export interface PatchSite {
  /** From the start of the bytes; negative when it begins before. */
  readonly offset: number;
  /** Bytes that may be rewritten. */
  readonly size: Bytes;
  readonly kind: PatchKind;
}

/** What rewrites code at run time. */
export type PatchKind =
  | 'alternative'
  | 'static key'
  | 'static call'
  | 'paravirt'
  | 'retpoline'
  | 'return thunk'
  | 'lock prefix'
  | 'sealed'
  | 'ftrace'
  | 'breakpoint';

/** What call frame information tells of a caller. */
export interface CallerRegisters {
  /** Canonical frame address: the stack pointer before the call. */
  readonly cfa: Addr;
  readonly registers: RegisterValues;
  /** The caller's pc is exact, not a return address. */
  readonly signal: boolean;
}

/** A frame as far as its variables need it. */
export interface FrameRegisters {
  readonly registers: RegisterValues;
  /** The CPU that the frame ran on: per-CPU variables are that one's. */
  readonly cpu?: number;
  /** The frames that called it, nearest first: for values on entry. */
  readonly callers: readonly { readonly lookupPc: Addr; readonly pc: Addr; readonly registers: RegisterValues }[];
}

/** A parameter or local variable of a function. */
export interface LocalVariable {
  readonly name: string;
  /** Of the function that declares it, which may be an inlined one. */
  readonly function: string;
  readonly parameter: boolean;
  readonly type: CType | undefined;
  /** Its bytes, as they would lie in memory; absent when it has none that can be told. */
  readonly bytes?: Uint8Array;
  /** Where it is, when it is in memory. */
  readonly address?: Addr;
  /** Why there is no value: `optimized out`, or what is missing. */
  readonly why?: string;
  /** Of a pointer whose target is optimized out and so has no address: the value that it would point to. */
  readonly pointee?: OptimizedObject;
  /** Why this may be wrong: it comes from a file of another build, that was used all the same. */
  readonly doubt?: string;
}

/** An object that the compiler keeps in no memory, but whose value is known. */
export interface OptimizedObject {
  readonly name: string;
  readonly type: CType;
  readonly bytes: Uint8Array;
}

/** A function in the source, and the place in it that an address comes from. */
export interface SourceFrame {
  /** Of the function; empty when only the line is known. */
  readonly name: string;
  /** As the compiler wrote it, its directories joined; empty when not known. */
  readonly file: string;
  /** From 1; 0 when not known or when the code belongs to no line. */
  readonly line: number;
  /** From 1; 0 when not known. */
  readonly column: number;
  /** The function was inlined into the next of the chain. */
  readonly inlined: boolean;
  /** Why this may be wrong: it comes from a file of another build, that was used all the same. */
  readonly doubt?: string;
}

/** What a program may be asked for, by kind of information. */
export type DebugCapability = 'types' | 'symbols' | 'unwind-rows' | 'lines' | 'locals' | 'cfi' | 'file-text';

export interface DebugProvider {
  readonly name: string;
  readonly offers: readonly DebugCapability[];
  /** Called on the first question that it offers to answer. @throws AnalysisError when the dump does not hold it */
  open(prog: Program): DebugInfo;
}

/** A reason that reads `address` may fail, kept with a result. */
export interface Problem {
  /** What was being done, for example `types from BTF`. */
  readonly what: string;
  readonly why: string;
  readonly fault?: FaultReason;
}
