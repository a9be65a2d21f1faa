import { AnalysisError, NotFoundError } from '../base/errors.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import type { CType } from '../types/c-type.ts';
import { kernelBtf } from './btf-kernel.ts';
import { BtfSection } from './btf-section.ts';
import { BtfTypes, DistilledTypes } from './btf-types.ts';
import { loadedModules } from './module-list.ts';

const MAX_MODULES = 4096;

/** Where the split BTF of a module is. */
interface ModuleBtf {
  readonly name: string;
  readonly data: Addr;
  readonly size: Bytes;
  /** `.BTF.base`, when the types refer to that and not to the kernel's (Linux commit 8646db238997, v6.11). */
  readonly base?: { readonly data: Addr; readonly size: Bytes };
}

/** Types of every module that has some; a damaged one is noted and left out. */
export function moduleTypes(prog: Program): readonly BtfTypes[] {
  const found: BtfTypes[] = [];
  for (const module of registered(prog) ?? stated(prog)) {
    try {
      found.push(readTypes(prog, module));
    } catch (e) {
      prog.noteProblem(`types of module ${module.name}`, e);
    }
  }
  return found;
}

/** The first type called `name` in any of them; one that is only declared there when none has more of it. */
export function findIn(all: readonly Pick<BtfTypes, 'find'>[], name: string): CType | undefined {
  let declared: CType | undefined;
  for (const types of all) {
    const type = types.find(name);
    if (type && type.kind !== 'forward') return type;
    declared ??= type;
  }
  return declared;
}

function readTypes(prog: Program, module: ModuleBtf): BtfTypes {
  const kernel = kernelBtf(prog);
  const { memory } = prog;
  if (!kernel.section.complete) {
    throw new NotFoundError('type', `of ${module.name}`, 'it continues the types of the kernel, whose number is lost');
  }
  if (!module.base) {
    return new BtfTypes(new BtfSection(memory, module.data, module.size, kernel.section), kernel.pointerSize, kernel);
  }
  const base = new BtfSection(memory, module.base.data, module.base.size);
  const distilled = new DistilledTypes(base, kernel);
  return new BtfTypes(new BtfSection(memory, module.data, module.size, base), kernel.pointerSize, distilled);
}

/**
 * The kernel's own copies (`btf_modules`, kernel/bpf/btf.c, Linux commit 36e68442d1af, v5.11), which refer to its own
 * types in any case; `undefined` where the list cannot be found.
 */
function registered(prog: Program): ModuleBtf[] | undefined {
  const head = prog.findSymbol('btf_modules')?.address;
  if (head === undefined || !prog.findMember('btf_module', 'btf') || !prog.findMember('btf', 'data')) return undefined;
  const at = (type: string, path: string): bigint => BigInt(prog.offset(type, path));
  const names = new Map(loadedModules(prog).map((m) => [m.address, m.name]));
  const { memory } = prog;
  const list = at('btf_module', 'list');
  const found: ModuleBtf[] = [];
  try {
    const seen = new Set<Addr>();
    for (let node = memory.ulong(head); node !== head && !seen.has(node); node = memory.ulong(node)) {
      if (seen.size >= MAX_MODULES) break;
      seen.add(node);
      const btf = memory.ulong(node - list + at('btf_module', 'btf'));
      const name = names.get(memory.ulong(node - list + at('btf_module', 'module'))) ?? '?';
      found.push({ name, data: memory.ulong(btf + at('btf', 'data')), size: memory.u32(btf + at('btf', 'data_size')) });
    }
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    prog.noteProblem('types of modules', e);
  }
  return found;
}

/** What `struct module` states; later kernels clear it after loading. */
function stated(prog: Program): ModuleBtf[] {
  const data = prog.findMember('module', 'btf_data');
  const size = prog.findMember('module', 'btf_data_size');
  if (!data || !size) return [];
  const baseData = prog.findMember('module', 'btf_base_data');
  const baseSize = prog.findMember('module', 'btf_base_data_size');
  const { memory } = prog;
  const found: ModuleBtf[] = [];
  for (const { address, name } of loadedModules(prog)) {
    const start = memory.ulong(address + BigInt(data.offset));
    if (start === 0n) continue;
    const base = baseData && baseSize ? memory.ulong(address + BigInt(baseData.offset)) : 0n;
    found.push({
      name,
      data: start,
      size: memory.u32(address + BigInt(size.offset)),
      ...(base !== 0n && baseSize ? { base: { data: base, size: memory.u32(address + BigInt(baseSize.offset)) } } : {}),
    });
  }
  return found;
}
