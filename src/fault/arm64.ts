import type { Bytes } from '../base/units.ts';
import type { Instruction, Operand } from '../program/instruction.ts';
import { arm64Exits, arm64Mentions } from './arm64-exits.ts';
import {
  addressOf,
  altered,
  extended,
  type Memory,
  named,
  sizeOf,
  wholeRegister,
  write,
  writeBack,
} from './arm64-operands.ts';
import { arm64Veneer } from './arm64-veneer.ts';
import type { Access, Callee, Effect, Flow, Machine, NameAt, Relation, Test } from './machine.ts';
import { NO_RETURN } from './machine.ts';
import { constant, memory, type Operation, operation, sum, type Term, UNKNOWN } from './term.ts';

/** Bytes of a load or store by its name, and whether it extends the sign. */
function transfer(insn: Instruction): { size: Bytes; signed: boolean } {
  const { mnemonic } = insn;
  const first = insn.operands[0];
  const whole = first?.kind === 'register' ? sizeOf(first.register) : 8;
  if (/sw$/.test(mnemonic) && mnemonic.startsWith('ld')) return { size: 4, signed: true };
  if (/^ld.*sb$/.test(mnemonic)) return { size: 1, signed: true };
  if (/^ld.*sh$/.test(mnemonic)) return { size: 2, signed: true };
  if (/b$/.test(mnemonic)) return { size: 1, signed: false };
  if (/h$/.test(mnemonic)) return { size: 2, signed: false };
  return { size: whole, signed: false };
}

const LOAD = /^(?:ld(?:r|ur|tr|ar|apr|apur|axr|xr)(?:s?[bh]|sw)?)$/;
const STORE = /^(?:st(?:r|ur|tr|lr|lur)[bh]?)$/;
const EXCLUSIVE_STORE = /^stl?xr[bh]?$/;
const ATOMIC = /^(?:swp|cas|ld(?:add|set|clr|eor|smax|smin|umax|umin))(?:al?|l)?[bh]?$/;
const FLOATING = /^[bhsdqv]\d/;

function memoryOf(insn: Instruction): Memory | undefined {
  return insn.operands.find((o): o is Memory => o.kind === 'memory');
}

function loadStore(insn: Instruction): Effect[] | undefined {
  const at = memoryOf(insn);
  if (!at) return undefined;
  const { mnemonic, operands } = insn;
  const address = addressOf(insn, at);
  const { size, signed } = transfer(insn);
  const back = writeBack(insn, at);
  if (LOAD.test(mnemonic)) return [...write(operands[0], memory(address, size, signed)), ...back];
  if (STORE.test(mnemonic)) return [stored(address, size, operands[0]), ...back];
  const second = sum(address, constant(size));
  if (/^ld(?:n?p|psw|axp|xp)$/.test(mnemonic)) {
    const pair = [memory(address, size, mnemonic === 'ldpsw'), memory(second, size, mnemonic === 'ldpsw')];
    return [...write(operands[0], pair[0] as Term), ...write(operands[1], pair[1] as Term), ...back];
  }
  if (/^stn?p$/.test(mnemonic)) return [stored(address, size, operands[0]), stored(second, size, operands[1]), ...back];
  if (EXCLUSIVE_STORE.test(mnemonic)) return [...write(operands[0], UNKNOWN), exclusive(insn, address)];
  if (ATOMIC.test(mnemonic)) return atomic(insn, address, size);
  return undefined;
}

function stored(address: Term, size: Bytes, operand: Operand | undefined): Effect {
  const floating = operand?.kind === 'register' && FLOATING.test(operand.register);
  const from = operand?.kind === 'register' && !floating ? named(operand.register) : UNKNOWN;
  return { to: { kind: 'memory', address, size }, from };
}

