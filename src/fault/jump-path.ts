import type { Addr } from '../base/units.ts';
import { type FaultContext, FaultFrame } from './fault-frame.ts';
import type { FunctionCode } from './function-code.ts';
import type { Term } from './term.ts';

/** Jumps from function to function that are looked through, and functions that are looked at for it. */
export const MAX_JUMPS = 4;
const MAX_FUNCTIONS = 24;

export type Registers = ReadonlyMap<string, bigint>;

/** What a way by jumps is looked for. */
export interface JumpSearch {
  readonly context: FaultContext;
  /** Where it leads. */
  readonly wanted: Addr;
  /** Registers there, the stack pointer among them. */
  readonly after: Registers;
  /** Only ways count on which a pointer that the registers hold there is known from the beginning. */
  readonly proved?: boolean;
  /** Whether so many jumps from a function may lead there at all. */
  readonly mayLead?: (start: Addr, jumps: number) => boolean;
  /** What was found out on other ways that meet the same function with the same values. */
  readonly followed?: Map<string, Followed>;
  /** The function that begins at an address. */
  codeAt(at: Addr): FunctionCode | undefined;
}

export interface JumpFound {
  readonly frame: FaultFrame;
  /** The function has several such jumps. */
  readonly several?: true;
}

interface Reached {
  readonly code: FunctionCode;
  readonly entry: Registers;
}

/**
 * The function that jumped to the wanted address as its last act, when there is one way only to get there by jumps from the
 * function that was called. @param entry registers that are known when that function was entered
 */
export function jumpPath(search: JumpSearch, start: FunctionCode, entry: Registers): JumpFound | undefined {
  let level: Reached[] = [{ code: start, entry }];
  const seen = new Set<string>([wayKey(start.symbol.address, entry)]);
  for (let depth = 0; depth < MAX_JUMPS && level.length > 0; depth++) {
    const next: Reached[] = [];
    const found: FaultFrame[] = [];
    for (const reached of level) {
      for (const index of leavingJumps(reached.code)) {
        const jump = followedOnce(search, reached, index, MAX_JUMPS - 1 - depth);
        if (jump.frame) found.push(jump.frame);
        const { target, entry: there = new Map<string, bigint>() } = jump;
        const key = target === undefined ? '' : wayKey(target, there);
        if (target === undefined || seen.has(key) || seen.size >= MAX_FUNCTIONS) continue;
        seen.add(key);
        const code = search.codeAt(target);
        if (code) next.push({ code, entry: there });
      }
    }
    const [first] = found;
    if (first && found.every((f) => f.code === first.code)) {
      return { frame: first, ...(found.length > 1 && { several: true as const }) };
    }
    if (first) return undefined;
    level = next;
  }
  return undefined;
}

/** A function may be reached in several ways, with other values. */
function wayKey(target: Addr, entry: Registers): string {
  return [target, ...[...entry].map(([name, value]) => `${name}=${value}`)].join(' ');
}

export interface Followed {
  /** The frame at the jump, when it leads where it should. */
  readonly frame?: FaultFrame;
  /** Where else it leads. */
  readonly target?: Addr;
  readonly entry?: Registers;
}

function followedOnce(search: JumpSearch, reached: Reached, index: number, left: number): Followed {
  if (!search.followed) return followed(search, reached, index, left);
  const key = `${left} ${index} ${wayKey(reached.code.symbol.address, reached.entry)}`;
  const known = search.followed.get(key);
  if (known) return known;
  const found = followed(search, reached, index, left);
  search.followed.set(key, found);
  return found;
}

/** @param left jumps that may come after this one */
function followed(search: JumpSearch, { code, entry }: Reached, index: number, left: number): Followed {
  const { context, wanted, after } = search;
  const callee = code.callee(index);
  if (!callee) return {};
  const direct = 'address' in callee ? callee.address : undefined;
  if (direct !== undefined && direct !== wanted && search.mayLead?.(direct, left) === false) return {};
  const last = (): FaultFrame => new FaultFrame(context, code, index, after, { jumped: true, entry });
  // what is known from the beginning alone, not from where it leads
  const kept = search.proved ? new Map<string, bigint>() : keptOnly(code, after);
  const between = new FaultFrame(context, code, index, kept, { jumped: true, entry });
  const leads = 'address' in callee ? direct === wanted : isOperand(last(), callee.operand, index, wanted);
  if (leads) {
    const same = agreement(between, after);
    return same === 'not' || (search.proved && same !== 'pointer') ? {} : { frame: last() };
  }
  if ('address' in callee && entry.size === 0) return { target: callee.address };
  const target = 'address' in callee ? callee.address : between.evaluate(callee.operand, index);
  return target === undefined ? {} : { target, entry: knownAt(between) };
}

function isOperand(frame: FaultFrame, operand: Term, index: number, wanted: Addr): boolean {
  return frame.evaluate(operand, index) === wanted && isProved(frame, operand, wanted);
}

/** Whether the arguments that are known on the way are those at its end, and a pointer is among them. */
function agreement(frame: FaultFrame, after: Registers): 'not' | 'unknown' | 'pointer' {
  let result: 'unknown' | 'pointer' = 'unknown';
  for (const name of frame.code.machine.arguments) {
    const there = after.get(name);
    const here = frame.value(frame.origins.of(name, frame.index));
    if (there === undefined || here === undefined) continue;
    if (there !== here && !isLoaded(frame, name)) return 'not';
    if (there === here && there >= 0x10000n) result = 'pointer';
  }
  return result;
}

/** Memory may have changed since it was loaded. */
function isLoaded(frame: FaultFrame, name: string): boolean {
  const { kind } = frame.origins.of(name, frame.index).origin;
  return kind === 'load' || kind === 'computed' || kind === 'merged';
}

/** Whether the operand's value is more than a register that happens to be equal: memory has it where it was loaded from. */
function isProved(frame: FaultFrame, operand: Term, wanted: bigint): boolean {
  const { origin } = frame.origins.ofTerm(operand, frame.index);
  if (origin.kind !== 'load' || origin.term?.kind !== 'memory') return origin.kind === 'entry';
  const at = frame.evaluate(origin.term.address, origin.index);
  return at !== undefined && frame.read(at, 8) === wanted;
}

/** What the functions on the way have left as it was. */
export function keptOnly(code: FunctionCode, registers: Registers): Registers {
  return new Map([...registers].filter(([name]) => code.machine.preserved.includes(name)));
}

/** The registers that are known at a frame's place. */
export function knownAt(frame: FaultFrame): Registers {
  const found = new Map<string, bigint>();
  const { machine } = frame.code;
  for (const name of [...machine.arguments, ...machine.preserved]) {
    const value = frame.value(frame.origins.of(name, frame.index));
    if (value !== undefined) found.set(name, value);
  }
  return found;
}

export function* leavingJumps(code: FunctionCode): Iterable<number> {
  for (let index = 0; index < code.instructions.length; index++) {
    const { target, indirect } = code.flow(index);
    if (indirect || (target !== undefined && code.indexOf(target) === undefined)) yield index;
  }
}
