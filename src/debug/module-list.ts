import { MemoryFault, NotFoundError } from '../base/errors.ts';
import { perOwner } from '../base/lazy.ts';
import { cString } from '../base/text.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';

/** No kernel loads more. */
const MAX_MODULES = 4096;
const MAX_PART = 1 << 28;
const MAX_NAME = 64;
/** Parts of a module's memory in the order of `enum mod_mem_type`. */
const MAX_PARTS = 16;

/** A piece of a module's memory. */
export interface ModulePart {
  readonly start: Addr;
  /** Exclusive. */
  readonly end: Addr;
  /** End of its executable part; `start` where it has none. */
  readonly textEnd: Addr;
  readonly init: boolean;
}

/** What symbol look-up needs to know of a loaded module. */
export interface LoadedModule {
  /** `struct module *` */
  readonly address: Addr;
  readonly name: string;
  readonly parts: readonly ModulePart[];
}

/** The loaded modules, newest first as the kernel lists them; what comes after a break in the list is missing. */
export const loadedModules: (prog: Program) => readonly LoadedModule[] = perOwner(readModules);

function readModules(prog: Program): readonly LoadedModule[] {
  const head = prog.findSymbol('modules')?.address;
  if (head === undefined || !prog.findType('struct module')) return [];
  const found: LoadedModule[] = [];
  const seen = new Set<Addr>();
  try {
    const listOffset = BigInt(prog.offset('module', 'list'));
    const reader = moduleReader(prog);
    for (let node = prog.memory.ulong(head); node !== head; node = prog.memory.ulong(node)) {
      if (seen.has(node) || seen.size >= MAX_MODULES) break;
      seen.add(node);
      const module = reader(node - listOffset);
      if (module) found.push(module);
    }
  } catch (e) {
    prog.noteProblem('list of modules', e);
  }
  return found;
}

/** A function that reads the `struct module` at an address; `undefined` for one that is not set up yet. */
function moduleReader(prog: Program): (at: Addr) => LoadedModule | undefined {
  const size = prog.type('struct module').size;
  const nameAt = prog.offset('module', 'name');
  const state = prog.findMember('module', 'state');
  const places = partPlaces(prog);
  const { littleEndian, pointerSize } = prog.memory;
  const span = Math.min(size, 1 << 16);
  // A damaged type may state members that lie outside of it.
  const ends = places.flatMap((p) => [
    p.base + pointerSize,
    p.size + 4,
    ...(typeof p.text === 'number' ? [p.text + 4] : []),
  ]);
  if (Math.max(nameAt, (state?.offset ?? 0) + 4, ...ends) > span)
    throw new NotFoundError('members', 'struct module', `they do not fit its size ${size}`);
  return (at) => {
    const bytes = new Uint8Array(span);
    const fault = prog.memory.tryRead(at, bytes);
    if (fault) throw new MemoryFault(at, fault, 'struct module');
    const view = new DataView(bytes.buffer);
    // enum module_state: 3 is MODULE_STATE_UNFORMED, when nothing of it is valid.
    if (state && view.getUint32(state.offset, littleEndian) === 3) return undefined;
    const parts: ModulePart[] = [];
    for (const place of places) {
      const start =
        pointerSize === 8
          ? view.getBigUint64(place.base, littleEndian)
          : BigInt(view.getUint32(place.base, littleEndian));
      const length = view.getUint32(place.size, littleEndian);
      if (start === 0n || length === 0 || length > MAX_PART) continue;
      const text = place.text === 'all' ? length : place.text === 'none' ? 0 : view.getUint32(place.text, littleEndian);
      const textEnd = start + BigInt(Math.min(text, length));
      parts.push({ start, end: start + BigInt(length), textEnd, init: place.init });
    }
    return { address: at, name: cString(bytes, nameAt, nameAt + MAX_NAME), parts };
  };
}

interface PartPlace {
  readonly base: Bytes;
  readonly size: Bytes;
  /** Where the size of the text is; or all of the part is text, or none. */
  readonly text: Bytes | 'all' | 'none';
  readonly init: boolean;
}

function partPlaces(prog: Program): PartPlace[] {
  // `mem[]` by `enum mod_mem_type` since Linux commit ac3b43283923 ("module: replace module_layout with module_memory"),
  // v6.4; before `core_layout` and `init_layout` (Linux commit 7523e4dc5057, v4.5).
  const mem = prog.findMember('module', 'mem');
  if (mem) {
    const kinds = new Map(prog.findType('enum mod_mem_type')?.enumerators.map((e) => [e.name, Number(e.value)]));
    const firstInit = kinds.get('MOD_INIT_TEXT') ?? 4;
    const text = [kinds.get('MOD_TEXT') ?? 0, firstInit];
    return Array.from({ length: Math.min(mem.type.resolve().length, MAX_PARTS) }, (_, i) => ({
      base: prog.offset('module', `mem[${i}].base`),
      size: prog.offset('module', `mem[${i}].size`),
      text: text.includes(i) ? ('all' as const) : ('none' as const),
      init: i >= firstInit,
    }));
  }
  return ['core_layout', 'init_layout'].map((layout) => ({
    base: prog.offset('module', `${layout}.base`),
    size: prog.offset('module', `${layout}.size`),
    text: prog.offset('module', `${layout}.text_size`),
    init: layout === 'init_layout',
  }));
}
