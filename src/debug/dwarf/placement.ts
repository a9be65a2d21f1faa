import type { Addr, Bytes } from '../../base/units.ts';
import type { Program } from '../../program/program.ts';
import type { DebugFile } from './debug-file.ts';
import { moduleSections } from './module-sections.ts';

/** A piece of a file and where the running kernel has it. */
interface PlacedPart {
  readonly start: Addr;
  /** Exclusive. */
  readonly end: Addr;
  /** Link-time address of `start`. */
  readonly link: Addr;
}

/** Where a file's code and data are in a running kernel: translates between its link-time addresses and real ones. */
export class Placement {
  readonly file: DebugFile;
  /** Name of the module; undefined of vmlinux. */
  readonly module: string | undefined;
  readonly #parts: readonly PlacedPart[];

  constructor(file: DebugFile, module: string | undefined, parts: readonly PlacedPart[]) {
    this.file = file;
    this.module = module;
    this.#parts = parts;
  }

  /** Link-time address of a run-time address; undefined when it is not in this file. */
  toLink(at: Addr): Addr | undefined {
    for (const part of this.#parts) if (at >= part.start && at < part.end) return at - part.start + part.link;
    return undefined;
  }

  /** Run-time address of a link-time address; undefined when that part of the file is not loaded. */
  toRun(link: Addr): Addr | undefined {
    for (const part of this.#parts) {
      const distance = link - part.link;
      if (distance >= 0n && distance < part.end - part.start) return part.start + distance;
    }
    return undefined;
  }
}

/**
 * Where the kernel of `prog` has `file`; undefined when it is a module that is not loaded.
 * @throws AnalysisError when the list of modules cannot be read
 */
export function placementOf(prog: Program, file: DebugFile): Placement | undefined {
  return file.elf.relocatable ? modulePlacement(prog, file) : kernelPlacement(prog, file);
}

/** Everything moves by the KASLR offset, but for per-CPU sections that are linked at address 0. */
function kernelPlacement(prog: Program, file: DebugFile): Placement {
  const offset = prog.map.kaslrOffset ?? 0n;
  const parts: PlacedPart[] = [];
  file.elf.sections.forEach(({ address, size }, i) => {
    if (!file.elf.isLoaded(i) || address === 0n || size === 0) return;
    parts.push({ start: address + offset, end: address + offset + BigInt(size), link: address });
  });
  return new Placement(file, undefined, parts);
}

function modulePlacement(prog: Program, file: DebugFile): Placement | undefined {
  const found = moduleSections(prog, file);
  if (!found) return undefined;
  const parts: PlacedPart[] = [];
  for (const [index, start] of found.sections) {
    const size: Bytes = file.elf.sections[index]?.size ?? 0;
    parts.push({ start, end: start + BigInt(size), link: file.elf.sectionAddress(index) });
  }
  return new Placement(file, found.module, parts);
}
