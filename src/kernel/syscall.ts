import { NotFoundError } from '../base/errors.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { KernelSymbol } from '../program/ports.ts';
import type { Program } from '../program/program.ts';

/** More than any kernel has. */
const MAX_CALLS = 4096;

/** A system call of the kernel's native ABI. */
export interface SystemCall {
  readonly number: number;
  /** The function behind it. */
  readonly address: Addr;
  readonly symbol?: KernelSymbol;
}

/** Fewer functions in a row are another table. */
const LEAST_CALLS = 250;
const MAX_CODE = 4096;

/**
 * The table of system calls, `sys_call_table` on the CPUs here: as many entries as there are functions in a row. Where the
 * kernel has no symbol of it, it is looked for in the code that uses it.
 * @throws NotFoundError when this CPU's table is not known @throws MemoryFault
 */
export function systemCalls(prog: Program): SystemCall[] {
  const table = prog.arch.systemCallTables?.[0];
  const symbol = table && prog.findSymbol(table.symbol);
  if (symbol)
    return callsAt(prog, symbol.address, symbol.size > 0 ? Math.floor(symbol.size / prog.pointerSize) : MAX_CALLS);
  for (const user of table?.users ?? []) {
    for (const address of addressesIn(prog, user)) {
      const calls = callsAt(prog, address, MAX_CALLS);
      if (calls.length >= LEAST_CALLS) return calls;
    }
  }
  throw new NotFoundError('system call table', table?.symbol ?? `of ${prog.arch.name}`);
}

/** Data addresses in the code of a function. */
function addressesIn(prog: Program, name: string): Addr[] {
  const symbol = prog.findSymbol(name);
  if (!symbol || symbol.size === 0 || symbol.size > MAX_CODE) return [];
  const references = prog.arch.dataReferences?.(prog.memory.bytes(symbol.address, symbol.size), symbol.address) ?? [];
  return references.filter((r) => r.access === 'address').map((r) => r.address);
}

function callsAt(prog: Program, table: Addr, most: number): SystemCall[] {
  const size = prog.pointerSize;
  const calls: SystemCall[] = [];
  for (let number = 0; number < Math.min(most, MAX_CALLS); number++) {
    const at = addrAdd(table, number * size);
    if (typeof prog.memory.translate(at) === 'string') break;
    const address = prog.memory.ulong(at);
    if (address < prog.kernelStart) break; // padding behind the table
    const symbol = prog.symbolAt(address);
    if (symbol?.address !== address) break; // the next table, or what is not one
    calls.push({ number, address, symbol });
  }
  return calls;
}
