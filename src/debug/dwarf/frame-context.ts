import { AnalysisError } from '../../base/errors.ts';
import type { Addr, Bytes } from '../../base/units.ts';
import type { FrameRegisters, RegisterValues } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import { parameterValue } from './call-site.ts';
import type { DieCursor } from './die-cursor.ts';
import { DW_AT } from './dw-at.ts';
import { DW_TAG } from './dw-tag.ts';
import type { Dwarf } from './dwarf.ts';
import type { DwarfTypes } from './dwarf-types.ts';
import { evaluateValue } from './expression.ts';
import type { ExpressionContext, ValueType } from './expression-context.ts';
import { LocationError } from './location.ts';
import { expressionAt } from './location-list.ts';
import { functionAt, nameOf } from './scopes.ts';
import type { Unit } from './unit.ts';

const MAX_CALLERS = 8;

/** A DWARF file at its place in the running kernel. */
export interface PlacedDwarf {
  readonly dwarf: Dwarf;
  readonly types: DwarfTypes;
  /** The place of a run-time address; undefined when this file has no code there. */
  place(at: Addr): number | undefined;
  /** The run-time address of a link-time one, of per-CPU data that of a CPU. @throws LocationError */
  relocate(address: Addr, cpu: number | undefined): Addr;
  unitAt(place: number): Unit | undefined;
}

/** Finds the file that a run-time address belongs to. */
export type FileAt = (at: Addr) => PlacedDwarf | undefined;

/** A frame with what its expressions may ask. */
export interface FrameView {
  readonly prog: Program;
  readonly fileAt: FileAt;
  readonly lookupPc: Addr;
  readonly registers: RegisterValues;
  readonly callers: FrameRegisters['callers'];
  readonly depth: number;
  /** The CPU that the frame ran on, when that is known. */
  readonly cpu?: number;
}

/** What expressions of a unit may ask in a frame. */
export function contextOf(
  view: FrameView,
  file: PlacedDwarf,
  unit: Unit,
  outer: DieCursor,
  place: number,
): ExpressionContext {
  const { prog, registers } = view;
  const { header } = unit;
  const context: ExpressionContext = {
    littleEndian: unit.littleEndian,
    addressSize: header.addressSize as 4 | 8,
    offsetSize: header.offsetSize as 4 | 8,
    version: header.version,
    register: (n) => registers[n],
    read: (at, size) => readNumber(prog, at, size),
    relocate: (address) => file.relocate(address, view.cpu),
    addressAt: (index) => unit.dwarf.indexedAddress(unit, index),
    constantAt: (index) => unit.dwarf.indexedAddress(unit, index),
    cfa: () => frameAddress(view),
    frameBase: () => {
      const expression = expressionAt(outer, DW_AT.frame_base, place);
      if (!expression) throw new LocationError('the function states no frame base');
      return evaluateValue(expression, { ...context, frameBase: () => notHere('the frame base') });
    },
    entryValue: (expression) => entryValue(view, expression, file, outer),
    baseType: (offset) => baseType(unit, offset),
    called: (offset, inSection) => {
      const die = inSection ? file.dwarf.die(offset) : unit.die(unit.offset + offset);
      return expressionAt(die, DW_AT.location, place);
    },
  };
  return context;
}

function notHere(what: string): never {
  throw new LocationError(`${what} depends on itself`);
}

function readNumber(prog: Program, at: Addr, size: Bytes): bigint {
  const { memory } = prog;
  if (size === 8) return memory.u64(at);
  return BigInt(size === 4 ? memory.u32(at) : size === 2 ? memory.u16(at) : memory.u8(at));
}

function frameAddress(view: FrameView): Addr {
  const { prog, registers, lookupPc } = view;
  const found = prog.callerRegisters(lookupPc, registers, (at) => {
    try {
      return prog.memory.u64(at);
    } catch (e) {
      if (e instanceof AnalysisError) return undefined;
      throw e;
    }
  });
  if (!found) throw new LocationError('the frame address is not known: no call frame information for this frame');
  return found.cfa;
}

/** `DW_ATE_*`. Source: DWARF 5, 7.8. */
function baseType(unit: Unit, offset: Bytes): ValueType | undefined {
  const die = unit.die(unit.offset + offset);
  const size = die.number(DW_AT.byte_size);
  if (die.tag !== DW_TAG.base_type || size === undefined) return undefined;
  const encoding = die.number(DW_AT.encoding);
  return { size, kind: encoding === 4 ? 'float' : encoding === 5 || encoding === 6 ? 'signed' : 'unsigned' };
}

/** The value of a parameter's location on entry, from the call site in the caller. */
function entryValue(
  view: FrameView,
  expression: Uint8Array,
  calleeFile: PlacedDwarf,
  callee: DieCursor,
): bigint | undefined {
  const [caller, ...callers] = view.callers;
  // A frame that was interrupted called nothing.
  if (!caller || caller.pc === caller.lookupPc || view.depth >= MAX_CALLERS) return undefined;
  const file = view.fileAt(caller.lookupPc);
  const place = file?.place(caller.lookupPc);
  const unit = place === undefined ? undefined : file?.unitAt(place);
  const outer = unit && place !== undefined ? functionAt(unit, place) : undefined;
  if (!file || place === undefined || !unit || !outer) return undefined;
  const entry = callee.address(DW_AT.low_pc);
  const context = contextOf(
    { ...view, lookupPc: caller.lookupPc, registers: caller.registers, callers, depth: view.depth + 1 },
    file,
    unit,
    outer,
    place,
  );
  return parameterValue(outer, place + Number(caller.pc - caller.lookupPc), expression, context, {
    name: nameOf(callee),
    entry: entry === undefined ? undefined : calleeFile.relocate(entry, undefined),
  });
}
