import { MemoryFault } from '../base/errors.ts';
import type { Addr, Bytes } from '../base/units.ts';
import { readCode } from '../disasm/code-range.ts';
import type { KernelSymbol } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import type { CType } from '../types/c-type.ts';
import type { FaultFrame } from './fault-frame.ts';
import type { FunctionCode } from './function-code.ts';
import { JumpNeeds } from './jump-needs.ts';
import { type JumpFound, type JumpSearch, jumpPath, MAX_JUMPS, type Registers } from './jump-path.ts';
import { JumpReach } from './jump-reach.ts';
import { pointedStruct } from './member-at.ts';
import { parametersOf } from './parameters.ts';
import { sizesOf, slabOf } from './slab-owner.ts';
import { Typer } from './typer.ts';

/** Functions of one kind, and longest ones, that are tried. */
const MAX_FUNCTIONS = 600;
const MAX_SIZE = 0x100;
const MAX_OFFSETS = 8;
const MAX_DEPTH = 8;

/** A callback, and what it was given. */
export interface FoundCallback {
  readonly code: FunctionCode;
  readonly entry: Registers;
  readonly path: JumpFound;
}

/**
 * A callback whose pointer was overwritten before it ran, as RCU does: the one function of the pointer's type that, given
 * the structure of that type inside the object that the fault is about, leads by jumps to where the machine was, with the
 * values that it had there.
 * @param site at the call
 */
export function lostCallback(site: FaultFrame, search: JumpSearch): FoundCallback | undefined {
  const struct = callbackStruct(site);
  if (!struct || struct.name === '') return undefined;
  const { prog } = site.context;
  const { machine } = site.code;
  const [first] = machine.arguments;
  const heads = headsOf(site, struct, search);
  if (first === undefined || heads.length === 0) return undefined;
  const found: FoundCallback[] = [];
  const reach = new JumpReach(prog, machine, search.wanted);
  const mayLead = (start: Addr, jumps: number): boolean => reach.may(start, jumps);
  const proving: JumpSearch = { ...search, proved: true, mayLead, followed: new Map() };
  const needs = new JumpNeeds(proving);
  const attempt = (start: Addr): void => {
    if (found.length > 1 || !mayLead(start, MAX_JUMPS)) return;
    const code = search.codeAt(start);
    for (const { at } of code ? heads : []) {
      const entry = new Map([[first, at]]);
      if (!code || !needs.fits(code, entry, MAX_JUMPS)) continue;
      const path = jumpPath(proving, code, entry);
      if (path) found.push({ code, entry, path });
    }
  };
  const others: Addr[] = [];
  const distances = heads.some((h) => h.inside.includes(0)) ? [] : [...new Set(heads.flatMap((h) => h.inside))];
  for (const { address, size } of candidates(prog, struct.name)) {
    if (distances.length === 0 || mayMention(site, address, size, distances)) attempt(address);
    else others.push(address);
  }
  if (found.length === 0) others.forEach(attempt);
  return found.length === 1 ? found[0] : undefined;
}

/** Functions that take such a struct alone, not those that are too long for a callback. */
function* candidates(prog: Program, struct: string): Iterable<KernelSymbol> {
  let tried = 0;
  for (const name of prog.functionsTaking(struct)) {
    const symbol = prog.findSymbol(name);
    if (!symbol || symbol.size > MAX_SIZE) continue;
    if (++tried > MAX_FUNCTIONS) return;
    yield symbol;
  }
}

/** Callbacks go from the struct to what is around it: those that do so by a right distance are likelier than all others. */
function mayMention({ context, code }: FaultFrame, start: Addr, size: Bytes, distances: readonly Bytes[]): boolean {
  try {
    return code.machine.mentions(readCode(context.prog.memory, start, size).bytes, distances);
  } catch (e) {
    if (e instanceof MemoryFault) return false;
    throw e;
  }
}

/** The struct that the called pointer's only parameter points to. */
function callbackStruct(site: FaultFrame): CType | undefined {
  const callee = site.code.callee(site.index);
  if (!callee || !('operand' in callee)) return undefined;
  const pointer = new Typer(site).name(site.origins.ofTerm(callee.operand, site.index)).type?.resolve();
  const type = pointer?.kind === 'pointer' ? pointer.target?.resolve() : undefined;
  return type?.kind === 'function' && type.parameters.length === 1
    ? pointedStruct(type.parameters[0]?.type)
    : undefined;
}

/** Where such a struct is, and its offsets in the structs around it, the innermost first. */
interface Head {
  readonly at: Addr;
  readonly inside: readonly Bytes[];
}

/** Where such structs are inside the slab objects that the function at the end was given, by types of the objects' size. */
function headsOf(site: FaultFrame, struct: CType, { after, wanted }: JumpSearch): Head[] {
  const found = new Map<Addr, Head>();
  const { prog } = site.context;
  const symbol = prog.symbolAt(wanted);
  const parameters = symbol ? parametersOf(prog, symbol) : [];
  site.code.machine.arguments.forEach((name, n) => {
    const object = after.get(name);
    const stated = pointedStruct(parameters[n]?.type);
    if (object === undefined || object < 0x10000n || (stated && offsetsOf(stated, struct).length === 0)) return;
    const cache = slabOf(site, object);
    if (!cache) return;
    const { least, most } = sizesOf(cache);
    const known = stated ?? cache.type;
    for (const type of known ? [known] : prog.structsOfSize(least, most)) {
      for (const inside of offsetsOf(type, struct)) {
        const at = object + BigInt(inside.at(-1) as number);
        if (found.size < MAX_OFFSETS) found.set(at, { at, inside: [...(found.get(at)?.inside ?? []), ...inside] });
      }
    }
  });
  return [...found.values()];
}

/** Where a struct has another inside: its offsets in all that are around it, the last of them in the struct itself. */
function offsetsOf(type: CType, wanted: CType, depth = 0): Bytes[][] {
  const found: Bytes[][] = [];
  if (depth > MAX_DEPTH) return found;
  for (const member of type.members) {
    const inner = member.type.resolve();
    if (inner.kind !== 'struct' && inner.kind !== 'union') continue;
    const start = member.bitOffset >> 3;
    if (inner.name === wanted.name && inner.name !== '') found.push([start]);
    else {
      for (const inside of offsetsOf(inner, wanted, depth + 1)) {
        const offset = (inside.at(-1) as number) + start;
        // nobody goes to a structure without a name
        found.push([...(inner.name === '' ? inside.slice(0, -1) : inside), offset]);
      }
    }
  }
  return found;
}
