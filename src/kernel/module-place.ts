import { attempt } from '../base/attempt.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { type ModuleMemory, type ModuleRecord, modules } from './module.ts';

/** Where an address lies in a module. */
export interface ModulePlace {
  readonly module: ModuleRecord;
  readonly part: 'text' | 'data';
  /** Where that part of its memory begins, and how far behind it the address is. */
  readonly base: Addr;
  readonly offset: Bytes;
}

/** The module that an address lies in. A kernel without names of data gives an address there the name of the last function. */
export function modulePlace(prog: Program, at: Addr): ModulePlace | undefined {
  for (const module of modules(prog).modules) {
    for (const memory of module.memory) {
      const offset = Number(at - memory.base);
      if (at < memory.base || offset >= memory.size) continue;
      return { module, part: offset < textSize(prog, module, memory) ? 'text' : 'data', base: memory.base, offset };
    }
  }
  return undefined;
}

/** Bytes of code at the beginning of a part of a module's memory. */
function textSize(prog: Program, module: ModuleRecord, memory: ModuleMemory): Bytes {
  // one part a kind since commit ac3b43283923 ("module: replace module_layout with module_memory", v6.4)
  if (memory.kind !== undefined) return /TEXT/.test(memory.kind) ? memory.size : 0;
  const layout = memory.init ? 'init_layout' : 'core_layout';
  const place = prog.findMember('module', `${layout}.text_size`);
  const size = place && attempt(() => prog.memory.u32(addrAdd(module.address, place.offset)));
  return size ?? memory.size;
}
