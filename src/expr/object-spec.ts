import { AnalysisError, NotFoundError, UsageError } from '../base/errors.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import type { CType, MemberPlace } from '../types/c-type.ts';
import { addressOf } from './evaluate.ts';
import { isPerCpu } from './frame-scope.ts';
import type { Scope } from './scope.ts';
import { findTagged } from './type-lookup.ts';

/** A type with members of it, as `struct name.member,member` names them. */
export interface TypeSpec {
  readonly type: CType;
  /** As the user named it. */
  readonly name: string;
  readonly members: readonly string[];
}

/**
 * Reads `name[.member[,member]...]`.
 * @param kind the kind that is asked for; either when absent @throws NotFoundError UsageError
 */
export function parseTypeSpec(prog: Program, word: string, kind?: 'struct' | 'union'): TypeSpec {
  const m = /^(?:struct\s+|union\s+)?([A-Za-z_]\w*)(?:\.(.+))?$/.exec(word.trim());
  if (!m) throw new UsageError(`'${word}' is no name of a structure`);
  const name = m[1] as string;
  const members = (m[2] ?? '').split(',').filter((part) => part !== '');
  const type = structNamed(prog, name, kind);
  for (const member of members) placeOf(type, name, member);
  return { type, name, members };
}

/** A struct or union by its tag, or a typedef of one. */
export function structNamed(prog: Program, name: string, kind?: 'struct' | 'union'): CType {
  const tags = kind === 'union' ? (['union', 'struct'] as const) : (['struct', 'union'] as const);
  let found: CType | undefined;
  for (const tag of tags) found ??= defined(findTagged(prog, tag, name));
  found ??= prog.findExactType(`typedef ${name}`) ?? prog.findModuleType(`typedef ${name}`);
  if (!found) {
    throw new NotFoundError('structure', name, prog.has('types') ? undefined : 'the dump carries no type information');
  }
  const is = found.resolve().kind;
  if (is !== 'struct' && is !== 'union')
    throw new UsageError(`${name} is no structure but a typedef of something else`);
  if (kind !== undefined && is !== kind) throw new UsageError(`${name} is a ${is}, not a ${kind}`);
  return found;
}

function defined(type: CType | undefined): CType | undefined {
  return type && type.resolve().kind !== 'forward' ? type : undefined;
}

/** @throws NotFoundError */
export function placeOf(type: CType, name: string, member: string): MemberPlace {
  const place = type.resolve().findMember(member);
  if (!place) throw new NotFoundError('member', `${name}.${member}`);
  return place;
}

/** A distance in bytes: a number, or `struct.member`. @throws UsageError NotFoundError */
export function parseOffset(prog: Program, word: string): Bytes {
  if (/^(?:0x[0-9a-f]{1,8}|\d{1,9})$/i.test(word)) return Number(word);
  const m = /^([A-Za-z_]\w*)\.(.+)$/.exec(word);
  if (!m) throw new UsageError(`'${word}' is neither a number of bytes nor struct.member`);
  return placeOf(structNamed(prog, m[1] as string), m[1] as string, m[2] as string).offset;
}

/**
 * The address that a word means: a symbol, hexadecimal digits, or an expression.
 * @throws UsageError NotFoundError MemoryFault
 */
export function parseObjectAddress(prog: Program, word: string, scope: Scope): Addr {
  if (/^[A-Za-z_]\w*$/.test(word)) {
    const symbol = prog.findSymbol(word) ?? prog.findModuleSymbol(word);
    if (symbol) return placeOfSymbol(symbol.address, scope);
  }
  if (/^(?:0x)?[0-9a-f]{1,16}$/i.test(word)) return BigInt(`0x${word.replace(/^0x/i, '')}`);
  try {
    return addressOf(prog, word, scope);
  } catch (e) {
    if (e instanceof NotFoundError && e.missing === word) throw new NotFoundError('symbol', word);
    throw e;
  }
}

function placeOfSymbol(address: Addr, scope: Scope): Addr {
  return scope.cpu === undefined ? address : (scope.perCpu?.(address, scope.cpu) ?? address);
}

/** A word with the CPUs behind its colon. */
export function splitCpus(word: string): { readonly word: string; readonly cpus?: string } {
  const m = /^(.+):(a|all|\d[\d,-]*)$/.exec(word);
  return m ? { word: m[1] as string, cpus: m[2] as string } : { word };
}

/** Addresses of a word for CPUs; one without a CPU when it is no per-CPU variable. */
export function perCpuAddresses(
  prog: Program,
  word: string,
  scope: Scope,
  cpus: readonly number[],
  offset: (cpu: number) => bigint,
): readonly { readonly cpu: number | null; readonly address: Addr }[] {
  const symbol = prog.findSymbol(word);
  if (symbol && !isPerCpu(prog, symbol.address)) return [{ cpu: null, address: symbol.address }];
  const base = parseObjectAddress(prog, word, scope);
  return cpus.map((cpu) => ({ cpu, address: addrAdd(base, offset(cpu)) }));
}

/** Bytes of an object; more than fit in a kernel's object are refused. @throws AnalysisError MemoryFault */
export function checkedSize(type: CType, name: string): Bytes {
  const { size } = type;
  if (size <= 0 || size > 1 << 26) throw new AnalysisError('range', `${name} has ${size} bytes`);
  return size;
}