/** The first register gets whether it was done. */
function exclusive(insn: Instruction, address: Term): Effect {
  const value = insn.operands[1];
  const whole = value?.kind === 'register' ? sizeOf(value.register) : 8;
  const size = insn.mnemonic.endsWith('b') ? 1 : insn.mnemonic.endsWith('h') ? 2 : whole;
  return stored(address, size, value);
}

/** `cas` gives what was there in its first register, the others in their second. */
function atomic(insn: Instruction, address: Term, size: Bytes): Effect[] {
  const [first, second] = insn.operands;
  const got = insn.mnemonic.startsWith('cas') ? first : second;
  return [...write(got, memory(address, size)), { to: { kind: 'memory', address, size }, from: UNKNOWN }];
}

const OPERATIONS: Readonly<Record<string, Operation>> = {
  ...{ and: 'and', ands: 'and', orr: 'or', eor: 'xor', lsl: 'shl', lsr: 'shr', asr: 'sar', mul: 'mul' },
};

function arithmetic(insn: Instruction): Effect[] | undefined {
  const { mnemonic, operands } = insn;
  const [to, a, b] = operands;
  if (a?.kind !== 'register' || !b) return undefined;
  const left = named(a.register);
  const right = extended(insn, b);
  if (/^adds?$/.test(mnemonic)) return write(to, sum(left, right));
  if (/^subs?$/.test(mnemonic)) {
    return write(to, right.kind === 'constant' ? sum(left, constant(-right.value)) : operation('sub', left, right));
  }
  const name = OPERATIONS[mnemonic];
  if (name) return write(to, operation(name, left, right));
  if (/^(?:csel|csinc|csinv|csneg)$/.test(mnemonic) && b.kind === 'register') {
    return write(to, { kind: 'choice', of: [left, mnemonic === 'csel' ? named(b.register) : UNKNOWN] });
  }
  return undefined;
}

/** `ubfx`, `ubfiz`: some bits of a register, moved to the lowest or from them. */
function bitField({ mnemonic, operands }: Instruction): Effect[] | undefined {
  const [to, from, low, width] = operands;
  if (!/^ubfi?[xz]$/.test(mnemonic) || from?.kind !== 'register') return undefined;
  if (low?.kind !== 'immediate' || width?.kind !== 'immediate') return undefined;
  const mask = constant((1n << width.value) - 1n);
  const value = named(from.register);
  if (mnemonic === 'ubfx') return write(to, operation('and', operation('shr', value, constant(low.value)), mask));
  return write(to, operation('shl', operation('and', value, mask), constant(low.value)));
}

