import { AnalysisError, NotFoundError } from '../base/errors.ts';
import type { Addr } from '../base/units.ts';
import type { KernelSymbol } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import type { CType } from '../types/c-type.ts';
import { formatType } from '../types/format-type.ts';
import { ExprValue } from './expr-value.ts';
import type { Scope } from './scope.ts';
import { parseTypeName } from './type-parser.ts';
import { unknownData, unknownFunction } from './unknown-type.ts';
import { wellKnownGlobals } from './well-known-globals.ts';

/**
 * What a name means: a local variable of the current frame, a global one, a function, an enumeration's constant.
 * @throws NotFoundError AnalysisError
 */
export function resolveName(prog: Program, name: string, scope: Scope): ExprValue {
  const local = scope.local?.(name);
  if (local) return localValue(prog, local);
  const symbol = prog.findSymbol(name) ?? prog.findModuleSymbol(name);
  if (symbol) return symbolValue(prog, symbol, scope);
  const constant = prog.findEnumerator(name);
  if (constant) return ExprValue.ofInteger(prog, constant.type, constant.value);
  throw new NotFoundError('symbol', name, 'neither a variable nor a function, constant or type of this kernel');
}

function localValue(prog: Program, local: NonNullable<ReturnType<NonNullable<Scope['local']>>>): ExprValue {
  const { type, bytes, address } = local;
  if (!type) throw new AnalysisError('type', `the type of ${local.name} is not known`);
  if (address !== undefined) return new ExprValue(prog, type, { address });
  if (!bytes) throw new AnalysisError('no-value', `${local.name} has no value here: ${local.why ?? 'not known'}`);
  return new ExprValue(prog, type, { bytes });
}

function symbolValue(prog: Program, symbol: KernelSymbol, scope: Scope): ExprValue {
  const type = symbolType(prog, symbol);
  return new ExprValue(prog, type, { address: placeOf(symbol, scope), symbol: symbol.name });
}

/** Of a per-CPU variable the copy of the scope's CPU. */
function placeOf(symbol: KernelSymbol, scope: Scope): Addr {
  const { address } = symbol;
  return scope.cpu === undefined ? address : (scope.perCpu?.(address, scope.cpu) ?? address);
}

/** Type of a variable or function by what the kernel and its debug information tell; an unknown one by its letter. */
function symbolType(prog: Program, symbol: KernelSymbol): CType {
  const told = prog.findVariableType(symbol.name);
  if (told) return told;
  const known = Object.hasOwn(wellKnownGlobals, symbol.name) ? wellKnownGlobals[symbol.name] : undefined;
  if (known !== undefined && symbol.module === undefined) {
    try {
      return parseTypeName(prog, known);
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e;
    }
  }
  return /[tw]/i.test(symbol.letter) ? unknownFunction : unknownData;
}

/** Integers by size, for an example of what may be written. */
const INTEGERS: Readonly<Record<number, string>> = {
  1: 'unsigned char',
  2: 'unsigned short',
  4: 'int',
  8: 'unsigned long',
};

/** What to say where the type of a variable is needed, with a cast as it may be written. */
export function unknownTypeError(value: ExprValue): AnalysisError {
  const name = value.symbol ?? formatType(value.type);
  const { prog, symbol } = value;
  const size =
    (symbol === undefined ? undefined : (prog.findSymbol(symbol) ?? prog.findModuleSymbol(symbol)))?.size ?? 0;
  const example = size === 16 ? 'struct list_head' : (INTEGERS[size] ?? 'struct task_struct');
  return new AnalysisError(
    'type',
    `the type of ${name} is not known without debug information: say what it is, for example *(${example} *)&${name}`,
  );
}
