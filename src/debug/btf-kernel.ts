import { NotFoundError } from '../base/errors.ts';
import { perOwner } from '../base/lazy.ts';
import type { Program } from '../program/program.ts';
import { BtfSection } from './btf-section.ts';
import { findBtf } from './btf-shape.ts';
import { BtfTypes } from './btf-types.ts';

/** The types of the kernel image. @throws AnalysisError, every time, when there are none */
export const kernelBtf: (prog: Program) => BtfTypes = perOwner((prog: Program) => {
  const start = prog.findSymbol('__start_BTF')?.address ?? findBtf(prog);
  if (start === undefined) {
    // With all symbols in kallsyms (there is `_end`) the section would have its own.
    const why = prog.findSymbol('_end')
      ? 'the kernel was built without CONFIG_DEBUG_INFO_BTF'
      : 'the kernel was built without CONFIG_DEBUG_INFO_BTF, or the dump lacks that part of its image';
    throw new NotFoundError('section', '.BTF', why);
  }
  const stop = prog.findSymbol('__stop_BTF')?.address;
  const limit = stop !== undefined && stop > start ? Number(stop - start) : Number.MAX_SAFE_INTEGER;
  const section = new BtfSection(prog.memory, start, limit);
  if (section.damage) prog.noteProblem('types from BTF', new NotFoundError('type', 'after the damage', section.damage));
  return new BtfTypes(section, prog.memory.pointerSize);
});
