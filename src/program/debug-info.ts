import type { Addr, Bytes } from '../base/units.ts';
import type { CType } from '../types/c-type.ts';
import type { RegisterValues } from './architecture.ts';
import type { Program } from './program.ts';

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
  /** Type of a global variable or function. */
  findVariableType?(name: string): CType | undefined;
  /** Like `findVariableType` in the types of loaded modules; apart from it, because it has to read all of them. */
  findModuleVariableType?(name: string): CType | undefined;
  /** The constant of an enumeration by its name. */
  findEnumerator?(name: string): { readonly type: CType; readonly value: bigint } | undefined;
  /** Every named struct, union, enum and typedef, in no order. */
  namedTypes?(): Iterable<CType>;
  /** The named structs of the kernel whose size in bytes lies in a range, both ends included. */
  structsOfSize?(least: Bytes, most: Bytes): Iterable<CType>;
  /** Names of the functions whose only parameter is a pointer to this struct: what callbacks of one kind are. */
  functionsTaking?(struct: string): Iterable<string>;
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
  /** No function is described that has this code: the name is that of the symbol before it, the line of the row before. */
  readonly uncovered?: true;
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
