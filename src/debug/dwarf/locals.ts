import { AnalysisError } from '../../base/errors.ts';
import type { Addr, Bytes } from '../../base/units.ts';
import type { FrameRegisters, LocalVariable, OptimizedObject } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import type { CType } from '../../types/c-type.ts';
import type { DieCursor } from './die-cursor.ts';
import { DW_AT } from './dw-at.ts';
import { DW_TAG } from './dw-tag.ts';
import { evaluateLocation } from './expression.ts';
import type { ExpressionContext } from './expression-context.ts';
import { contextOf, type FileAt, type FrameView, type PlacedDwarf } from './frame-context.ts';
import type { Location } from './location.ts';
import { expressionAt } from './location-list.ts';
import { objectBytes } from './object-bytes.ts';
import { nameOf, origins, scopesAt } from './scopes.ts';

/** Variables of one frame. */
const MAX_VARIABLES = 2_000;

/**
 * Parameters and local variables at `pc` (of a return address: minus one), those of inlined functions first. Each has its
 * bytes, or the reason why there are none.
 */
export function localsAt(
  prog: Program,
  fileAt: FileAt,
  pc: Addr,
  frame: FrameRegisters,
): readonly LocalVariable[] | undefined {
  const file = fileAt(pc);
  const place = file?.place(pc);
  const unit = place === undefined ? undefined : file?.unitAt(place);
  if (!file || place === undefined || !unit) return undefined;
  const view: FrameView = { prog, fileAt, lookupPc: pc, ...frame, depth: 0 };
  const scopes = scopesAt(unit, place);
  const outer = scopes.at(-1)?.die;
  if (!outer) return undefined;
  const context = contextOf(view, file, unit, outer, place);
  const out: LocalVariable[] = [];
  for (const scope of scopes) {
    for (const block of scope.blocks) {
      const die = block.child();
      for (let more = die !== undefined; die && more && out.length < MAX_VARIABLES; more = die.sibling()) {
        const parameter = die.tag === DW_TAG.formal_parameter;
        if (!parameter && die.tag !== DW_TAG.variable) continue;
        const found = variable(prog, file, die, place, context);
        if (found) out.push({ ...found, function: scope.name, parameter });
      }
    }
  }
  return out;
}

/** A variable with its bytes or the reason why there are none; undefined for a declaration. */
function variable(
  prog: Program,
  file: PlacedDwarf,
  die: DieCursor,
  place: number,
  context: ExpressionContext,
): Omit<LocalVariable, 'function' | 'parameter'> | undefined {
  if (die.flag(DW_AT.declaration)) return undefined;
  const name = nameOf(die);
  if (name === '') return undefined;
  let type: CType | undefined;
  try {
    type = typeOf(file, die);
    const constant = constantBytes(die, type, context.littleEndian);
    if (constant) return { name, type, bytes: constant };
    const location = locate(die, place, context);
    if (location.in === 'pointer') {
      const pointee = pointedTo(prog, file, die, type, location, place, context);
      return { name, type, why: 'points to an object that is optimized out', ...(pointee && { pointee }) };
    }
    const size = type.resolve().size;
    const bytes = objectBytes(location, size, context, (at, into) => prog.memory.read(at, into));
    return { name, type, bytes, ...(location.in === 'memory' && { address: location.address }) };
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    return { name, type, why: e.message };
  }
}

function typeOf(file: PlacedDwarf, die: DieCursor): CType {
  for (const at of origins(die)) if (at.has(DW_AT.type)) return file.types.typeOf(at);
  return file.types.typeOf(die);
}

function locate(die: DieCursor, place: number, context: ExpressionContext): Location {
  for (const at of origins(die)) {
    if (!at.has(DW_AT.location)) continue;
    const expression = expressionAt(at, DW_AT.location, place);
    return expression ? evaluateLocation(expression, context) : { in: 'nowhere' };
  }
  return { in: 'nowhere' };
}

/** DW_AT_const_value as the bytes of its type. */
function constantBytes(die: DieCursor, type: CType, littleEndian: boolean): Uint8Array | undefined {
  for (const at of origins(die)) {
    if (!at.has(DW_AT.const_value)) continue;
    const { size } = type.resolve();
    const block = at.block(DW_AT.const_value);
    if (block) return block.slice(0, size);
    const value = at.big(DW_AT.const_value, true);
    if (value === undefined) return undefined;
    return objectBytes({ in: 'value', value }, size, { littleEndian } as ExpressionContext, () => undefined);
  }
  return undefined;
}

/**
 * The object that an implicit pointer points to: it has no address, but perhaps a value (DWARF 5, 2.6.1.1.4). From an
 * offset inside of it on it is seen as what the pointer points to.
 */
function pointedTo(
  prog: Program,
  file: PlacedDwarf,
  pointer: DieCursor,
  type: CType,
  location: { readonly die: Bytes; readonly offset: number },
  place: number,
  context: ExpressionContext,
): OptimizedObject | undefined {
  try {
    const die = pointer.unit.dwarf.die(location.die);
    const own = typeOf(file, die);
    const { size } = own.resolve();
    const constant = constantBytes(die, own, context.littleEndian);
    const there = constant ? undefined : locate(die, place, context);
    if (there?.in === 'nowhere' || there?.in === 'pointer') return undefined;
    const all = there ? objectBytes(there, size, context, (at, into) => prog.memory.read(at, into)) : constant;
    const target = location.offset === 0 ? own : type.resolve().target;
    const length = target?.resolve().size ?? 0;
    if (!target || !all || location.offset < 0 || location.offset + length > all.length) return undefined;
    return { name: nameOf(die), type: target, bytes: all.slice(location.offset, location.offset + length) };
  } catch (e) {
    if (e instanceof AnalysisError) return undefined;
    throw e;
  }
}
