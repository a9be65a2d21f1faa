import { attempt } from '../base/attempt.ts';
import type { Addr } from '../base/units.ts';
import type { FaultPointer } from '../fault/chain.ts';
import { cacheType } from '../kernel/cache-type.ts';
import { modulePlace } from '../kernel/module-place.ts';
import { findStruct } from '../kernel/module-struct.ts';
import { objectIdentity } from '../kernel/object-identity.ts';
import { objectTracks } from '../kernel/object-tracks.ts';
import { pageMap } from '../kernel/page-map.ts';
import { pageUse, pageUseAt } from '../kernel/page-use.ts';
import { type SlabObjectFacts, slabObjectFacts } from '../kernel/slab-object-facts.ts';
import { slabPoison } from '../kernel/slab-poison.ts';
import type { Program } from '../program/program.ts';
import type { StackFrame } from '../unwind/stack.ts';
import type { ExaminedObject, PointerRole } from './examined-object.ts';

/** Addresses that are looked at, and frames from the one of death on whose registers are. */
const MOST = 24;
const FRAMES = 6;
/** THREAD_SIZE of the 64-bit CPUs is 16 KiB, or more. */
const STACK_BITS = 14n;
/** ERR_PTR: the last page holds error codes, no addresses. */
const ERRORS = 0xfffffffffffff000n;

/**
 * The objects that the dying code worked with: whatever the registers of its frame and of those around it point to that is
 * an object of a slab, a page or a variable. Those that the explanation of the fault names first, then those of the
 * innermost frame.
 * @param explained pointers that the explanation of the fault met
 */
export function examineObjects(
  prog: Program,
  frames: readonly StackFrame[],
  site: number,
  explained: readonly FaultPointer[] = [],
): ExaminedObject[] {
  const found = new Map<string, ExaminedObject>();
  const pointers = new Map<Addr, PointerRole[]>();
  const types = new Map<Addr, string>();
  for (const { value, expression, type } of explained) {
    if (!mayPoint(prog, value) || onStack(frames, value)) continue;
    const target = type?.resolve().target?.resolve();
    if (target && target.name !== '' && target.kind === 'struct') types.set(value, target.name);
    // a register without a better name is taken with the registers
    if (isRegister(prog, expression)) continue;
    addRole(pointers, value, { frame: site, expression, printed: false });
  }
  addRegisters(pointers, prog, frames, site);
  for (const [pointer, roles] of pointers) {
    if (found.size >= MOST) break;
    const object = examineObject(prog, pointer, roles, types.get(pointer));
    if (!object) continue;
    const key = `${object.address.toString(16)}${object.descriptor ? ' page' : ''}`;
    const known = found.get(key);
    // the address of the object itself tells more than one inside of it
    if (!known || (known.pointer !== known.address && pointer === object.address)) found.set(key, object);
  }
  return [...found.values()];
}

/**
 * What lies at an address; undefined for code, stacks and what is not known.
 * @param pointed the struct that the code takes it for
 */
export function examineObject(
  prog: Program,
  pointer: Addr,
  roles: readonly PointerRole[],
  pointed?: string,
): ExaminedObject | undefined {
  const base = { pointer, roles, tracks: [] };
  const frame = attempt(() => pageMap(prog)?.frameOf(pointer));
  if (frame !== undefined) {
    const page = attempt(() => pageUse(prog, frame));
    return page && { ...base, address: page.page.address, page, descriptor: true };
  }
  const slab = attempt(() => slabObjectFacts(prog, pointer));
  const page = attempt(() => directPage(prog, pointer));
  if (slab) return { ...base, ...slabParts(prog, slab, pointed), slab, ...(page && { page }) };
  const inModule = attempt(() => modulePlace(prog, pointer));
  if (inModule?.part === 'text') return undefined;
  const symbol = attempt(() => prog.symbolAt(pointer));
  const isCode = symbol !== undefined && /[tw]/i.test(symbol.letter);
  if (inModule && (!symbol || isCode)) return { ...base, address: pointer, module: inModule.module.name };
  if (isCode) return undefined;
  if (symbol && pointer - symbol.address < BigInt(Math.max(1, symbol.size))) {
    return { ...base, address: symbol.address, symbol };
  }
  // a page of unknown use is worth a look only where the explanation of the fault met it
  if (!page || (page.kind === 'other' && !roles.some((r) => r.expression !== undefined))) return undefined;
  return { ...base, address: pointer, page };
}

function slabParts(
  prog: Program,
  slab: NonNullable<ExaminedObject['slab']>,
  pointed: string | undefined,
): Pick<ExaminedObject, 'address' | 'type' | 'identity' | 'poison' | 'tracks'> {
  const { cache, object } = slab;
  const type = attempt(() => cacheType(prog, cache))?.name ?? fitting(prog, slab, pointed);
  const identity = type === undefined ? undefined : attempt(() => objectIdentity(prog, type, object));
  const poison = attempt(() => slabPoison(prog, cache, object));
  const tracks = attempt(() => objectTracks(prog, cache, object)) ?? [];
  return {
    address: object,
    tracks,
    ...(type !== undefined && { type }),
    ...(identity && { identity }),
    ...(poison && { poison }),
  };
}

/** Use of the page of an address of the direct map; of the kernel's image and of vmalloc it says nothing. */
function directPage(prog: Program, at: Addr): ExaminedObject['page'] {
  const where = prog.map.translate(at);
  return typeof where === 'object' && prog.map.directMap(where.phys) === at ? pageUseAt(prog, at) : undefined;
}

/** Adds values of registers that may be addresses of kernel objects, with the registers that hold them. */
function addRegisters(
  found: Map<Addr, PointerRole[]>,
  prog: Program,
  frames: readonly StackFrame[],
  site: number,
): void {
  for (let i = site; i < Math.min(frames.length, site + FRAMES); i++) {
    const frame = frames[i] as StackFrame;
    if (frame.user || (i > site && frame.registers)) break; // what was interrupted has nothing to do with it
    const printed = frame.registers !== undefined;
    for (const [n, value] of frame.known.entries()) {
      const register = prog.arch.registers[n];
      if (value === undefined || register === undefined || !mayPoint(prog, value) || onStack(frames, value)) continue;
      addRole(found, value, { frame: i, register, printed });
    }
  }
}

function addRole(found: Map<Addr, PointerRole[]>, value: Addr, role: PointerRole): void {
  const roles = found.get(value);
  if (roles) roles.push(role);
  else found.set(value, [role]);
}

/** The struct that the code takes an object for, when the object may be one: a general cache does not tell it. */
function fitting(prog: Program, { cache, inside }: SlabObjectFacts, pointed: string | undefined): string | undefined {
  const type = pointed === undefined || inside !== 0 ? undefined : attempt(() => findStruct(prog, pointed));
  return type && type.size > 8 && type.size <= cache.objectSize ? pointed : undefined;
}

/** `%r12`, `x19`: what the explanation of a fault calls a value of which it knows no more. */
function isRegister(prog: Program, expression: string): boolean {
  return prog.arch.registers.includes(expression.replace(/^%/, ''));
}

function mayPoint(prog: Program, value: bigint): boolean {
  return value >= prog.kernelStart && value < ERRORS;
}

/** On a stack that the frames lie on, which is aligned to its size: the address of a local variable. */
function onStack(frames: readonly StackFrame[], value: bigint): boolean {
  return frames.some((f) => value >> STACK_BITS === f.sp >> STACK_BITS);
}
