import { attempt } from '../base/attempt.ts';
import { hex, hexPad } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import type { Addr } from '../base/units.ts';
import { findStruct, structAt } from '../kernel/module-struct.ts';
import { formatValue } from '../program/format-value.ts';
import type { Program } from '../program/program.ts';
import type { Evidence } from '../report/finding.ts';
import type { Case } from './case.ts';

/** A word of memory, as `rd` prints it. Undefined when it cannot be read. */
export function wordEvidence(prog: Program, what: Phrase, at: Addr): Evidence | undefined {
  const value = attempt(() => prog.memory.ulong(at));
  if (value === undefined) return undefined;
  return { what, value: hexPad(value), command: `rd ${hexPad(at)}` };
}

/** A scalar member of an object, as `struct` prints it. Undefined where this kernel has none, or it cannot be read. */
export function memberEvidence(
  prog: Program,
  what: Phrase,
  type: string,
  member: string,
  at: Addr,
): Evidence | undefined {
  const value = attempt(() => {
    const place = structAt(prog, type, at).get(member);
    const kind = place.type.resolve().kind;
    if (kind === 'struct' || kind === 'union' || kind === 'array') return undefined;
    // what a pointer leads to is not shown by every command
    if (kind === 'pointer') return hex(place.toBigInt());
    const bytes = new Uint8Array(place.type.size);
    if (place.toBigInt() >= 0n && prog.memory.tryRead(place.address, bytes)) return undefined;
    return isPlain(prog, type, member) ? formatValue(prog, place.type, bytes) : String(place.toBigInt());
  });
  return value === undefined ? undefined : { what, value, command: `struct ${type}.${member} ${hexPad(at)}` };
}

/** No bit-field: its bytes are its value. */
function isPlain(prog: Program, type: string, member: string): boolean {
  return (findStruct(prog, type)?.findMember(member)?.bitSize ?? 0) === 0;
}

/** A register of a frame, as `bt` prints those that an exception saved. */
export function registerEvidence(of: Case, frame: number, register: string, what: Phrase): Evidence | undefined {
  const value = of.stack?.frames[frame]?.registers?.[register];
  return value === undefined ? undefined : { what, value: value.slice(2), command: stackCommand(of) };
}

/** The command that shows the stack of the case. */
export function stackCommand(of: Case): string {
  return of.unwound ? 'bt' : 'log';
}

/** A line of the log. */
export function logEvidence(line: string, what: Phrase = { en: 'the kernel said', zh: '内核日志' }): Evidence {
  return { what, value: line, command: 'log' };
}

/** Only what is there. */
export function present<T>(...items: readonly (T | undefined)[]): T[] {
  return items.filter((item) => item !== undefined);
}

/** A place in the code as the kernel writes it: `make_and_break+0x28/0x140 [module]`. */
export function placeText(prog: Program, at: Addr): string {
  const symbol = attempt(() => prog.symbolAt(at));
  if (!symbol) return hexPad(at);
  const size = symbol.size > 0 ? `/${hex(symbol.size)}` : '';
  return `${symbol.name}+${hex(at - symbol.address)}${size}${symbol.module === undefined ? '' : ` [${symbol.module}]`}`;
}
