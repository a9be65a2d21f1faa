import { AnalysisError } from '../../base/errors.ts';
import { Lazy, perOwner } from '../../base/lazy.ts';
import type { Addr } from '../../base/units.ts';
import type {
  CallerRegisters,
  FrameRegisters,
  LocalVariable,
  MacroDefinition,
  RegisterValues,
} from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import type { CType } from '../../types/c-type.ts';
import { kernelBtf } from '../btf-kernel.ts';
import type { DebugFile } from './debug-file.ts';
import { DW_AT } from './dw-at.ts';
import { FileFrames } from './file-frames.ts';
import { FileTypes } from './file-types.ts';
import type { PlacedDwarf } from './frame-context.ts';
import { functionChain, functionName } from './function-chain.ts';
import { localsAt } from './locals.ts';
import { perCpuAddress } from './per-cpu-address.ts';
import { type Placement, placementOf } from './placement.ts';

/**
 * What the debug files of a program tell of frames and types: the callers' registers, variables with their values, types
 * by name. All of its files together, since a frame's values on entry are told by the code that called it.
 */
export const frameInformation: (prog: Program) => FrameInformation = perOwner((prog) => new FrameInformation(prog));

class KernelFile {
  readonly file: DebugFile;
  readonly placement: Lazy<Placement | undefined>;
  readonly frames: FileFrames;
  readonly types: Lazy<FileTypes>;
  readonly #prog: Program;

  constructor(prog: Program, file: DebugFile) {
    this.#prog = prog;
    this.file = file;
    this.frames = new FileFrames(file.elf);
    this.placement = new Lazy(() => placementOf(prog, file));
    this.types = new Lazy(
      () => new FileTypes(file.dwarf, prog.pointerSize, (kind, name) => completed(prog, `${kind} ${name}`)),
    );
  }

  placed(): PlacedDwarf {
    const { dwarf } = this.file;
    return {
      dwarf,
      types: this.types.get().types,
      place: (at) => {
        const link = this.placement.get()?.toLink(at);
        return link === undefined ? undefined : dwarf.place(link);
      },
      relocate: (address, cpu) =>
        perCpuAddress(this.#prog, this.file, address, cpu) ?? this.placement.get()?.toRun(address) ?? address,
      unitAt: (place) => dwarf.unitAt(place),
    };
  }

  linkOf(at: Addr): Addr | undefined {
    return orNothing(this.#prog, `debug information of ${this.file.name}`, () => this.placement.get()?.toLink(at));
  }
}

export class FrameInformation {
  readonly #prog: Program;
  readonly #files: KernelFile[] = [];

  constructor(prog: Program) {
    this.#prog = prog;
  }

  /** A file that belongs to the program; whether it is loaded is found when it is needed. */
  add(file: DebugFile): void {
    if (this.#files.some((known) => known.file === file)) return;
    const entry = new KernelFile(this.#prog, file);
    // The kernel's own goes first: where it is needs no look at the list of modules.
    if (file.elf.relocatable) this.#files.push(entry);
    else this.#files.unshift(entry);
  }

  #fileAt(at: Addr): KernelFile | undefined {
    return this.#files.find((file) => file.linkOf(at) !== undefined);
  }

  /** See `DebugInfo.callerRegisters`. */
  callerRegisters(
    pc: Addr,
    registers: RegisterValues,
    read: (at: Addr) => bigint | undefined,
  ): CallerRegisters | undefined {
    const file = this.#fileAt(pc);
    const link = file?.linkOf(pc);
    if (!file || link === undefined) return undefined;
    try {
      return file.frames.callerRegisters(this.#prog, link, registers, read);
    } catch (e) {
      if (e instanceof AnalysisError) return undefined; // the other sources of frames go on without it
      throw e;
    }
  }

  /** See `DebugInfo.localsAt`. */
  localsAt(pc: Addr, frame: FrameRegisters): readonly LocalVariable[] | undefined {
    return orNothing(this.#prog, 'variables', () => localsAt(this.#prog, (at) => this.#placedAt(at), pc, frame));
  }

  #placedAt(at: Addr): PlacedDwarf | undefined {
    const file = this.#fileAt(at);
    return file?.file.hasDwarf ? file.placed() : undefined;
  }

  /** A type of the kernel's own file, where the kernel carries none itself: its own are the same and much faster. */
  findType(name: string): CType | undefined {
    return hasBtf(this.#prog) ? undefined : this.#find(false, (types) => types.find(name));
  }

  /** See `DebugInfo.findExactType`. */
  findExactType(name: string): CType | undefined {
    return this.#find(false, (types) => types.find(name));
  }

  /** A type that a module's file has. */
  findModuleType(name: string): CType | undefined {
    return this.#find(true, (types) => types.find(name));
  }

  findVariableType(name: string): CType | undefined {
    return this.#find(false, (types) => types.findVariable(name)) ?? this.#find(true, (t) => t.findVariable(name));
  }

  /** Type of the function whose code begins at an address, when that is its name. */
  findFunctionType(at: Addr, name: string): CType | undefined {
    return orNothing(this.#prog, 'functions', () => {
      const placed = this.#placedAt(at);
      const place = placed?.place(at);
      const unit = place === undefined ? undefined : placed?.unitAt(place);
      const [die] = unit && place !== undefined ? functionChain(unit, place) : [];
      if (!placed || !die || functionName(die) !== name) return undefined;
      return placed.types.type(die.follow(DW_AT.abstract_origin) ?? die.follow(DW_AT.specification) ?? die);
    });
  }

  /** See `DebugInfo.findMacro`; the kernel's own file goes first. */
  findMacro(name: string): MacroDefinition | undefined {
    for (const { file } of this.#files) {
      if (!file.hasDwarf) continue;
      const found = orNothing(this.#prog, `macros of ${file.name}`, () => file.macros.find(name));
      if (found) return found;
    }
    return undefined;
  }

  #find(ofModules: boolean, find: (types: FileTypes) => CType | undefined): CType | undefined {
    for (const { file, types } of this.#files) {
      if (file.elf.relocatable !== ofModules || !file.hasDwarf) continue;
      const type = orNothing(this.#prog, `types of ${file.name}`, () => find(types.get()));
      if (type) return type;
    }
    return undefined;
  }
}

/** The kernel's own definition, when it carries types itself. */
function completed(prog: Program, name: string): CType | undefined {
  if (!hasBtf(prog)) return undefined;
  const type = prog.findType(name);
  return type && type.kind !== 'forward' ? type : undefined;
}

function hasBtf(prog: Program): boolean {
  try {
    return kernelBtf(prog) !== undefined;
  } catch (e) {
    if (e instanceof AnalysisError) return false;
    throw e;
  }
}

/** Damaged information is as good as none, but it is said. */
function orNothing<T>(prog: Program, what: string, find: () => T | undefined): T | undefined {
  try {
    return find();
  } catch (e) {
    prog.noteProblem(what, e);
    return undefined;
  }
}
