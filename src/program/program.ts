import { AnalysisError, NotFoundError } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import { AddressSpace } from '../memory/address-space.ts';
import type { PhysicalMemory } from '../memory/physical.ts';
import type { CType, MemberPlace } from '../types/c-type.ts';
import { DebugSources } from './debug-sources.ts';
import type { Disassembler } from './instruction.ts';
import type {
  Architecture,
  CallerRegisters,
  Codecs,
  DebugCapability,
  DebugProvider,
  DumpImage,
  FileText,
  FrameRegisters,
  KernelMap,
  KernelSymbol,
  LocalVariable,
  MacroDefinition,
  Problem,
  RegisterValues,
  SourceFrame,
  UnwindRow,
} from './ports.ts';
import { Value } from './value.ts';
import type { Vmcoreinfo } from './vmcoreinfo.ts';

const MAX_SYMBOLS_AT = 4096;

/** An opened dump with everything that is known about its kernel. Holds every cache; two can be open at once. */
export class Program {
  readonly image: DumpImage;
  readonly arch: Architecture;
  readonly vmcoreinfo: Vmcoreinfo;
  readonly map: KernelMap;
  /** The lowest address of the kernel; see `Architecture.kernelStart`. */
  readonly kernelStart: Addr;
  readonly physical: PhysicalMemory;
  /** Kernel virtual memory. */
  readonly memory: AddressSpace;
  /** Set by a host that has one; it is loaded on the first question. */
  disassembler: Disassembler | undefined;
  /** The decompressors of the host, for what the kernel itself keeps compressed; set by whoever opened the dump. */
  codecs: Codecs | undefined;
  readonly #sources: DebugSources;
  readonly #problems: Problem[] = [];
  readonly #types = new Map<string, CType | undefined>();
  readonly #moduleTypes = new Map<string, CType | undefined>();
  readonly #symbols = new Map<string, KernelSymbol | undefined>();
  readonly #places = new Map<string, MemberPlace | undefined>();
  /** The stacks of a dump share most of their return addresses. */
  readonly #symbolsAt = new Map<Addr, KernelSymbol | undefined>();
  readonly #users = new Map<Addr, AddressSpace>();

  constructor(
    image: DumpImage,
    arch: Architecture,
    vmcoreinfo: Vmcoreinfo,
    map: KernelMap,
    providers: readonly DebugProvider[],
  ) {
    this.image = image;
    this.arch = arch;
    this.kernelStart = arch.kernelStart ?? 1n << BigInt(8 * arch.pointerSize - 1);
    this.vmcoreinfo = vmcoreinfo;
    this.map = map;
    this.physical = image.memory;
    this.memory = new AddressSpace(image.memory, map.translate, arch.littleEndian, arch.pointerSize);
    this.#sources = new DebugSources(this, providers);
  }

  get pointerSize(): 4 | 8 {
    return this.arch.pointerSize;
  }

  get pageSize(): Bytes {
    return this.map.pageSize;
  }

