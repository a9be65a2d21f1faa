import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import type { OrcTable } from './orc-layout.ts';

/** ORC tables of one module and where the module lies. */
export interface ModuleOrc extends OrcTable {
  readonly text: readonly { readonly start: Addr; readonly end: Addr }[];
}

const MAX_MODULES = 4096;
const MAX_ROWS = 1 << 22;
const MAX_PART = 1 << 28;

/** The tables that `struct module` states, in the order of the kernel's list; ends without a word where that is broken. */
export function moduleOrcTables(prog: Program): readonly ModuleOrc[] {
  const tables: ModuleOrc[] = [];
  const head = prog.findSymbol('modules')?.address;
  if (head === undefined || !prog.findMember('module', 'arch.num_orcs')) return tables;
  const list = BigInt(prog.offset('module', 'list'));
  const count = BigInt(prog.offset('module', 'arch.num_orcs'));
  const ips = BigInt(prog.offset('module', 'arch.orc_unwind_ip'));
  const rows = BigInt(prog.offset('module', 'arch.orc_unwind'));
  const parts = partPlaces(prog);
  const seen = new Set<Addr>();
  const { memory } = prog;
  for (let node = pointerAt(prog, head); node !== head && !seen.has(node); node = pointerAt(prog, node)) {
    if (node === 0n || seen.size >= MAX_MODULES) break;
    seen.add(node);
    const module = node - list;
    const bytes = new Uint8Array(4);
    if (memory.tryRead(module + count, bytes) !== undefined) break;
    const n = new DataView(bytes.buffer).getUint32(0, true);
    const text = parts.map(({ base, size }) => {
      const start = pointerAt(prog, module + base);
      const length = memory.u32(module + size);
      return { start, end: length <= MAX_PART ? start + BigInt(length) : start };
    });
    if (n === 0 || n > MAX_ROWS) continue;
    const table = { ips: pointerAt(prog, module + ips), rows: pointerAt(prog, module + rows), count: n };
    if (table.ips !== 0n && table.rows !== 0n) tables.push({ ...table, text: text.filter((r) => r.end > r.start) });
  }
  return tables;
}

/** The pointer at `at`, 0 where there is no memory. */
function pointerAt(prog: Program, at: Addr): Addr {
  const bytes = new Uint8Array(8);
  if (prog.memory.tryRead(at, bytes) !== undefined) return 0n;
  return new DataView(bytes.buffer).getBigUint64(0, true);
}

/** Offsets in `struct module` of the address and the size of each part of a module's memory. */
function partPlaces(prog: Program): { base: bigint; size: bigint }[] {
  const place = (path: string) => BigInt(prog.offset('module', path));
  // Linux ac3b43283923 ("module: replace module_layout with module_memory"), v6.4.
  const parts = prog.findMember('module', 'mem');
  if (parts) {
    const length = parts.type.resolve().length;
    return Array.from({ length: Math.min(length, 16) }, (_, i) => ({
      base: place(`mem[${i}].base`),
      size: place(`mem[${i}].size`),
    }));
  }
  return ['core_layout', 'init_layout'].map((name) => ({ base: place(`${name}.base`), size: place(`${name}.size`) }));
}
