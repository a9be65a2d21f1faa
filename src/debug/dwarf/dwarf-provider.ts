import { AnalysisError } from '../../base/errors.ts';
import { Lazy } from '../../base/lazy.ts';
import type { Addr } from '../../base/units.ts';
import type {
  CallerRegisters,
  DebugInfo,
  DebugProvider,
  FrameRegisters,
  LocalVariable,
  RegisterValues,
  SourceFrame,
} from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import type { CType } from '../../types/c-type.ts';
import type { DebugFile } from './debug-file.ts';
import { frameInformation } from './frame-information.ts';
import { type Placement, placementOf } from './placement.ts';
import { SourceLines } from './source-lines.ts';

/**
 * Debug information from opened files: vmlinux and modules, in any order. Which file is right for the dump is decided
 * before (by build-id); a module that is not loaded is left out.
 */
export function dwarfProvider(files: readonly DebugFile[]): DebugProvider {
  return {
    name: 'debug information',
    offers: ['lines', 'locals', 'cfi', 'types'],
    open: (prog) => new DwarfInfo(prog, files),
  };
}

class DwarfInfo implements DebugInfo {
  readonly #prog: Program;
  readonly #files: readonly PlacedFile[];

  constructor(prog: Program, files: readonly DebugFile[]) {
    this.#prog = prog;
    // The kernel's own file first: where it is needs no look at the list of modules.
    const order = [...files].sort((a, b) => Number(a.elf.relocatable) - Number(b.elf.relocatable));
    this.#files = order.map((file) => ({
      file,
      placement: new Lazy(() => place(prog, file)),
      lines: new Lazy(() => new SourceLines(file.dwarf)),
    }));
    for (const file of files) frameInformation(prog).add(file);
  }

  sourceAt(pc: Addr): readonly SourceFrame[] | undefined {
    for (const { file, placement, lines } of this.#files) {
      if (!file.hasDwarf) continue;
      const link = placement.get()?.toLink(pc);
      if (link === undefined) continue;
      try {
        return lines.get().at(file.dwarf.place(link));
      } catch (e) {
        if (!(e instanceof AnalysisError)) throw e;
        this.#prog.noteProblem(`lines of ${file.name}`, e);
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
    return frameInformation(this.#prog).localsAt(pc, frame);
  }

  findType(name: string): CType | undefined {
    return frameInformation(this.#prog).findType(name);
  }

  findModuleType(name: string): CType | undefined {
    return frameInformation(this.#prog).findModuleType(name);
  }

  findVariableType(name: string): CType | undefined {
    return frameInformation(this.#prog).findVariableType(name);
  }
}

interface PlacedFile {
  readonly file: DebugFile;
  readonly placement: Lazy<Placement | undefined>;
  readonly lines: Lazy<SourceLines>;
}

function place(prog: Program, file: DebugFile): Placement | undefined {
  try {
    return placementOf(prog, file);
  } catch (e) {
    prog.noteProblem(`debug information of ${file.name}`, e);
    return undefined;
  }
}
