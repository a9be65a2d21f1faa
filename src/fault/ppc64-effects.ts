import type { Bytes } from '../base/units.ts';
import type { Instruction, Operand } from '../program/instruction.ts';
import type { Access, Effect } from './machine.ts';
import { constant, memory, type Operation, operation, part, register, sum, type Term, UNKNOWN } from './term.ts';

type Memory = Extract<Operand, { kind: 'memory' }>;

/** The register that a name is; the count and link registers lead calls and returns. */
export function ppcRegister(name: string): string | undefined {
  return /^(?:r(?:[12]?\d|3[01])|lr|ctr)$/.test(name) ? name : undefined;
}

/** The value of an operand. */
export function termOf(operand: Operand | undefined): Term {
  if (operand?.kind === 'immediate') return constant(operand.value);
  const name = operand?.kind === 'register' ? ppcRegister(operand.register) : undefined;
  return name === undefined ? UNKNOWN : register(name);
}

function write(operand: Operand | undefined, from: Term): Effect[] {
  const name = operand?.kind === 'register' ? ppcRegister(operand.register) : undefined;
  return name === undefined ? [] : [{ to: { kind: 'register', name }, from }];
}

/** Loads and stores by name: what they move, `u` updates the base, `x` adds two registers. Power ISA 3.0B, book I, 3.3. */
const LOAD = /^l(bz|hz|ha|wz|wa|d)(u?)(x?)$|^l([bhwd])arx$/;
const STORE = /^st([bhwd])(u?)(x?)$|^st([bhwd])cx\.$/;
const SIZES: Readonly<Record<string, Bytes>> = { b: 1, h: 2, w: 4, d: 8 };

interface Transfer {
  readonly size: Bytes;
  readonly signed: boolean;
  readonly address: Term;
  /** The register that gets the address too. */
  readonly base: string | undefined;
  readonly store: boolean;
}

function transferOf({ mnemonic, operands }: Instruction): Transfer | undefined {
  const load = LOAD.exec(mnemonic);
  const found = load ?? STORE.exec(mnemonic);
  if (!found) return undefined;
  const what = (found[1] ?? found[4]) as string;
  const indexed = found[3] === 'x' || found[4] !== undefined;
  const at = operands[1];
  // r0 as a base stands for zero
  const base = at?.kind === 'memory' ? at.base : at?.kind === 'register' ? at.register : undefined;
  const start = base === undefined || base === 'r0' || ppcRegister(base) === undefined ? constant(0) : named(base);
  const offset = indexed ? termOf(operands[2]) : constant((at as Memory | undefined)?.displacement ?? 0n);
  if (!indexed && at?.kind !== 'memory') return undefined;
  return {
    size: SIZES[what[0] as string] as Bytes,
    signed: what.length === 2 && what.endsWith('a'),
    address: sum(start, offset),
    base: found[2] === 'u' ? base : undefined,
    store: load === null,
  };
}

function named(name: string): Term {
  const whole = ppcRegister(name);
  return whole === undefined ? UNKNOWN : register(whole);
}

function loadStore(insn: Instruction): Effect[] | undefined {
  const transfer = transferOf(insn);
  if (!transfer) return undefined;
  const { size, signed, address, base, store } = transfer;
  const back: Effect[] = base === undefined ? [] : [{ to: { kind: 'register', name: base }, from: address }];
  if (!store) return [...write(insn.operands[0], memory(address, size, signed)), ...back];
  return [{ to: { kind: 'memory', address, size }, from: termOf(insn.operands[0]) }, ...back];
}

/** See `Machine.accesses`. */
export function ppcAccesses(insn: Instruction): readonly Access[] {
  const transfer = transferOf(insn);
  if (!transfer) return [];
  return [{ address: transfer.address, size: transfer.size, kind: transfer.store ? 'write' : 'read' }];
}

const OPERATIONS: Readonly<Record<string, Operation>> = {
  ...{ and: 'and', or: 'or', xor: 'xor', andi: 'and', ori: 'or', xori: 'xor', mulli: 'mul', mulld: 'mul' },
  ...{ sldi: 'shl', sradi: 'sar', sld: 'shl', srd: 'shr', srad: 'sar' },
};
/** Those whose constant is shifted left by 16 bits. */
const SHIFTED: Readonly<Record<string, Operation | 'add'>> = { addis: 'add', andis: 'and', oris: 'or', xoris: 'xor' };

function bits(count: bigint): Term {
  return constant(count <= 0n ? 0n : (1n << count) - 1n);
}

