/** What the disassembler uses of its WebAssembly module; the letters are the exports of the pinned build. */
export interface CapstoneExports {
  /** The module's memory. */
  readonly d: { readonly buffer: ArrayBuffer };
  /** Constructors; to be called once before anything else. */
  e(): void;
  /** cs_version(int *major, int *minor). */
  f(major: number, minor: number): number;
  /** cs_open(arch, mode, csh *handle). */
  j(arch: number, mode: number, handle: number): number;
  /** cs_option(handle, option, value). */
  l(handle: number, option: number, value: number): number;
  /** cs_malloc(handle): room for one instruction with its detail. */
  o(handle: number): number;
  /** cs_disasm_iter(handle, code**, size*, address*, insn). */
  p(handle: number, code: number, size: number, address: number, insn: number): number;
  /** cs_reg_name(handle, register). */
  q(handle: number, register: number): number;
  /** cs_regs_access(handle, insn, read, readCount*, written, writtenCount*). */
  y(handle: number, insn: number, read: number, reads: number, written: number, writes: number): number;
  /** malloc(size). */
  z(size: number): number;
}

/** Functions that the module imports: file output (never used) and growing its memory. */
export interface CapstoneImports {
  readonly a: {
    readonly a: () => number;
    readonly b: () => number;
    readonly c: () => number;
  };
}

/** Instantiates the module (capstone.wasm of @alexaltea/capstone-js 5.0.9); it may be expensive and happens once. */
export type LoadCapstone = (imports: CapstoneImports) => CapstoneExports;

/** No output, and no memory beyond the 22 MB that the module starts with: a request for more fails inside it. */
export const CAPSTONE_IMPORTS: CapstoneImports = { a: { a: () => -1, b: () => 0, c: () => -1 } };
