import { AnalysisError } from '../../base/errors.ts';
import { Lazy } from '../../base/lazy.ts';
import type { Addr, Bytes } from '../../base/units.ts';
import type {
  CallerRegisters,
  DebugInfo,
  DebugProvider,
  FileText,
  FrameRegisters,
  KernelSymbol,
  LocalVariable,
  MacroDefinition,
  RegisterValues,
  SourceFrame,
} from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import type { CType } from '../../types/c-type.ts';
import { arrayOf } from '../../types/simple-type.ts';
import type { DebugFile } from './debug-file.ts';
import { FileCode } from './file-code.ts';
import { frameInformation } from './frame-information.ts';
import { type Placement, placementOf } from './placement.ts';
import { SourceLines } from './source-lines.ts';

/**
 * Debug information from opened files: vmlinux and modules, in any order. Which file is right for the dump is decided
 * before (by build-id); a module that is not loaded is left out.
 * @param doubt why the files may be of another build, all the same used: marks every answer
 */
export function dwarfProvider(files: readonly DebugFile[], doubt?: string): DebugProvider {
  return {
    name: 'debug information',
    offers: ['lines', 'locals', 'cfi', 'types', 'file-text'],
    open: (prog) => new DwarfInfo(prog, files, doubt),
  };
}

class DwarfInfo implements DebugInfo {
  readonly #prog: Program;
  readonly #files: readonly PlacedFile[];
  readonly #doubt: string | undefined;

  constructor(prog: Program, files: readonly DebugFile[], doubt: string | undefined) {
    this.#prog = prog;
    this.#doubt = doubt;
    // The kernel's own file first: where it is needs no look at the list of modules.
    const order = [...files].sort((a, b) => Number(a.elf.relocatable) - Number(b.elf.relocatable));
    this.#files = order.map((file) => {
      const placement = new Lazy(() => place(prog, file));
      return {
        file,
        placement,
        lines: new Lazy(() => new SourceLines(file.dwarf)),
        code: new Lazy(() => codeOf(prog, placement)),
      };
    });
    for (const file of files) {
      frameInformation(prog).add(file);
      file.onProblem = (error) => prog.noteProblem(error.message, error);
    }
  }

  sourceAt(pc: Addr): readonly SourceFrame[] | undefined {
    for (const { file, placement, lines } of this.#files) {
      if (!file.hasDwarf) continue;
      const link = placement.get()?.toLink(pc);
      if (link === undefined) continue;
      try {
        return this.#marked(lines.get().at(file.dwarf.place(link)));
      } catch (e) {
        if (!(e instanceof AnalysisError)) throw e;
        this.#prog.noteProblem(`lines of ${file.name}`, e);
      }
    }
    return undefined;
  }

  #marked<T extends object>(found: readonly T[] | undefined): readonly T[] | undefined {
    const doubt = this.#doubt;
    return doubt === undefined ? found : found?.map((one) => ({ ...one, doubt }));
  }

  fileText(address: Addr, size: Bytes): FileText | undefined {
    for (const { file, code } of this.#files) {
      try {
        const text = code.get()?.at(address, size);
        if (text) return this.#doubt === undefined ? text : { ...text, doubt: this.#doubt };
      } catch (e) {
        if (!(e instanceof AnalysisError)) throw e;
        this.#prog.noteProblem(`code of ${file.name}`, e);
      }
    }
    return undefined;
  }

  callerRegisters(
    pc: Addr,
    registers: RegisterValues,
    read: (at: Addr) => bigint | undefined,
  ): CallerRegisters | undefined {
    return frameInformation(this.#prog).callerRegisters(pc, registers, read);
  }

  localsAt(pc: Addr, frame: FrameRegisters): readonly LocalVariable[] | undefined {
    // All files together answer; the one that has the code tells whether there is a doubt.
    if (!this.#files.some(({ placement }) => placement.get()?.toLink(pc) !== undefined)) return undefined;
    return this.#marked(frameInformation(this.#prog).localsAt(pc, frame));
  }

  findType(name: string): CType | undefined {
    return frameInformation(this.#prog).findType(name);
  }

  findExactType(name: string): CType | undefined {
    return this.#doubt === undefined ? frameInformation(this.#prog).findExactType(name) : undefined;
  }

  findModuleType(name: string): CType | undefined {
    return frameInformation(this.#prog).findModuleType(name);
  }

  findVariableType(name: string): CType | undefined {
    const information = frameInformation(this.#prog);
    const symbol = this.#prog.findSymbol(name);
    const isCode = symbol !== undefined && /^[tw]$/i.test(symbol.letter);
    const type = isCode ? information.findFunctionType(symbol.address, name) : undefined;
    // Linker scripts put data between code.
    return type ?? this.#whole(information.findVariableType(name), symbol);
  }

  /** A definition may leave the number of elements to a declaration that does not tell it; the symbol's size does. */
  #whole(type: CType | undefined, symbol: KernelSymbol | undefined): CType | undefined {
    const array = type?.resolve();
    if (!symbol || array?.kind !== 'array' || array.length > 0 || array.declaredEmpty || !array.target) return type;
    const known = this.#prog.symbolHolding(symbol.address);
    const count = known?.address === symbol.address ? Math.floor(known.size / array.target.size) : 0;
    return count > 0 && Number.isFinite(count) ? arrayOf(array.target, count) : type;
  }

  findMacro(name: string): MacroDefinition | undefined {
    return frameInformation(this.#prog).findMacro(name);
  }
}

interface PlacedFile {
  readonly file: DebugFile;
  readonly placement: Lazy<Placement | undefined>;
  readonly lines: Lazy<SourceLines>;
  readonly code: Lazy<FileCode | undefined>;
}

function codeOf(prog: Program, placement: Lazy<Placement | undefined>): FileCode | undefined {
  const found = placement.get();
  return found && new FileCode(prog, found);
}

function place(prog: Program, file: DebugFile): Placement | undefined {
  try {
    return placementOf(prog, file);
  } catch (e) {
    prog.noteProblem(`debug information of ${file.name}`, e);
    return undefined;
  }
}
