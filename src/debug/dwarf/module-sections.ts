import { AnalysisError } from '../../base/errors.ts';
import { hexPad } from '../../base/hex.ts';
import { asciiBytes, cString, indexOfBytes } from '../../base/text.ts';
import type { Addr } from '../../base/units.ts';
import type { Program } from '../../program/program.ts';
import { type LoadedModule, loadedModules } from '../module-list.ts';
import type { DebugFile } from './debug-file.ts';

const MAX_SECTIONS = 4096;
const MAX_NAME = 256;

/** The loaded module that a file is of, and the run-time address of each of its sections, by index in the file. */
export interface ModuleSections {
  readonly module: string;
  readonly sections: ReadonlyMap<number, Addr>;
}

/** Finds the module by build-id, or by name where the kernel keeps none. Undefined when it is not loaded. */
export function moduleSections(prog: Program, file: DebugFile): ModuleSections | undefined {
  const module = loadedModules(prog).find((m) => isOf(prog, m, file));
  if (!module) return undefined;
  let sections = new Map<number, Addr>();
  try {
    const byName = sectionAddresses(prog, module);
    file.elf.sections.forEach((section, i) => {
      const at = byName.get(section.name);
      if (at !== undefined && file.elf.isLoaded(i)) sections.set(i, at);
    });
  } catch (e) {
    prog.noteProblem(`sections of module ${module.name}`, e);
  }
  if (sections.size === 0) sections = fromSymbols(prog, module, file);
  return { module: module.name, sections };
}

/** `build_id` is in `struct module` since Linux commit 83cc6fa0049b ("buildid: stash away kernels build ID on init"), v5.14. */
function isOf(prog: Program, module: LoadedModule, file: DebugFile): boolean {
  const name = moduleName(file);
  const place = prog.findMember('module', 'build_id');
  if (place && file.buildId !== undefined) {
    const bytes = new Uint8Array(place.type.size);
    if (prog.memory.tryRead(module.address + BigInt(place.offset), bytes) === undefined && bytes.some((b) => b !== 0)) {
      let text = '';
      for (const byte of bytes) text += hexPad(byte, 2);
      return text.startsWith(file.buildId);
    }
  }
  return name !== undefined && name === module.name;
}

/** From `.modinfo`, or else the file's name. */
function moduleName(file: DebugFile): string | undefined {
  const info = file.elf.section('.modinfo')?.upTo(0, 0x10000, '.modinfo');
  if (info) {
    const at = indexOfBytes(info, asciiBytes('name='));
    if (at === 0 || (at > 0 && info[at - 1] === 0)) return cString(info, at + 5);
  }
  const base = file.name.slice(file.name.lastIndexOf('/') + 1);
  const dot = base.indexOf('.ko');
  return dot > 0 ? base.slice(0, dot).replaceAll('-', '_') : undefined;
}

/** What /sys/module/NAME/sections shows. */
function sectionAddresses(prog: Program, module: LoadedModule): Map<string, Addr> {
  const { memory } = prog;
  const found = new Map<string, Addr>();
  const attrs = memory.ulong(module.address + BigInt(prog.offset('module', 'sect_attrs')));
  if (attrs === 0n) return found;
  const read = (name: Addr, address: Addr): void => {
    if (name !== 0n) found.set(memory.cString(name, MAX_NAME), address);
  };
  const first = attrs + BigInt(prog.offset('module_sect_attrs', 'attrs'));
  if (prog.findMember('module_sect_attrs', 'nsections')) {
    // `battr` since Linux commit ed66f991bb19 ("module: Refactor section attr into bin attribute"), v5.6; before, the
    // attribute `mattr` and behind it a pointer `name` of its own.
    const nameAt = BigInt(prog.offset('module_sect_attr', 'battr.attr.name', 'name'));
    const addressAt = BigInt(prog.offset('module_sect_attr', 'address'));
    const stride = BigInt(prog.type('struct module_sect_attr').size);
    const count = memory.u32(attrs + BigInt(prog.offset('module_sect_attrs', 'nsections')));
    if (count > MAX_SECTIONS) throw new AnalysisError('corrupt', `${count} sections of module ${module.name}`);
    for (let i = 0n; i < count; i++) {
      const at = first + i * stride;
      read(memory.ulong(at + nameAt), memory.ulong(at + addressAt));
    }
    return found;
  }
  // Plain binary attributes, the address in `private`, since Linux commit d8959b947a8d ("module: sysfs: Drop member
  // 'module_sect_attrs::nsections'"), v6.14; the group's pointers to them end with NULL.
  const list = memory.ulong(attrs + BigInt(prog.offset('module_sect_attrs', 'grp.bin_attrs', 'grp.bin_attrs_new')));
  const nameAt = BigInt(prog.offset('bin_attribute', 'attr.name'));
  const addressAt = BigInt(prog.offset('bin_attribute', 'private'));
  for (let i = 0; i < MAX_SECTIONS; i++) {
    const at = memory.ulong(list + BigInt(i * prog.pointerSize));
    if (at === 0n) break;
    read(memory.ulong(at + nameAt), memory.ulong(at + addressAt));
  }
  return found;
}

/** A symbol of each section that the running kernel knows too tells where the section is. */
function fromSymbols(prog: Program, module: LoadedModule, file: DebugFile): Map<number, Addr> {
  const sections = new Map<number, Addr>();
  const table = file.elf.symbols();
  if (!table) return sections;
  for (let i = 1; i < table.count; i++) {
    const section = table.sections[i] as number;
    const type = (table.infos[i] as number) & 15;
    if (sections.has(section) || !file.elf.isLoaded(section) || (type !== 1 && type !== 2)) continue;
    const symbol = prog.findModuleSymbol(table.name(i));
    if (!symbol || symbol.module !== module.name) continue;
    const start = symbol.address - table.value(i);
    if (module.parts.some((part) => start >= part.start && start < part.end)) sections.set(section, start);
  }
  return sections;
}