function arithmetic(name: string, [to, a, b]: readonly Operand[]): Effect[] | undefined {
  const left = termOf(a);
  const right = termOf(b);
  const negative = right.kind === 'constant' ? constant(-right.value) : undefined;
  const shifted = SHIFTED[name];
  if (shifted !== undefined && b?.kind === 'immediate') {
    const high = constant(b.value << 16n);
    return write(to, shifted === 'add' ? sum(left, high) : operation(shifted, left, high));
  }
  switch (name) {
    case 'li':
    case 'mr':
      return write(to, left);
    case 'lis':
      return write(to, a?.kind === 'immediate' ? constant(a.value << 16n) : UNKNOWN);
    case 'add':
    case 'addi':
    case 'addic':
      return write(to, sum(left, right));
    case 'sub':
      return write(to, negative ? sum(left, negative) : operation('sub', left, right));
    case 'subf':
    case 'subfic':
      return write(to, operation('sub', right, left));
    case 'neg':
      return write(to, operation('sub', constant(0), left));
    case 'extsb':
    case 'extsh':
    case 'extsw':
      return write(to, part(left, SIZES[name[4] as string] as Bytes, true));
    case 'isel':
      return write(to, { kind: 'choice', of: [left, right] });
    default:
      return OPERATIONS[name] && write(to, operation(OPERATIONS[name], left, right));
  }
}

/** Rotations that take out or move a field of bits; others are not followed. Power ISA 3.0B, book I, 3.3.14. */
function rotation(name: string, { operands, operandText }: Instruction): Effect[] | undefined {
  const [to, from] = operands;
  // shorter names have other numbers than the operands, which are the instruction's own
  const numbers = operandText.split(',').slice(2);
  if (numbers.length === 0 || !numbers.every((n) => /^\d+$/.test(n))) return undefined;
  const [n = 0n, first = 0n, last = 0n] = numbers.map(BigInt);
  const value = termOf(from);
  const low = part(value, 4);
  const masked = (of: Term, mask: Term): Effect[] => write(to, operation('and', of, mask));
  switch (name) {
    case 'clrldi':
      return masked(value, bits(64n - n));
    case 'clrlwi':
      return masked(value, bits(32n - n));
    case 'clrrdi':
      return masked(value, constant(~((1n << n) - 1n)));
    case 'clrrwi':
      return masked(value, constant(0xffffffffn & ~((1n << n) - 1n)));
    case 'srdi':
      return write(to, operation('shr', value, constant(n)));
    case 'slwi':
      return write(to, part(operation('shl', low, constant(n)), 4));
    case 'srwi':
      return write(to, operation('shr', low, constant(n)));
    case 'rldicl':
      return 64n - first <= n ? masked(operation('shr', value, constant(64n - n)), bits(64n - first)) : undefined;
    case 'rldic':
      return write(to, operation('shl', operation('and', value, bits(64n - n - first)), constant(n)));
    case 'rlwinm':
      if (n === 0n && first <= last) return masked(low, constant(((1n << (last - first + 1n)) - 1n) << (31n - last)));
      return last === 31n && 32n - first <= n
        ? masked(operation('shr', low, constant(32n - n)), bits(32n - first))
        : undefined;
    default:
      return undefined;
  }
}

function special(name: string, [first]: readonly Operand[]): Effect[] | undefined {
  const to = /^mt(lr|ctr)$/.exec(name)?.[1];
  if (to !== undefined) return [{ to: { kind: 'register', name: to }, from: termOf(first) }];
  const from = /^mf(lr|ctr)$/.exec(name)?.[1];
  return from === undefined ? undefined : write(first, register(from));
}

/**
 * The first two instructions of a function compute where its table of contents is, from its own address, which r12 holds
 * when it is called from another module: so r12 is where the first of them stands. ELF V2 ABI, 2.3.2.1.
 */
function tableOfContents({ mnemonic, operands, address }: Instruction): Effect[] | undefined {
  const [to, from, by] = operands;
  if (to?.kind !== 'register' || to.register !== 'r2') return undefined;
  if (mnemonic === 'addis' && from?.kind === 'register' && from.register === 'r12' && by?.kind === 'immediate')
    return write(to, constant(address + (by.value << 16n)));
  if (mnemonic === 'ld' && from?.kind === 'memory' && from.base === 'r12')
    return write(to, memory(constant(address + from.displacement), 8));
  if (mnemonic === 'add' && by?.kind === 'register' && by.register === 'r12')
    return write(to, sum(register('r2'), constant(address - 4n)));
  return undefined;
}

const QUIET =
  /^(?:cmp|t[wd]|trap|nop|\(bad\)|\w*sync|eieio|dcb|icb|mt(?!lr|ctr)|cr(?!n?or|and)|slb|tlb|rfi|hrfi|rfs|stop|wait|pause)/;

/** See `Machine.effects`. A name that ends in a point also compares its result with zero. */
export function ppcEffects(insn: Instruction): readonly Effect[] {
  const { mnemonic, operands } = insn;
  if (insn.flow !== 'next' || QUIET.test(mnemonic)) return [];
  const name = mnemonic.replace(/\.$/, '');
  const known =
    tableOfContents(insn) ??
    special(name, operands) ??
    loadStore(insn) ??
    rotation(name, insn) ??
    arithmetic(name, operands);
  if (known) return known;
  // what is stored in another way is lost
  const at = operands.find((o): o is Memory => o.kind === 'memory');
  if (mnemonic.startsWith('st'))
    return at
      ? [
          {
            to: { kind: 'memory', address: sum(named(at.base ?? ''), constant(at.displacement)), size: 16 },
            from: UNKNOWN,
          },
        ]
      : [];
  return write(operands[0], UNKNOWN);
}