  /** The user half of a process. @param pgd `mm->pgd` */
  userMemory(pgd: Addr): AddressSpace {
    let user = this.#users.get(pgd);
    if (!user) {
      if (this.#users.size >= 8) this.#users.clear(); // each holds a cache of granules
      user = new AddressSpace(
        this.physical,
        this.map.userTranslate(pgd),
        this.arch.littleEndian,
        this.arch.pointerSize,
      );
      this.#users.set(pgd, user);
    }
    return user;
  }

  // ---- what could not be done

  /** Notes once that something could not be had, for the report. */
  noteProblem(what: string, error: unknown): void {
    if (!(error instanceof AnalysisError)) throw error;
    if (!this.#problems.some((p) => p.what === what)) this.#problems.push({ what, why: error.message });
  }

  problems(): readonly Problem[] {
    return this.#problems;
  }

  // ---- debug information, in the order of the providers

  /** A further source, asked after those that are there already. What was not found before is looked for again. */
  add(provider: DebugProvider): void {
    this.#sources.add(provider);
    for (const cache of [this.#types, this.#moduleTypes, this.#symbols, this.#places, this.#symbolsAt]) cache.clear();
  }

  /** Whether any source of this kind of information is there; opens it. */
  has(capability: DebugCapability): boolean {
    return this.#sources.ask(capability, () => true) === true;
  }

  findType(name: string): CType | undefined {
    let type = this.#types.get(name);
    if (type === undefined && !this.#types.has(name)) {
      type = this.#sources.ask('types', (info) => info.findType?.(name));
      this.#types.set(name, type);
    }
    return type;
  }

  /** The type for people to look at: from debug files where they are there, since BTF does not tell all of a type. */
  findExactType(name: string): CType | undefined {
    return this.#sources.ask('types', (info) => info.findExactType?.(name)) ?? this.findType(name);
  }

  type(name: string): CType {
    const type = this.findType(name);
    if (!type)
      throw new NotFoundError('type', name, this.has('types') ? undefined : 'the dump carries no type information');
    return type;
  }

  findSymbol(name: string): KernelSymbol | undefined {
    let symbol = this.#symbols.get(name);
    if (symbol === undefined && !this.#symbols.has(name)) {
      symbol = this.#sources.ask('symbols', (info) => info.findSymbol?.(name));
      if (!symbol) {
        const address = this.vmcoreinfo.symbol(name);
        if (address !== undefined) symbol = { name, address, size: 0, letter: '?' };
      }
      this.#symbols.set(name, symbol);
    }
    return symbol;
  }

  /** Address of a kernel variable or function. @throws NotFoundError */
  symbol(name: string): Addr {
    const symbol = this.findSymbol(name);
    if (!symbol) throw new NotFoundError('symbol', name);
    return symbol.address;
  }

  /** A symbol of a loaded module; reads the tables of all modules, so ask only for what a user named. */
  findModuleSymbol(name: string): KernelSymbol | undefined {
    return this.#sources.ask('symbols', (info) => info.findModuleSymbol?.(name));
  }

  /** A type that only a loaded module has; reads the types of all modules, so ask only for what a user named. */
  findModuleType(name: string): CType | undefined {
    let type = this.#moduleTypes.get(name);
    if (type === undefined && !this.#moduleTypes.has(name)) {
      type = this.#sources.ask('types', (info) => info.findModuleType?.(name));
      this.#moduleTypes.set(name, type);
    }
    return type;
  }

  symbolAt(at: Addr): KernelSymbol | undefined {
    let symbol = this.#symbolsAt.get(at);
    if (symbol === undefined && !this.#symbolsAt.has(at)) {
      symbol = this.#sources.ask('symbols', (info) => info.symbolAt?.(at));
      if (this.#symbolsAt.size >= MAX_SYMBOLS_AT) this.#symbolsAt.clear();
      this.#symbolsAt.set(at, symbol);
    }
    return symbol;
  }

  /** See `DebugInfo.symbolHolding`; undefined when nothing states sizes of symbols at this address. */
  symbolHolding(at: Addr): KernelSymbol | null | undefined {
    return this.#sources.ask('symbols', (info) => info.symbolHolding?.(at));
  }

  /** The symbols of a vmlinux, when one was given; see `DebugInfo.fileSymbols`. */
  fileSymbols(): Iterable<KernelSymbol> | undefined {
    return this.#sources.ask('symbols', (info) => info.fileSymbols?.());
  }

  *symbols(): Iterable<KernelSymbol> {
    for (const info of this.#sources.offering('symbols')) if (info.symbols) yield* info.symbols();
  }

  unwindRow(pc: Addr): UnwindRow | undefined {
    return this.#sources.ask('unwind-rows', (info) => info.unwindRow?.(pc));
  }

  /** Function, file and line of an instruction address (of a return address: minus one), inlined calls first. */
  sourceAt(pc: Addr): readonly SourceFrame[] | undefined {
    return this.#sources.ask('lines', (info) => info.sourceAt?.(pc));
  }

  /** See `DebugInfo.callerRegisters`. */
  callerRegisters(
    pc: Addr,
    registers: RegisterValues,
    read: (at: Addr) => bigint | undefined,
  ): CallerRegisters | undefined {
    return this.#sources.ask('cfi', (info) => info.callerRegisters?.(pc, registers, read));
  }

  /** See `DebugInfo.localsAt`. */
  localsAt(pc: Addr, frame: FrameRegisters): readonly LocalVariable[] | undefined {
    return this.#sources.ask('locals', (info) => info.localsAt?.(pc, frame));
  }

  /** See `DebugInfo.fileText`. */
  fileText(address: Addr, size: Bytes): FileText | undefined {
    return this.#sources.ask('file-text', (info) => info.fileText?.(address, size));
  }

  /** Type of a global variable; only debug files tell it. */
  findVariableType(name: string): CType | undefined {
    return this.#sources.ask('types', (info) => info.findVariableType?.(name));
  }

  /** Type of a variable or function that only a loaded module has; reads the types of all modules. */
  findModuleVariableType(name: string): CType | undefined {
    return this.#sources.ask('types', (info) => info.findModuleVariableType?.(name));
  }

  /** The constant of an enumeration by its name, and the enumeration. */
  findEnumerator(name: string): { readonly type: CType; readonly value: bigint } | undefined {
    return this.#sources.ask('types', (info) => info.findEnumerator?.(name));
  }

  /** Every named struct, union, enum and typedef of the first source that can list them. */
  namedTypes(): Iterable<CType> {
    return this.#sources.ask('types', (info) => info.namedTypes?.()) ?? [];
  }

  /** See `DebugInfo.structsOfSize`. */
  structsOfSize(least: Bytes, most: Bytes): Iterable<CType> {
    return this.#sources.ask('types', (info) => info.structsOfSize?.(least, most)) ?? [];
  }

  /** See `DebugInfo.functionsTaking`. */
  functionsTaking(struct: string): Iterable<string> {
    return this.#sources.ask('types', (info) => info.functionsTaking?.(struct)) ?? [];
  }

  /** A macro of the kernel's source; only debug files tell it, and only those that were built to (`gcc -g3`). */
  findMacro(name: string): MacroDefinition | undefined {
    return this.#sources.ask('types', (info) => info.findMacro?.(name));
  }

  // ---- objects

  at(type: CType | string, address: Addr): Value {
    return new Value(this, typeof type === 'string' ? this.type(type) : type, address);
  }

  /** The global variable `symbol` as an object of `type` (kernels carry no types of their globals). */
  variable(symbol: string, type: CType | string): Value {
    return this.at(type, this.symbol(symbol));
  }

  /** Where `type.path` is, or `undefined` when this kernel has no such member. For walkers that read many objects. */
  findMember(type: string, path: string): MemberPlace | undefined {
    const key = `${type} ${path}`;
    let place = this.#places.get(key);
    if (place === undefined && !this.#places.has(key)) {
      place = this.findType(type)?.findMember(path);
      this.#places.set(key, place);
    }
    return place;
  }

  /**
   * Offset in bytes of the first of `paths` that `type` has; newest name first.
   * @throws NotFoundError naming the type and the members
   */
  offset(type: string, ...paths: string[]): Bytes {
    for (const path of paths) {
      const place = this.findMember(type, path);
      if (place) return place.offset;
    }
    this.type(type);
    throw new NotFoundError('member', `${type}.${paths.join('|')}`);
  }

  /** `container_of(address, type, member)`. */
  container(address: Addr, type: string, member: string): Addr {
    return addrAdd(address, -this.offset(type, member));
  }

  /** `symbol+0x12/0x34 [module]`, or the bare address. */
  describeAddress(at: Addr): string {
    const s = this.symbolAt(at);
    if (!s) return hex(at);
    return `${s.name}+${hex(at - s.address)}/${hex(s.size)}${s.module ? ` [${s.module}]` : ''}`;
  }
}