function simple(insn: Instruction): Effect[] | undefined {
  const { mnemonic, operands } = insn;
  const [to, from] = operands;
  if (mnemonic === 'mov' || mnemonic === 'movz') {
    if (from?.kind === 'register') return write(to, named(from.register));
    return from ? write(to, extended(insn, from)) : undefined;
  }
  if ((mnemonic === 'adrp' || mnemonic === 'adr') && from?.kind === 'immediate') return write(to, constant(from.value));
  if (mnemonic === 'movk' && to?.kind === 'register' && from?.kind === 'immediate') {
    const by = BigInt(/lsl #(\d+)$/.exec(insn.operandText)?.[1] ?? 0);
    const kept = operation('and', named(to.register), constant(~(0xffffn << by)));
    return write(to, operation('or', kept, constant(from.value << by)));
  }
  if (mnemonic === 'mrs') {
    const what = insn.operandText.split(', ')[1];
    if (what === 'sp_el0') return write(to, { kind: 'current' });
    return write(to, what === 'tpidr_el1' || what === 'tpidr_el2' ? { kind: 'this-cpu' } : UNKNOWN);
  }
  if (/^[us]xt[bhw]$/.test(mnemonic) && from?.kind === 'register') {
    return write(to, altered(named(from.register), /^(\w+)$/.exec(mnemonic)));
  }
  // Signed return addresses are told as they are; who uses one takes the signature off.
  if (/^(?:pac|aut|xpac)/.test(mnemonic)) return [];
  return undefined;
}

const QUIET = /^(?:cmp|cmn|tst|ccmp|ccmn|nop|hint|brk|hlt|dmb|dsb|isb|prfm|bti|esb|yield|wfe|sev|msr|\(bad\))/;

function effects(insn: Instruction): readonly Effect[] {
  if (insn.flow !== 'next' || QUIET.test(insn.mnemonic)) return [];
  const known = simple(insn) ?? loadStore(insn) ?? bitField(insn) ?? arithmetic(insn);
  if (known) return known;
  const found: Effect[] = [];
  for (const written of [...insn.registersWritten, ...firstRegister(insn)]) {
    const name = wholeRegister(written);
    if (name !== undefined) found.push({ to: { kind: 'register', name }, from: UNKNOWN });
  }
  const at = memoryOf(insn);
  if (at && insn.mnemonic.startsWith('st'))
    found.push({ to: { kind: 'memory', address: addressOf(insn, at), size: 16 }, from: UNKNOWN });
  return found;
}

/** Where the disassembler says nothing of writes, the first register counts as written. */
function firstRegister(insn: Instruction): string[] {
  const [first] = insn.operands;
  return first?.kind === 'register' && first.access === '' ? [first.register] : [];
}

function accesses(insn: Instruction): readonly Access[] {
  const at = memoryOf(insn);
  if (!at || insn.mnemonic.startsWith('prf')) return [];
  const { size } = transfer(insn);
  const kind = ATOMIC.test(insn.mnemonic) ? 'read-write' : insn.mnemonic.startsWith('st') ? 'write' : 'read';
  return [{ address: addressOf(insn, at), size: /^(?:ld|st)n?p/.test(insn.mnemonic) ? 2 * size : size, kind }];
}

function isConditional(insn: Instruction): boolean {
  return insn.flow === 'jump' && /^(?:b\.|bc\.|cbn?z|tbn?z)/.test(insn.mnemonic);
}

function flow(insn: Instruction, nameAt: NameAt): Flow {
  const stop: Flow = { falls: false, target: undefined, indirect: false };
  if (insn.flow === 'return' || /^(?:ret|eret)/.test(insn.mnemonic)) return stop;
  if (insn.flow === 'call') {
    const name = insn.target === undefined ? undefined : nameAt(insn.target);
    return { ...stop, falls: name === undefined || !NO_RETURN.test(name) };
  }
  if (insn.flow !== 'jump') return { ...stop, falls: insn.mnemonic !== 'hlt' };
  if (isConditional(insn)) return { falls: true, target: insn.target, indirect: false };
  return insn.target === undefined ? { ...stop, indirect: true } : { ...stop, target: insn.target };
}

function callee(insn: Instruction): Callee | undefined {
  if (insn.flow !== 'call' && insn.flow !== 'jump') return undefined;
  if (insn.target !== undefined) return { address: insn.target };
  const [first] = insn.operands;
  return { operand: first?.kind === 'register' ? named(first.register) : UNKNOWN };
}

const RELATIONS: Readonly<Record<string, readonly [Relation, boolean]>> = {
  ...{ eq: ['==', false], ne: ['!=', false], cc: ['<', false], lo: ['<', false], cs: ['>=', false], hs: ['>=', false] },
  ...{ ls: ['<=', false], hi: ['>', false], lt: ['<', true], ge: ['>=', true], le: ['<=', true], gt: ['>', true] },
  ...{ mi: ['<', true], pl: ['>=', true] },
};

function ofRegister(jump: Instruction): Test | undefined {
  const [first, bit] = jump.operands;
  if (first?.kind !== 'register') return undefined;
  const left = named(first.register);
  const size = sizeOf(first.register);
  const jumps = /nz$/.test(jump.mnemonic);
  if (jump.mnemonic.startsWith('cb'))
    return { left, right: constant(0), relation: jumps ? '!=' : '==', signed: false, size };
  if (bit?.kind !== 'immediate') return undefined;
  return { left, right: constant(1n << (bit.value & 63n)), relation: jumps ? '&' : '!&', signed: false, size };
}

function test(jump: Instruction, flags: Instruction | undefined): Test | undefined {
  if (/^[ct]bn?z/.test(jump.mnemonic)) return ofRegister(jump);
  const name = /^bc?\./.test(jump.mnemonic) ? jump.mnemonic.replace(/^bc?\./, '') : jump.operandText.split(', ').at(-1);
  const condition = RELATIONS[name ?? ''];
  if (!condition || !flags) return undefined;
  const [relation, signed] = condition;
  const compares = /^c?cmp$|^tst$/.test(flags.mnemonic);
  const [first, second] = compares ? flags.operands : flags.operands.slice(1);
  if (first?.kind !== 'register' || !second) return undefined;
  const left = named(first.register);
  const right = extended(flags, second);
  const size = sizeOf(first.register);
  if (/^(?:cmp|subs)$/.test(flags.mnemonic)) return { left, right, relation, signed, size };
  if (flags.mnemonic === 'ccmp') {
    const only = conditionalFlags(flags, name ?? '');
    return only && { left, right, relation, signed, size, only };
  }
  if (!/^(?:tst|ands)$/.test(flags.mnemonic) || (relation !== '==' && relation !== '!=')) return undefined;
  return { left, right, relation: relation === '==' ? '!&' : '&', signed: false, size };
}

/**
 * `ccmp` compares only when a condition holds, else it sets the flags that it states: a jump that goes the other way than by
 * those went by the comparison.
 */
function conditionalFlags(flags: Instruction, condition: string): Test['only'] {
  const stated = flags.operands[2];
  if (stated?.kind !== 'immediate') return undefined;
  const [n, z, c, v] = [8n, 4n, 2n, 1n].map((bit) => (stated.value & bit) !== 0n);
  const holds: Readonly<Record<string, boolean | undefined>> = {
    ...{ eq: z, ne: !z, cs: c, hs: c, cc: !c, lo: !c, mi: n, pl: !n, hi: c && !z, ls: !c || z },
    ...{ ge: n === v, lt: n !== v, gt: !z && n === v, le: z || n !== v },
  };
  const jumps = holds[condition];
  return jumps === undefined ? undefined : jumps ? 'passed' : 'taken';
}

/** AArch64 as the kernel is compiled for it: AAPCS64. */
export const arm64Machine: Machine = {
  stackPointer: 'sp',
  framePointer: 'x29',
  link: 'x30',
  arguments: ['x0', 'x1', 'x2', 'x3', 'x4', 'x5', 'x6', 'x7'],
  result: 'x0',
  preserved: [...Array.from({ length: 11 }, (_, i) => `x${i + 19}`), 'sp'],
  wholeRegister,
  effects,
  accesses,
  flow,
  callee,
  exits: arm64Exits,
  mentions: arm64Mentions,
  veneer: arm64Veneer,
  keepsRegisters(insn, nameAt) {
    const name = insn.target === undefined ? undefined : nameAt(insn.target);
    return insn.flow === 'call' && name !== undefined && /^(?:_mcount|ftrace_\w*caller)$/.test(name);
  },
  fills: () => undefined,
  isConditional,
  setsFlags: (insn) =>
    insn.flow === 'call' || insn.registersWritten.includes('nzcv') || /^(?:cmp|cmn|tst|ccmp|ccmn)/.test(insn.mnemonic),
  test,
  isTrap: (insn) => insn.mnemonic === 'brk',
  // Bit 55 tells which half an address is of; the signature lies in the bits above the address.
  plainCode(value, vaBits) {
    const high = (1n << 64n) - (1n << BigInt(vaBits));
    return (value >> 55n) & 1n ? value | high : value & ~high;
  },
};
